"""From a file's bytes to text with places: formats, archives, and the sandbox in which readers run."""
