"""The parsers of formats that could be hostile. Only `knowledge.parsing.reader_process` runs them."""
