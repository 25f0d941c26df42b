"""Discord in the browser: the simulated server, its page and its example community."""
