"""How far raters agree: Krippendorff's alpha from columns, by the coincidences of values in units.

Krippendorff, Content Analysis (4th ed., 2018), chapter 12; "Computing Krippendorff's Alpha-Reliability" (2011).
"""

from __future__ import annotations

from typing import Literal

import numpy as np
from numpy.typing import NDArray

from app.domain.intervals import Interval
from app.domain.standings import Agreement
from app.evaluation.intervals import LEVEL, RESAMPLES, SEED, percentiles, resampled_sums
from app.evaluation.votes import Result, Votes

Floats = NDArray[np.float64]
Column = NDArray[np.integer]
Distance = Literal["nominal", "ordinal", "interval"]


def alpha(
    unit: Column,
    rater: Column,
    value: Column,
    distance: Distance,
    *,
    apart: int | None = None,
    resamples: int = RESAMPLES,
    seed: int = SEED,
    level: float = LEVEL,
) -> Agreement:
    """Alpha of equally long columns: `rater` gave `unit` the whole number `value`, oldest first.

    Where a rater rated a unit twice, the last one holds. Units with one rating say nothing of agreement
    and are left out. `apart` is a value outside the scale: as far from every other as the ends of the
    scale are from each other. Resamples without any variation are left out of the interval.
    """
    unit, rater, value = _last(unit, rater, value)
    codes, counts = np.unique(unit, return_inverse=True, return_counts=True)[1:]
    paired = counts[codes] > 1
    values, column = np.unique(value[paired], return_inverse=True)
    units = np.unique(codes[paired], return_inverse=True)[1]
    n = int((counts > 1).sum())
    raters = len(np.unique(rater[paired]))
    found = None
    if len(values) > 1:
        k = len(values)
        given = np.bincount(units * k + column, minlength=n * k).reshape(n, k).astype(np.float64)
        rows = _coincidences(given)
        scale = None if apart is None else values != apart
        value_of = _alphas(rows.sum(axis=0)[None], values, distance, scale)[0]
        low = high = None
        if resamples and n > 1:
            samples = _alphas(resampled_sums(rows, resamples=resamples, seed=seed), values, distance, scale)
            low, high = map(float, percentiles(samples[~np.isnan(samples)], level=level))
        found = Interval(float(value_of), low, high, int(paired.sum()), n, "percentile bootstrap over units", level)
    return Agreement(found, distance, n, int(paired.sum()), raters, resamples, seed)


def of_votes(
    votes: Votes, distance: Distance = "interval", *, resamples: int = RESAMPLES, seed: int = SEED
) -> Agreement:
    """Agreement on which of two answers is better; a unit is a pair of contestants on a question.

    The scale is second better, tie, first better; "both bad" stands apart from it.
    """
    swapped = votes.first > votes.second
    first, second = np.minimum(votes.first, votes.second), np.maximum(votes.first, votes.second)
    value = np.where(swapped & (votes.result != Result.BOTH_BAD), -votes.result, votes.result)
    wide = int(second.max(initial=0)) + 1
    unit = (votes.question.astype(np.int64) * wide + first) * wide + second
    return alpha(unit, votes.rater, value, distance, apart=int(Result.BOTH_BAD), resamples=resamples, seed=seed)


def _last(unit: Column, rater: Column, value: Column) -> tuple[Column, Column, Column]:
    """One row for each unit and rater: the last of the columns' order."""
    order = np.lexsort((np.arange(len(unit)), rater, unit))
    unit, rater, value = unit[order], rater[order], value[order]
    last = np.ones(len(unit), np.bool_)
    last[:-1] = (unit[1:] != unit[:-1]) | (rater[1:] != rater[:-1])
    return unit[last], rater[last], value[last]


def _coincidences(given: Floats) -> Floats:
    """Per unit the pairs of values by different raters, over m − 1: (units, k) counts → (units, k·k)."""
    n, k = given.shape
    pairs = given[:, :, None] * given[:, None, :]
    pairs[:, range(k), range(k)] -= given
    coincident: Floats = (pairs / (given.sum(axis=1) - 1)[:, None, None]).reshape(n, k * k)
    return coincident


def _alphas(coincidences: Floats, values: Column, distance: Distance, scale: NDArray[np.bool_] | None) -> Floats:
    """1 − observed / expected disagreement for (samples, k·k); nan where no disagreement is expected."""
    k = len(values)
    seen = coincidences.reshape(-1, k, k)
    margins = seen.sum(axis=2)
    n = margins.sum(axis=1)
    far = _distances(margins, values, distance)
    if scale is not None and not scale.all():
        inside = far * (scale[:, None] & scale)
        # On a scale of one value everything else is equally far.
        widest = inside.max(axis=(1, 2), keepdims=True)
        far = np.where(scale[:, None] & scale, inside, np.where(widest > 0, widest, 1.0))
        far[:, range(k), range(k)] = 0
    observed = (seen * far).sum(axis=(1, 2)) / n
    expected = (margins[:, :, None] * margins[:, None, :] * far).sum(axis=(1, 2)) / (n * (n - 1))
    with np.errstate(divide="ignore", invalid="ignore"):
        result: Floats = np.where(expected > 0, 1 - observed / expected, np.nan)
    return result


def _distances(margins: Floats, values: Column, distance: Distance) -> Floats:
    """Squared distances between values for each sample: (samples, k, k)."""
    if distance == "ordinal":
        middle = np.cumsum(margins, axis=1) - margins / 2
        squared: Floats = (middle[:, :, None] - middle[:, None, :]) ** 2
        return squared
    apart = values[:, None] - values[None, :]
    one = (apart != 0) if distance == "nominal" else apart**2
    return np.broadcast_to(one.astype(np.float64), (len(margins), *one.shape)).copy()
