"""Training data: from a file to examples, chat turns and tokens."""
