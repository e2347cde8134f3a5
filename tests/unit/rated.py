"""Ratings made for the tests of the verdict."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from app.evaluation.units import Units
from app.evaluation.votes import Result, Votes

CHALLENGER, INCUMBENT = 0, 1
CODES = {"w": Result.FIRST, "t": Result.TIE, "l": Result.SECOND, "b": Result.BOTH_BAD}


def votes(rows: Sequence[tuple[int, str]], *, swapped: bool = False, left: int = 1) -> Votes:
    """One rating a row, (question, letter): w, t, l, b from the challenger's side; `swapped` stores it second."""
    result = np.array([CODES[letter] for _, letter in rows], np.int8)
    if swapped:
        result = np.where(result == Result.BOTH_BAD, result, -result).astype(np.int8)
    first = np.full(len(rows), INCUMBENT if swapped else CHALLENGER, np.int32)
    return Votes(
        question=np.array([question for question, _ in rows], np.int32),
        first=first,
        second=1 - first,
        rater=np.zeros(len(rows), np.int32),
        result=result,
        left=np.full(len(rows), left, np.int8),
    )


def drawn(n: int, win: float, tie: float, bad: float = 0.0, *, raters: int = 1, seed: int = 1) -> Votes:
    """Independent ratings of n questions, each rated by all before the next; what is left of 1 are losses."""
    rng = np.random.default_rng(seed)
    letters = rng.choice(list("wtbl"), n * raters, p=[win, tie, bad, 1 - win - tie - bad])
    return votes([(i // raters, str(letter)) for i, letter in enumerate(letters)])


def made(x: Sequence[float], acceptable: Sequence[float] | None = None) -> Units:
    """Units with the given values, one rating each."""
    n, zeros = len(x), np.zeros(len(x), np.int32)
    values = np.asarray(x, np.float64)
    return Units(
        question=np.arange(n, dtype=np.int32),
        x=values,
        acceptable=np.ones(n) if acceptable is None else np.asarray(acceptable, np.float64),
        wins=(values > 0).astype(np.int32),
        ties=(values == 0).astype(np.int32),
        losses=(values < 0).astype(np.int32),
        both_bad=zeros,
        left=zeros,
        incomplete=np.zeros(0, np.int32),
        surplus=0,
    )
