"""A test of a mean that may be looked at after every question: the betting mixture of Waudby-Smith & Ramdas.

"Estimating means of bounded random variables by betting" (J. R. Stat. Soc. B 86, 2024). Somebody who does
not believe that the mean of y in [0, 1] is at most mu0 bets the fraction f of a fair stake on each next y:

    K_f = prod over questions of (1 + f/mu * (y - mu)),  0 < f < 1

If the mean is at most mu0, no bettor expects to gain, nor does the average E over 24 fractions f; by
Ville's inequality E ever reaches 1/alpha with probability at most alpha. So whoever rejects at E >= 1/alpha may look
as often as he likes, and stop when he likes. mu is mu0 for questions like these (independent draws), and
what the rest must average for a finite set in random order without replacement: (N mu0 - sum so far) / (N - t).

The other side (mean at least mu0) is the same test of 1 - y. Everything is computed in logs. E falls as
mu0 rises, and log E is convex in mu0: what inverts and combines it builds on that.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from app.domain.verdicts import Shown
from app.evaluation.votes import Ints

Floats = NDArray[np.float64]

FRACTIONS: Floats = 0.9 * (np.arange(24) + 0.5) / 24
LOG_CERTAIN = 700.0
"""Stands for infinity (the data rule the hypothesis out), so that results stay plain numbers; e^700 is finite."""
SINGLE = 2000
"""So many questions are bet on one by one; later ones in blocks that grow with the number before them."""
_ROUNDING = 1e-9


@dataclass(frozen=True, slots=True)
class Bets:
    """What is bet on, step by step: arrays of T steps, with mu = scale * mu0 - shift before each step.

    A step is one question, or the mean of a block of later ones; `seen` counts the questions after each
    step, `gained` sums their y. `size` is N of a finite set, None for independent draws.
    """

    y: Floats
    scale: Floats
    shift: Floats
    seen: Ints
    gained: Floats
    size: int | None

    @property
    def mirrored(self) -> Bets:
        """The same bets on 1 - y."""
        # mu' = 1 - mu = scale * (1 - mu0) - (scale - shift - 1)
        return Bets(1 - self.y, self.scale, self.scale - self.shift - 1, self.seen, self.seen - self.gained, self.size)

    def until(self, steps: int) -> Bets:
        """The first steps alone."""
        cut = slice(0, steps)
        return Bets(self.y[cut], self.scale[cut], self.shift[cut], self.seen[cut], self.gained[cut], self.size)


def bets(y: Floats, size: int | None = None) -> Bets:
    """The steps for values `y` (shape (n,), in [0, 1], in the order seen) of a set of `size` questions, or of any.

    The blocks past the first 2,000 questions depend on their number only, so the test stays valid; they
    keep a million questions as quick as some thousands. Raises ValueError for a set smaller than its values.
    """
    if size is not None and len(y) > size:
        raise ValueError("more questions than the set has")
    ends = _ends(len(y), size)
    total = np.concatenate([[0.0], np.cumsum(y)])[np.concatenate([[0], ends])]
    starts = np.concatenate([[0], ends[:-1]]) if len(ends) else ends
    means = np.diff(total) / np.maximum(ends - starts, 1)
    left = np.ones(len(ends)) if size is None else (size - starts).astype(np.float64)
    scale = np.ones(len(ends)) if size is None else size / left
    shift = np.zeros(len(ends)) if size is None else total[:-1] / left
    return Bets(np.clip(means, 0.0, 1.0), scale, shift, ends.astype(np.int32), total[1:], size)


def _ends(n: int, size: int | None) -> NDArray[np.intp]:
    """The question with which each step ends; questions of an unfinished block wait for the rest of it."""
    ends = list(range(1, min(n, SINGLE) + 1))
    while ends and ends[-1] < n:
        end = ends[-1] + ends[-1] // SINGLE + 1
        end = end if size is None else min(end, size)
        if end > n:
            break
        ends.append(end)
    return np.array(ends, dtype=np.intp)


def log_wealth(y: Floats, mu: Floats) -> Floats:
    """log K_f after each step, shape (24, ..., T), for `y` and `mu` that broadcast to (..., T).

    A mu of at most 0 makes any y > 0 a certainty; one above 1 is no more than 1.
    """
    bound = np.clip(mu, _ROUNDING, 1.0)
    gain = np.where((y <= 0) & (mu <= _ROUNDING), 0.0, y / bound - 1)
    f = FRACTIONS.reshape(-1, *([1] * gain.ndim))
    return np.cumsum(np.log1p(f * gain), axis=-1)


def mixed(wealth: Floats) -> Floats:
    """log E from log K_f: the log of the mean over the first axis."""
    top = wealth.max(axis=0)
    return np.asarray(top + np.log(np.exp(wealth - top).mean(axis=0)))


def log_e(path: Bets, mu0: float | Floats) -> Floats:
    """log E against "the mean is at most mu0" after each step, shape (T,), or (G, T) for `mu0` of shape (G,)."""
    at = np.asarray(mu0, dtype=np.float64)[..., None]
    found = np.minimum(mixed(log_wealth(path.y, path.scale * at - path.shift)), LOG_CERTAIN)
    if path.size is not None:  # the rest cannot be below 0
        found = np.where(path.gained > path.size * at + _ROUNDING * path.size, LOG_CERTAIN, found)
    return found


def evidence(path: Bets, mu0: float, alpha: float) -> Shown:
    """Tests "the mean is at most mu0" at every step; once shown stays shown (Ville's inequality allows it)."""
    if not len(path.y):
        return Shown(0.0, 0.0, None)
    found = log_e(path, mu0)
    shown = found >= -np.log(alpha)
    at = int(path.seen[np.argmax(shown)]) if shown.any() else None
    return Shown(float(found[-1]), float(found.max()), at)


def lower_bound(path: Bets, alpha: float, *, running: bool = True) -> float:
    """The highest mean that the test rejects at level `alpha`, to 2^-14 from below; 0.0 when it rejects none.

    `running` takes the best over all steps so far (the running intersection of the sequence, in line with
    a decision that stays made); otherwise the present step alone counts.
    """
    if not len(path.y):
        return 0.0
    threshold, low, high = -np.log(alpha), 0.0, 1.0
    for _ in range(14):
        middle = (low + high) / 2
        found = log_e(path, middle)
        if (found.max() if running else found[-1]) >= threshold:
            low = middle
        else:
            high = middle
    return low


def interval(path: Bets, alpha: float, *, running: bool = True) -> tuple[float, float]:
    """Bounds of the mean that hold at all steps at once, each with probability at least 1 - alpha.

    With `running` they may cross when the questions were no random draws; then nothing is left that fits.
    """
    return lower_bound(path, alpha, running=running), 1 - lower_bound(path.mirrored, alpha, running=running)


def sequence(path: Bets, alpha: float, points: int = 201) -> tuple[Floats, Floats]:
    """`interval` (running) after every step: lows and highs, shape (T,), on a grid of `points`, rounded outwards."""
    grid = np.linspace(0, 1, points)
    return _lows(path, alpha, grid), 1 - _lows(path.mirrored, alpha, grid)


def _lows(path: Bets, alpha: float, grid: Floats) -> Floats:
    """For each step the highest mean of the ascending `grid` that was rejected so far; 0 before the first."""
    steps = len(path.y)
    rejected = np.zeros(steps)
    end, start = min(64, steps), 0
    while steps:
        # a higher mean is rejected later: what few steps reject needs no more of them, what these do not reject waits
        first = path.until(end)
        stop = max(start, int(np.searchsorted(grid, lower_bound(first, alpha), side="right")))
        shown = log_e(first, grid[start:stop]) >= -np.log(alpha)
        rejected[np.argmax(shown, axis=1)] = grid[start:stop]
        if end == steps:
            break
        end, start = min(2 * end, steps), stop
    return np.maximum.accumulate(rejected)
