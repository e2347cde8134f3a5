"""Strengths of several contestants from ratings of pairs: Bradley & Terry (1952), ties as half a win.

The strengths are evalica's. Their intervals draw the questions anew: a question's ratings are not
independent of each other, and another set of questions is what one wants to know about.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from app.domain.standings import Counts, Standings, Strength, WinMatrix
from app.evaluation.intervals import LEVEL, RESAMPLES, SEED, grouped, percentiles, resampled_sums
from app.evaluation.votes import Result, Votes

Floats = NDArray[np.float64]

# What is added to every pair where a contestant won or lost all of its pairs, directly or through others.
_EASING_TIES = 0.5
# Newton's steps in log-odds; more in one step than this is where it would overshoot.
_LONGEST_STEP, _STEPS, _STILL = 1.5, 200, 1e-10


def win_matrix(votes: Votes, contestants: int) -> WinMatrix:
    """How the ratings fell for each ordered pair of contestants 0 … `contestants` − 1."""
    table = _table(votes, contestants, np.zeros(len(votes), np.int64), 1)[0]
    return _matrix(table.reshape(contestants, contestants, 3))


def standings(
    votes: Votes, contestants: int, *, resamples: int = RESAMPLES, seed: int = SEED, level: float = LEVEL
) -> Standings:
    """Strengths of contestants 0 … `contestants` − 1 with percentile intervals over the questions.

    Best-of-n rows count. Both-bad ones do not: they are counted apart. The order of the ratings does
    not matter. Raises ValueError for a contestant outside the range or rated against itself.
    """
    if len(votes) and (
        min(votes.first.min(), votes.second.min()) < 0
        or max(votes.first.max(), votes.second.max()) >= contestants
        or bool((votes.first == votes.second).any())
    ):
        raise ValueError("a pair is two different contestants of the given number")
    decided = votes.pick(votes.result != Result.BOTH_BAD)
    questions, unit = np.unique(decided.question, return_inverse=True)
    # Many questions are drawn in groups anyway, and a table of each of them would not fit.
    group, groups = grouped(len(questions), seed)
    table = _table(decided, contestants, group[unit], groups)
    score = _scores(table.sum(axis=0)[None], contestants)[0]

    placed = _linked(score)
    value, low, high = (np.full(contestants, np.nan) for _ in range(3))
    eased, eased_resamples = False, 0
    if len(placed) > 1:
        mine = np.ix_(placed, placed)
        eased = not bool(_finite(score[mine][None])[0])
        value[placed] = _evalica(score[mine] + _easing(len(placed)) * eased)
        if resamples:
            drawn = _scores(resampled_sums(table, resamples=resamples, seed=seed), contestants)
            samples, apart = solve(drawn[:, placed][:, :, placed])
            eased_resamples = int(apart.sum())
            low[placed], high[placed] = percentiles(samples, level=level)
    return Standings(
        strengths=_ordered(value, low, high, score),
        matrix=win_matrix(votes, contestants),
        counted=len(decided),
        both_bad=len(votes) - len(decided),
        questions=len(questions),
        solver=solver_name(),
        resamples=resamples,
        seed=seed,
        eased=eased,
        eased_resamples=eased_resamples,
        level=level,
    )


def solve(scores: Floats) -> tuple[Floats, NDArray[np.bool_]]:
    """Log-strengths of many score matrices at once, by Newton's method.

    `scores` (samples, k, k) holds at [s, i, j] what i won against j, a tie as half; the answer has
    shape (samples, k) and mean 0, and says of each sample whether half a tie was added to every pair
    because its maximum was not finite (Ford 1957).
    """
    k = scores.shape[1]
    apart = ~_finite(scores)
    won = scores + apart[:, None, None] * _easing(k)
    games = won + won.transpose(0, 2, 1)
    strength = np.zeros(won.shape[:2])
    wins = won.sum(axis=2)
    for _ in range(_STEPS):
        chance = 1 / (1 + np.exp(strength[:, None, :] - strength[:, :, None]))
        slope = wins - (games * chance).sum(axis=2)
        curve = -games * chance * (1 - chance)
        # The rows of the curvature sum to nothing; a constant added to all of it fixes the mean at 0.
        curve[:, range(k), range(k)] = -curve.sum(axis=2)
        step = np.linalg.solve(curve + curve.max(axis=(1, 2), keepdims=True) / k, slope[..., None])[..., 0]
        longest = np.abs(step).max(axis=1, initial=0)
        strength += step * np.minimum(1, _LONGEST_STEP / np.maximum(longest, _STILL))[:, None]
        if longest.max(initial=0) < _STILL:
            break
    return strength - strength.mean(axis=1, keepdims=True), apart


def solver_name() -> str:
    """The solver of the strengths and that of the resamples, with the version."""
    import evalica

    return f"evalica {evalica.__version__} ({evalica.SOLVER}); resamples: Newton"


def _table(votes: Votes, k: int, unit: NDArray[np.integer], units: int) -> Floats:
    """Ratings by unit and cell: (units, k·k·3), where cell (i, j) holds i better, tie and both bad."""
    swapped = votes.result == Result.SECOND
    better = np.where(swapped, votes.second, votes.first).astype(np.int64)
    worse = np.where(swapped, votes.first, votes.second).astype(np.int64)
    kind = np.where(votes.result == Result.TIE, 1, np.where(votes.result == Result.BOTH_BAD, 2, 0))
    cell = (better * k + worse) * 3 + kind
    cells = k * k * 3
    return np.bincount(unit * cells + cell, minlength=units * cells).reshape(units, cells).astype(np.float64)


def _scores(tables: Floats, k: int) -> Floats:
    """(samples, k·k·3) → (samples, k, k): wins, and half of the ties for each side."""
    cells = tables.reshape(-1, k, k, 3)
    ties = cells[..., 1]
    return cells[..., 0] + (ties + ties.transpose(0, 2, 1)) / 2


def _matrix(cells: Floats) -> WinMatrix:
    ties, bad = (cells[..., n] + cells[..., n].T for n in (1, 2))
    return WinMatrix(_plain(cells[..., 0]), _plain(ties), _plain(bad))


def _plain(counts: Floats) -> Counts:
    return tuple(tuple(int(n) for n in row) for row in counts)


def _easing(k: int) -> Floats:
    return _EASING_TIES / 2 * (1 - np.eye(k))


def _reach(won: NDArray[np.bool_]) -> NDArray[np.bool_]:
    """Whether a chain of wins leads from i to j, for (samples, k, k)."""
    k = won.shape[-1]
    reach = won | np.eye(k, dtype=bool)
    for _ in range(max(1, (k - 1).bit_length())):
        reach = np.matmul(reach.astype(np.float32), reach.astype(np.float32)) > 0
    return reach


def _finite(scores: Floats) -> NDArray[np.bool_]:
    """Whether the maximum of the likelihood is finite: each beat each other by some chain (Ford 1957)."""
    finite: NDArray[np.bool_] = np.all(_reach(scores > 0), axis=(1, 2))
    return finite


def _linked(score: Floats) -> NDArray[np.intp]:
    """The contestants of the largest group in which ratings link each to each, the first one of equals."""
    groups = _reach(((score + score.T) > 0)[None])[0]
    return np.flatnonzero(groups[int(groups.sum(axis=1).argmax())])


def _evalica(score: Floats) -> Floats:
    """Log-strengths by evalica; `score` (k, k) as in `solve`."""
    import evalica

    first, second = (indexes.tolist() for indexes in np.nonzero(score > 0))
    found = evalica.bradley_terry(
        first,
        second,
        [evalica.Winner.X] * len(first),
        weights=score[score > 0].tolist(),
        tolerance=1e-12,
        limit=100_000,
    )
    strength: Floats = np.log(found.scores.sort_index().to_numpy(np.float64))
    strength -= strength.mean()
    return strength


def _ordered(value: Floats, low: Floats, high: Floats, score: Floats) -> tuple[Strength, ...]:
    ratings = (score + score.T).sum(axis=1)
    rows = [
        Strength(n, _known(value[n]), _known(low[n]), _known(high[n]), round(float(ratings[n])))
        for n in range(len(value))
    ]
    return tuple(sorted(rows, key=lambda s: (s.value is None, -(s.value or 0.0), s.contestant)))


def _known(value: float) -> float | None:
    return None if np.isnan(value) else float(value)
