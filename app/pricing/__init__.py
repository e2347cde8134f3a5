"""Tokens before they are sent, and what they cost."""
