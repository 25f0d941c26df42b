"""What the bot reads from Discord and tells it: client, permissions, conversations, commands."""
