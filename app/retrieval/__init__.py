"""From files to searchable passages, and from a question to the passages that answer it."""
