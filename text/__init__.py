"""Written text as such: its script, words and sentences, its encoding, and the shape of CSV and Markdown."""
