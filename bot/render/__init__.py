"""Turns data into the texts, cards and pictures of Discord messages; nothing here sends anything."""
