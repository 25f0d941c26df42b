"""Documents that are rewritten as HTML, and so become Markdown as web pages do: OpenDocument text, RTF and EPUB."""
