"""From a question to a decided, explained answer."""
