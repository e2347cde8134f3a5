"""The Ownership page."""
