"""From a document to evidence."""
