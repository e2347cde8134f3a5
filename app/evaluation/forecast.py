"""About how many more questions until a verdict: the tests carried on over simulated ratings.

Each path draws one distribution of (x, acceptable) from the Dirichlet posterior of what was seen, then its
questions, and bets on with the wealth there is. The quantiles over the paths are the forecast.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from app.domain.verdicts import Forecast, Shown
from app.evaluation.sequential import FRACTIONS, log_wealth
from app.evaluation.standing import HORIZON, Side, Sides, mean_of_rest, outlook, values_of, wealth_now
from app.evaluation.units import Units

Floats = NDArray[np.float64]

PATHS = 300
LOOKS = 60
_CELLS = 2_000_000  # bettors x paths x looks x values that a step of the simulation may hold


def forecast(
    found: Units,
    four: Sides,
    results: Sequence[Shown],
    alpha: float,
    seed: int,
    *,
    behind: Sequence[float] = (0.0, 0.0, 0.0, 0.0),
    unanswered: float = 0.0,
    paths: int = PATHS,
) -> Forecast | None:
    """The forecast for an undecided category with its tests so far; None without questions seen or left.

    `behind` says by how much log E of each test is less than its bets have made (the price of a stratified
    test); among questions like these the share `unanswered` comes along with those to be rated. Looks at
    some 60 moments, ever farther apart, so figures are rounded up by at most a seventh.
    """
    size = four.not_worse.path.size
    horizon = HORIZON if size is None else min(HORIZON, size - len(found))
    if not len(found) or horizon <= 0:
        return None
    rng = np.random.default_rng(seed)
    x, acceptable, weights = outlook(found)
    ends = np.unique(np.ceil(np.geomspace(1, horizon, LOOKS)).astype(np.int64))
    if size is not None:
        paths = int(np.clip(_CELLS // (len(FRACTIONS) * len(ends) * len(x)), 100, paths))
    steps = np.diff(ends, prepend=0)
    draws = rng.multinomial(steps[None, :], rng.dirichlet(weights, paths)[:, None, :]).astype(np.float64)

    at = []
    lost = unanswered / (1 - unanswered) if unanswered < 1 else 0.0
    four_values = values_of(x, acceptable)
    of_lost = (None, None, 0.0, 1.0)  # what the last two tests see of a question without an answer
    for side, result, values, less, value in zip(four.all, results, four_values, behind, of_lost, strict=True):
        if result.shown_at is not None:
            at.append(np.zeros(paths))
            continue
        wealth = wealth_now(side) - less
        drift = np.zeros(len(FRACTIONS))
        if lost and value is not None:
            drift = lost * log_wealth(np.array([value]), np.array([side.mu0]))[:, 0]
        shown = _continued(side, values, draws, ends, wealth, drift, alpha)
        at.append(np.where(shown.any(axis=1), ends[np.argmax(shown, axis=1)], np.inf))
    replace, keep = np.maximum(at[0], at[2]), np.minimum(at[1], at[3])
    first = np.sort(np.minimum(replace, keep))

    def point(share: float) -> int | None:
        value = first[int(np.ceil(share * paths)) - 1]
        return int(value) if value < np.inf else None

    kept = keep <= replace
    return Forecast(
        half=point(0.5),
        most=point(0.8),
        horizon=horizon,
        replace=float((~kept & (replace < np.inf)).mean()),
        keep=float((kept & (keep < np.inf)).mean()),
        paths=paths,
        seed=seed,
    )


def _continued(
    side: Side, values: Floats, draws: Floats, ends: NDArray[np.int64], wealth: Floats, drift: Floats, alpha: float
) -> NDArray[np.bool_]:
    """Whether E reaches 1/alpha at each look, shape (paths, looks); `draws` counts values, (paths, looks, V).

    `drift` is what the log wealth of each bettor gains a question besides, (24,), of questions like these.
    """
    path = side.path
    threshold = -np.log(alpha) + np.log(len(FRACTIONS))
    if path.size is None:
        table = log_wealth(values[:, None], np.array([side.mu0]))[..., 0].T + drift
        return np.asarray(_summed(np.cumsum(draws, axis=1) @ table + wealth) >= threshold)
    # between two looks the mean that the rest must have is held at its value at the first
    gained = float(path.gained[-1]) + np.cumsum(draws @ values, axis=1)
    before = np.concatenate([np.full((len(draws), 1), float(path.gained[-1])), gained[:, :-1]], axis=1)
    seen = float(path.seen[-1]) + np.concatenate([[0], ends[:-1]])
    mu = mean_of_rest(side, before, np.broadcast_to(seen, before.shape))
    table = log_wealth(values[:, None], mu[..., None, None])[..., 0]  # (24, paths, looks, V)
    grown = np.cumsum((table * draws).sum(axis=-1), axis=-1)
    certain = gained > path.size * side.mu0 * (1 + 1e-12)
    return np.asarray((_summed(np.moveaxis(grown, 0, -1) + wealth) >= threshold) | certain)


def _summed(wealth: Floats) -> Floats:
    top = wealth.max(axis=-1)
    return np.asarray(top + np.log(np.exp(wealth - top[..., None]).sum(axis=-1)))
