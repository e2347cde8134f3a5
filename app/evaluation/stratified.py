"""The verdict over all categories, valid although the queue chooses the next category by what it has seen.

Pooled ratings would be no fair sample then: a category that gets its turn for looking close would weigh
more than it should. So the mean over the whole set, sum of w_c mu_c with w_c the share of category c in the set, is
tested as a union of hypotheses, one for each way to share out a mean of mu0 among the categories (Spertus,
Sridhar & Stark, "Sequential stratified inference for the mean", 2024): under one of them, eta, every bet
on a question of category c against eta_c is fair, whatever chose the category, so

    E = min over eta with sum of w_c eta_c = mu0 of the mean over f of prod over c of K_f,c(eta_c)

reaches 1/alpha with probability at most alpha. log E is convex in eta; its minimum is found by Newton's
method within a barrier and reported by a lower bound (the tangent at the point found), so that an
unfinished search errs to the careful side. A category without ratings lends the others all the doubt.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from app.domain.verdicts import Shown
from app.evaluation.sequential import FRACTIONS, LOG_CERTAIN, Bets, mixed
from app.evaluation.votes import Ints

Floats = NDArray[np.float64]

_TINY = 1e-9
_BARRIER = 2e-3
_ROUNDS = 40


@dataclass(frozen=True, slots=True)
class Pooled:
    """The steps of all categories in the order in which they were made: arrays of T, `floor` of (T, K).

    `floor` is the least mean that each category of a finite set can still have after each step; `times`
    says how many equal steps a row stands for; `at` is the overall number of questions after each.
    """

    y: Floats
    scale: Floats
    shift: Floats
    stratum: Ints
    at: Ints
    floor: Floats
    times: Floats
    weights: Floats

    def until(self, steps: int) -> Pooled:
        """The first steps alone; equal ones of independent draws become one row."""
        rows: slice | NDArray[np.intp] = slice(0, steps)
        times = self.times[:steps]
        if not self.floor.any() and np.all(self.scale == 1):
            code = self.stratum[:steps] + self.y[:steps] / 2
            _, rows, counts = np.unique(code, return_index=True, return_counts=True)
            times = counts.astype(np.float64)
        last = self.floor[steps - 1 : steps]
        return Pooled(
            self.y[rows],
            self.scale[rows],
            self.shift[rows],
            self.stratum[rows],
            self.at[rows],
            last,
            times,
            self.weights,
        )


def pooled(paths: Sequence[Bets], positions: Sequence[Ints], weights: Floats) -> Pooled:
    """`paths[c]` are the bets of category c, `positions[c][i]` the overall number (from 1) of its question i.

    A step that saw no question yet has the number 0.
    """
    ends = [np.concatenate([[0], place])[path.seen] for path, place in zip(paths, positions, strict=True)]
    order = np.argsort(np.concatenate(ends), kind="stable")
    stratum = np.repeat(np.arange(len(paths)), [len(e) for e in ends])[order].astype(np.int32)

    def joined(columns: Sequence[Floats]) -> Floats:
        return np.asarray(np.concatenate(columns)[order])

    least = joined([p.gained / p.size if p.size else np.zeros(len(p.y)) for p in paths])
    floor = np.zeros((len(order), len(paths)))
    floor[np.arange(len(order)), stratum] = least
    return Pooled(
        y=joined([p.y for p in paths]),
        scale=joined([p.scale for p in paths]),
        shift=joined([p.shift for p in paths]),
        stratum=stratum,
        at=np.concatenate(ends)[order].astype(np.int32),
        floor=np.maximum.accumulate(floor, axis=0),
        times=np.ones(len(order)),
        weights=weights / weights.sum(),
    )


def evidence_pooled(steps: Pooled, mu0: float, alpha: float) -> Shown:
    """Tests "the mean over all categories is at most mu0"; `shown_at` counts the questions of all."""
    total = len(steps.y)
    if not total:
        return Shown(0.0, 0.0, None)
    threshold = -np.log(alpha)
    now, eta = least_log_e(steps, total, mu0)
    # no eta can have less than the minimum: where any has too little, nothing is shown
    most = _curve(steps, eta)
    highest, found = now, None
    for _ in range(_ROUNDS):
        reached = np.flatnonzero(most >= threshold)
        if not len(reached):
            break
        value, eta = least_log_e(steps, int(reached[0]) + 1, mu0)
        highest = max(highest, value)
        if value >= threshold:
            found = int(steps.at[reached[0]])
            break
        most = np.minimum(most, _curve(steps, eta))
        most[reached[0]] = min(most[reached[0]], value)
    if found is None and now >= threshold:
        found = int(steps.at[-1])
    return Shown(now, highest, found)


def lower_bound_pooled(steps: Pooled, alpha: float) -> float:
    """The highest mean over all categories that the present step rejects, to 2^-12 from below."""
    total = len(steps.y)
    if not total:
        return 0.0
    threshold, low, high = -np.log(alpha), 0.0, 1.0
    last = steps.until(total)
    for _ in range(12):
        middle = (low + high) / 2
        if _least(last, middle, threshold)[0] >= threshold:
            low = middle
        else:
            high = middle
    return low


def least_log_e(steps: Pooled, count: int, mu0: float) -> tuple[float, Floats]:
    """A lower bound of log E after `count` steps, at most 0.1 too low as a rule, and the eta found."""
    return _least(steps.until(count), mu0)


def _least(steps: Pooled, mu0: float, threshold: float | None = None) -> tuple[float, Floats]:
    """With a threshold, stops as soon as it is clear on which side of it the minimum lies."""
    weights, floor = steps.weights, steps.floor[-1]
    room = mu0 - float(weights @ floor)
    spare = float(weights @ (1 - floor))
    if room <= 0 or spare <= 0:
        return LOG_CERTAIN, np.full(len(weights), mu0)
    eta = floor + (1 - floor) * min(room / spare, 1 - _TINY)
    best = -np.inf
    for _ in range(_ROUNDS):
        if threshold is not None and mixed(_totals(steps, eta)) < threshold:
            break  # the minimum is lower still; derivatives cost seven times as much
        value, slope, curve = _expanded(steps, eta)
        best = max(best, value + _steepest(slope, weights, floor, room) - float(slope @ (eta - floor)))
        if value - best < 0.05 or (threshold is not None and best >= threshold):
            break
        below, above = eta - floor, 1 - eta
        slope = slope - _BARRIER * (1 / below - 1 / above)
        curve = curve + np.diag(_BARRIER * (1 / below**2 + 1 / above**2))
        size = len(weights)
        system = np.block([[curve, weights[:, None]], [weights[None, :], np.zeros((1, 1))]])
        step = np.linalg.solve(system, np.concatenate([-slope, [0.0]]))[:size]
        eta = _line_search(steps, eta, step, floor, value, float(slope @ step))
    return min(best, LOG_CERTAIN), eta


def _line_search(steps: Pooled, eta: Floats, step: Floats, floor: Floats, value: float, slope: float) -> Floats:
    def penalised(at: Floats, value: float) -> float:
        return value - _BARRIER * float(np.log(at - floor).sum() + np.log(1 - at).sum())

    with np.errstate(divide="ignore"):
        room = np.where(step > 0, (1 - eta) / step, np.where(step < 0, (floor - eta) / step, np.inf))
    length = min(1.0, 0.95 * float(room.min()))
    start = penalised(eta, value)
    for _ in range(30):
        tried = eta + length * step
        if penalised(tried, float(mixed(_totals(steps, tried)))) <= start + 0.1 * length * slope:
            return tried
        length /= 2
    return eta


def _steepest(slope: Floats, weights: Floats, floor: Floats, room: float) -> float:
    """The least of slope . d over 0 <= d <= 1 - floor with weights . d = room: what falls most per weight first."""
    total = 0.0
    for c in np.argsort(slope / weights):
        taken = min(1 - floor[c], room / weights[c])
        total += slope[c] * taken
        room -= weights[c] * taken
    return float(total)


def _gain(steps: Pooled, eta: Floats) -> tuple[Floats, Floats]:
    mu = np.clip(steps.scale * eta[steps.stratum] - steps.shift, _TINY, 1.0)
    return mu, np.where((steps.y <= 0) & (mu <= _TINY), 0.0, steps.y / mu - 1)


def _totals(steps: Pooled, eta: Floats) -> Floats:
    return np.asarray(np.log1p(FRACTIONS[:, None] * _gain(steps, eta)[1]) @ steps.times)


def _curve(steps: Pooled, eta: Floats) -> Floats:
    """log E at this eta after each step; certain where a category can no longer be so low."""
    found = mixed(np.cumsum(np.log1p(FRACTIONS[:, None] * _gain(steps, eta)[1]), axis=1))
    impossible = (steps.floor > eta + _TINY).any(axis=1)
    return np.where(impossible, LOG_CERTAIN, np.minimum(found, LOG_CERTAIN))


def _expanded(steps: Pooled, eta: Floats) -> tuple[float, Floats, Floats]:
    """log E at eta with its gradient (K,) and Hessian (K, K)."""
    mu, gain = _gain(steps, eta)
    f = FRACTIONS[:, None]
    grown = 1 + f * gain
    totals = np.log(grown) @ steps.times
    share = np.exp(totals - totals.max())
    share /= share.sum()
    free = np.where((mu < 1.0) & (mu > _TINY), steps.scale, 0.0)
    first = -f * steps.y / mu**2 / grown * free
    second = -2 * first / mu * free - first**2
    member = (steps.stratum[:, None] == np.arange(len(steps.weights))) * steps.times[:, None]
    slopes = first @ member
    slope = share @ slopes
    curve = (slopes * share[:, None]).T @ slopes - np.outer(slope, slope) + np.diag(share @ (second @ member))
    return float(mixed(totals)), slope, curve
