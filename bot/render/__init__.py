"""From data to the texts, cards and pictures of Discord messages; nothing here sends anything."""
