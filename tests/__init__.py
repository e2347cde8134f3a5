"""Tests. One behaviour each, named as a sentence."""
