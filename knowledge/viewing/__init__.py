"""A cited passage as a person looks at it: its text, its marked words and its page."""
