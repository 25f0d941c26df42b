"""The parsers of file formats, one module each. They run only in the sandbox (`knowledge.parsing.reader_process`).

A reader is a generator `read_x(data: bytes) -> Iterator[ParsedPart | LeftOut]`, named in its row of
`knowledge.parsing.formats`:

- It yields Markdown if its format `is_markdown`. What would look like Markdown in the file's own text is escaped. A
  heading's anchor stands behind it as `{#id}`.
- `numbers` has one entry for each line of a part's text: the line, row or cell of the file that it came from.
- What the file hides from its readers is not in the text: hidden text, slides, sheets, rows and columns, elements that
  a browser does not show. For this, and for whatever cannot be read, it yields a `LeftOut` with the kind and the
  number, as often as it likes: they are added up, and the moderator reads them in the ingestion report.
- It raises `ReaderRefused` with a `knowledge.errors.Reason` where it can say what is wrong. Any other error counts as a
  damaged file; memory, time and depth are limited from outside.
- It fetches nothing, opens no other file and writes none.
"""
