"""The package that takes a data set to a champion, and holds the local models that answer."""
