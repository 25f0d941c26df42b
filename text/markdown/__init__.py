"""Markdown, without rendering it: its blocks, its tables, and its footnotes."""
