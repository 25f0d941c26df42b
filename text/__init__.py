"""Handles written text as such: scripts, words and sentences, encodings, and the shape of CSV and Markdown."""
