"""From the characters of a PDF's page, each at its place, to text in reading order. It runs in the sandbox only."""
