"""The training: from examples to a measured adapter, in a process of its own."""
