"""Files to text: one module a format, chosen by what is in the file, run in a process of their own."""
