"""The columns that statistics read, under the name that this package's modules know."""

from app.domain.votes import Codes, Ints, Result, Votes

__all__ = ["Codes", "Ints", "Result", "Votes"]
