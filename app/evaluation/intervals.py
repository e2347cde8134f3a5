"""Intervals for shares, means and quantiles, and the bootstrap over units that the other statistics share."""

from __future__ import annotations

import math
from collections.abc import Iterator
from statistics import NormalDist

import numpy as np
from numpy.typing import NDArray

from app.domain.intervals import Interval

Floats = NDArray[np.float64]

RESAMPLES = 1000
SEED = 20260101
LEVEL = 0.95

# More units than this are drawn in random groups of equal size: a sum over random groups varies as a sum
# over the units does, and of 2,048 groups or more that is known to 1 / sqrt(2 · 2048) = 1.6 %.
GROUPS = 4096
_AT_ONCE = 256


def wilson(successes: float, n: int, *, level: float = LEVEL) -> Interval | None:
    """Wilson's score interval for a share (Wilson 1927); None without observations.

    Parts of a success are taken as such: n means of values in [0, 1] vary no more than n yes and no do.
    Raises ValueError for more successes than observations.
    """
    if not 0 <= successes <= n:
        raise ValueError("successes must lie between 0 and n")
    if n == 0:
        return None
    z = _z(level)
    share = successes / n
    middle = (share + z * z / (2 * n)) / (1 + z * z / n)
    half = z / (1 + z * z / n) * math.sqrt(share * (1 - share) / n + z * z / (4 * n * n))
    # At 0 and n rounding would leave a bound of 1e-17 on the wrong side.
    low = 0.0 if successes == 0 else middle - half
    high = 1.0 if successes == n else middle + half
    return Interval(share, low, high, n, n, "Wilson score", level)


def mean(values: Floats, units: NDArray[np.integer] | None = None, *, level: float = LEVEL) -> Interval | None:
    """The mean with Student's t interval; None without values, open on both sides from one unit.

    `units` (shape of `values`) names the unit that each value belongs to: values of one unit are not
    independent, so they are averaged first and every unit weighs the same.
    """
    from scipy.special import stdtrit

    if len(values) == 0:
        return None
    averaged = np.asarray(values, np.float64)
    if units is not None:
        codes = np.unique(units, return_inverse=True)[1]
        averaged = np.bincount(codes, averaged) / np.bincount(codes)
    count, value = len(averaged), float(averaged.mean())
    if count == 1:
        return Interval(value, None, None, len(values), 1, "Student t", level)
    half = float(stdtrit(count - 1, (1 + level) / 2)) * float(averaged.std(ddof=1)) / math.sqrt(count)
    return Interval(value, value - half, value + half, len(values), count, "Student t", level)


def quantile(
    values: Floats, q: float, units: NDArray[np.integer] | None = None, *, level: float = LEVEL
) -> Interval | None:
    """The q-quantile (0 < q < 1) with the interval of its order statistics; None without values.

    No distribution is assumed: how many values lie below the true quantile is binomial. Where values
    share `units`, the binomial is that of the effective sample, n divided by the design effect of the
    indicator "below" (Korn & Graubard 1998). The bound that would need more values is None: the upper
    one of a p95 takes at least 72.
    """
    n = len(values)
    if n == 0:
        return None
    ordered = np.sort(np.asarray(values, np.float64))
    value = float(np.quantile(ordered, q))
    count, effective = n, n
    if units is not None:
        count, effective = _effective(np.asarray(values) <= value, units)
    low, high = _ranks(effective, q, level)
    return Interval(
        value,
        None if low < 1 else min(value, float(ordered[_rank(low, effective, n)])),
        None if high > effective else max(value, float(ordered[_rank(high, effective, n)])),
        n,
        count,
        "order statistics" if effective == n else f"order statistics of an effective sample of {effective}",
        level,
    )


def resampled_sums(rows: Floats, *, resamples: int = RESAMPLES, seed: int = SEED) -> Floats:
    """Sums of bootstrap samples: `rows` (units, columns) → (resamples, columns).

    Each sample draws as many units as there are, with replacement (in random groups past `GROUPS`).
    """
    group, groups = grouped(len(rows), seed)
    if groups < len(rows):
        rows = np.stack([np.bincount(group, column, groups) for column in rows.T], axis=1)
    rng = np.random.default_rng(seed)
    return np.concatenate([times @ rows for times in _draws(groups, resamples, rng)])


def grouped(units: int, seed: int) -> tuple[NDArray[np.int64], int]:
    """The group of each unit, at random, and how many groups there are: each unit its own up to `GROUPS`."""
    if units <= GROUPS:
        return np.arange(units), units
    # As equal as can be: groups of one and of two would vary by their size alone.
    groups = units // -(-units // GROUPS)
    return np.random.default_rng([seed, 1]).permutation(units) % groups, groups


def percentiles(samples: Floats, *, level: float = LEVEL) -> tuple[Floats, Floats]:
    """The bounds that leave (1 − level) / 2 of the samples (axis 0) on either side."""
    low, high = np.quantile(samples, [(1 - level) / 2, (1 + level) / 2], axis=0)
    return low, high


def _draws(units: int, resamples: int, rng: np.random.Generator) -> Iterator[Floats]:
    """How often each unit is drawn, some resamples at a time."""
    for start in range(0, resamples, _AT_ONCE):
        count = min(_AT_ONCE, resamples - start)
        drawn = rng.integers(0, units, (count, units)) + units * np.arange(count)[:, None]
        yield np.bincount(drawn.ravel(), minlength=count * units).reshape(count, units).astype(np.float64)


def _effective(below: NDArray[np.bool_], units: NDArray[np.integer]) -> tuple[int, int]:
    """(units, effective sample size) of an indicator that is clustered in units."""
    codes = np.unique(units, return_inverse=True)[1]
    size = np.bincount(codes).astype(np.float64)
    n, count = len(below), len(size)
    share = below.mean()
    simple = share * (1 - share) / n
    if count < 2 or simple == 0:
        return count, count
    residuals = np.bincount(codes, below.astype(np.float64)) - share * size
    clustered = count / (count - 1) * float(residuals @ residuals) / n**2
    return count, max(2, min(n, int(n * simple / clustered))) if clustered > simple else n


def _ranks(n: int, q: float, level: float) -> tuple[int, int]:
    """The order statistics (from 1) that hold the q-quantile between them; 0 or n + 1 for one that there is not."""
    from scipy.special import bdtr

    # Ten standard deviations to either side: a million binomial terms would take a second.
    reach = 10 * math.sqrt(n * q * (1 - q)) + 2
    first, last = max(1, int(n * q - reach)), min(n, int(n * q + reach))
    fewer = bdtr(np.arange(first, last + 1) - 1, n, q)  # P(fewer than `rank` values lie below the quantile)
    low = first + int(np.searchsorted(fewer, (1 - level) / 2, side="right")) - 1
    return low, first + int(np.searchsorted(fewer, (1 + level) / 2, side="left"))


def _rank(rank: int, effective: int, n: int) -> int:
    """The index in n ordered values of order statistic `rank` (from 1) of an effective sample."""
    return min(n - 1, math.ceil(rank / effective * n) - 1)


def _z(level: float) -> float:
    return NormalDist().inv_cdf((1 + level) / 2)
