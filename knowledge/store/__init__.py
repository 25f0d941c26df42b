"""What SQLite and the disk keep: documents, chunks, the keyword index and what is still to be deleted."""
