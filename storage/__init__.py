"""How files are kept: SQLite databases and whole files. Every package may use it; it knows none of them."""
