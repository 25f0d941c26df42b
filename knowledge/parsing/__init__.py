"""Reads files: from bytes to text with places, by format, from archives, in a sandbox."""
