"""The parsers of formats that could be hostile. Only the child process of `knowledge.contained` imports them."""
