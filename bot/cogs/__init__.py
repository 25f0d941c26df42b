"""What members do in Discord, translated into calls."""
