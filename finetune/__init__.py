"""From a data set to a champion, and the local models that answer."""
