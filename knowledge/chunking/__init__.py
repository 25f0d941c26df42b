"""Cuts a document's text into the chunks that are indexed."""
