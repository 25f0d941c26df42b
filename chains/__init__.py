"""The package that takes a question to a decided, explained answer."""
