"""From a document's text to the chunks that are indexed."""
