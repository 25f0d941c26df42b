"""From files to searchable documents: batches, versions, vectors and their reports."""
