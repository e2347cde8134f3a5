"""Intervals for a number of questions that was fixed beforehand: Tango's score interval, and Student's t.

Tango T. "Equivalence test and confidence interval for the difference in proportions for the paired-sample
design." Statistics in Medicine 17 (1998) 891-908. With b questions won, c lost and n in all, the score
statistic of the difference d is

    Z(d) = (b - c - n d) / sqrt(n (2 q + d (1 - d)))

q being the maximum likelihood estimate, under d, of the chance of a lost question: the larger root of
2n q^2 - (b + c - (2n - b + c) d) q - c d (1 - d) = 0. The interval holds all d with |Z(d)| <= z.
"""

from __future__ import annotations

from statistics import NormalDist

import numpy as np
from numpy.typing import NDArray

from app.domain.verdicts import FixedInterval

Floats = NDArray[np.float64]

TANGO = "tango-1998"
TANGO_FRACTIONAL = "tango-1998-fractional"
STUDENT = "student-t"
SMALL = 30


def score(d: float, b: float, c: float, n: float) -> float:
    """Tango's Z(d), decreasing in d; infinite where the data cannot come from `d` in (-1, 1)."""
    top = b - c - n * d
    half = b + c - (2 * n - b + c) * d
    root = np.sqrt(max(half * half + 8 * n * c * d * (1 - d), 0.0))
    # the sum of two numbers of one sign, so that small roots keep their digits
    q = (half + root) / (4 * n) if half >= 0 else (2 * c * d * (1 - d)) / (root - half)
    variance = n * (2 * q + d * (1 - d))
    if variance <= 0:
        return 0.0 if top == 0 else float(np.copysign(np.inf, top))
    return float(top / np.sqrt(variance))


def tango(b: float, c: float, n: float, level: float = 0.95) -> tuple[float, float]:
    """The score interval for (b - c) / n, bounds within [-1, 1]. Raises ValueError when b + c > n or n is 0."""
    if n <= 0 or b < 0 or c < 0 or b + c > n * (1 + 1e-12):
        raise ValueError("wins and losses are parts of at least one question")
    z = NormalDist().inv_cdf((1 + level) / 2)
    return _bound(b, c, n, z), -_bound(c, b, n, z)


def _bound(b: float, c: float, n: float, z: float) -> float:
    """The lowest d whose Z is at most z."""
    low, high = -1.0, (b - c) / n
    if high <= -1 or score(-1.0, b, c, n) <= z:
        return -1.0
    for _ in range(60):
        middle = (low + high) / 2
        if score(middle, b, c, n) > z:
            low = middle
        else:
            high = middle
    return (low + high) / 2


def fixed_interval(x: Floats, level: float = 0.95) -> FixedInterval | None:
    """The mean of `x` (shape (n,), in [-1, 1], one value a question); None without questions.

    Wins, ties and losses only: Tango. Means of several ratings: Student's t on the questions, as the mean of
    bounded values is near normal from some 30 on. Below that, or when all are equal (t would have no
    width), Tango with the sums of the positive and of the negative parts for b and c: as x^2 <= |x|,
    its variance is no smaller than theirs, so it errs to the wide side.
    """
    n = len(x)
    if not n:
        return None
    b, c = float(np.maximum(x, 0).sum()), float(np.maximum(-x, 0).sum())
    if np.isin(x, (-1.0, 0.0, 1.0)).all():
        return FixedInterval(*tango(b, c, n, level), level, n, TANGO)
    from scipy.special import stdtrit  # half a second that few looks need

    deviation = float(x.std(ddof=1)) if n > 1 else 0.0
    if n < SMALL or deviation < 1e-12:
        return FixedInterval(*tango(b, c, n, level), level, n, TANGO_FRACTIONAL)
    reach = float(stdtrit(n - 1, (1 + level) / 2)) * deviation / np.sqrt(n)
    mean = float(x.mean())
    return FixedInterval(max(mean - reach, -1.0), min(mean + reach, 1.0), level, n, STUDENT)
