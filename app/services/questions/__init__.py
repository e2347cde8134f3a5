"""Question sets: read from files of many forms, kept in versions, edited, written again."""
