"""Files into collections, and passages found in them again."""
