"""The parsers of formats that could be hostile. Only `knowledge.reading_child` runs them."""
