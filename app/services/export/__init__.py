"""Comparisons and ratings as files for others."""
