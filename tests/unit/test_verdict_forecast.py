"""About how many more questions: near the truth of a simulation, honest near the margin, the same for a seed."""

from __future__ import annotations

import time

import numpy as np

from app.domain.verdicts import Forecast
from app.evaluation.forecast import forecast
from app.evaluation.standing import HORIZON, Rules, outlook, sides, standing
from app.evaluation.units import Units
from benchmarks.coverage import Setting, draw, until_decided
from tests.unit.rated import made

RULES = Rules()


def ahead(found: Units, rules: Rules = RULES, size: int | None = None, seed: int = 1) -> Forecast | None:
    here = standing(found, rules, rules.alpha, size)
    return forecast(found, sides(found, rules, size), here.results, rules.alpha, seed)


def test_much_seen_the_forecast_is_near_what_the_same_raters_need() -> None:
    """A third each of wins, ties and losses is known for certain, and nothing is bet so far."""
    known = made(np.tile([1.0, 0.0, -1.0], 400))
    none = made([])
    rules = Rules()
    here = standing(none, rules, rules.alpha)
    found = forecast(known, sides(none, rules, None), here.results, rules.alpha, 1)
    assert found is not None
    truth = np.median(until_decided(Setting(0.0, 1 / 3), 300, 2000, 5))
    assert found.half is not None
    assert 0.7 * truth < found.half < 1.4 * truth
    assert found.replace > 0.8


def test_near_the_margin_it_may_never_be() -> None:
    x = draw(Setting(-0.1), 1, 400, np.random.default_rng(2))[0]
    found = ahead(made(x - (x.mean() + 0.1)))
    assert found is not None
    assert found.most is None
    assert found.horizon == HORIZON


def test_what_is_almost_shown_needs_few_more() -> None:
    found = ahead(made([1.0, 1.0, 0.0, 1.0, 1.0, 1.0]))
    assert found is not None
    assert found.half is not None
    assert found.most is not None
    assert 1 <= found.half <= found.most <= 80


def test_a_finite_set_ends_with_its_questions() -> None:
    found = ahead(made(np.tile([1.0, 0.0, -1.0], 20)), Rules(finite=True), 200)
    assert found is not None
    assert found.horizon == 140
    assert found.most is not None
    assert found.most <= 140
    assert found.replace > 0.8


def test_a_finite_forecast_is_near_what_the_rest_then_needs() -> None:
    known = np.tile([1.0, 0.0, -1.0], 60)
    found = ahead(made(known[:60]), Rules(finite=True), 180)
    assert found is not None
    needed = []
    for seed in range(60):
        rest = np.random.default_rng(seed).permutation(known[60:])
        at = standing(made(np.concatenate([known[:60], rest])), Rules(finite=True), 0.025, 180).decided_at
        needed.append(180 - 60 if at is None else at - 60)
    assert found.half is not None
    assert 0.6 * np.median(needed) < found.half < 1.6 * np.median(needed)


def test_the_acceptable_bar_is_waited_for_as_well() -> None:
    x = np.ones(12)
    free = ahead(made(x[:6]))
    held = ahead(made(x[:6], [1.0, 1.0, 0.0, 1.0, 0.0, 1.0]))
    assert free is not None
    assert held is not None
    assert free.half is not None
    assert held.half is None or held.half > free.half


def test_nothing_seen_or_nothing_left_has_no_forecast() -> None:
    assert ahead(made([])) is None
    assert ahead(made([0.0, 0.0]), Rules(finite=True), 2) is None


def test_the_same_seed_gives_the_same_figures() -> None:
    some = made(np.tile([1.0, 0.0, -1.0, 0.0], 10))
    assert ahead(some, seed=4) == ahead(some, seed=4)
    assert ahead(some, seed=4) != ahead(some, seed=5)


def test_a_category_takes_less_than_a_third_of_a_second() -> None:
    x = np.random.default_rng(1).integers(-6, 7, 300) / 6
    for rules, size in ((Rules(), None), (Rules(finite=True), 2000)):
        some = made(x - x.mean())
        started = time.perf_counter()
        assert ahead(some, rules, size) is not None
        assert time.perf_counter() - started < 2  # 0.3 s on an idle machine


def test_the_prior_weighs_two_questions_and_holds_all_four_results() -> None:
    x, acceptable, weights = outlook(made([1.0, 1.0, 1 / 3]))
    assert weights.sum() == 5
    assert {(-1.0, 1.0), (0.0, 0.0), (0.0, 1.0), (1.0, 1.0)} <= set(zip(x.tolist(), acceptable.tolist(), strict=True))
