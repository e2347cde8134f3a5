"""Widgets: they take view data, draw, and return an action. No input or output of their own."""
