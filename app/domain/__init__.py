"""Frozen value types, ports and errors. Imports nothing of ours outside this package."""
