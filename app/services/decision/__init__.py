"""The verdict in words, and the record that it can be computed from again."""
