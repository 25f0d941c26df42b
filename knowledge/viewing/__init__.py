"""Shows a cited passage to a person: its text, its highlighted words and its page."""
