"""Documents and passages in PostgreSQL with pgvector, the server embedded or of the team's own."""
