"""Votes: one pair after another, blind, from a page, a terminal or a sheet."""
