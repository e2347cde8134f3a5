"""The Verdict page."""
