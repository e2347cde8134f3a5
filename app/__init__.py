"""Understudy: can a local model take over?"""

__version__ = "0.1.0"
