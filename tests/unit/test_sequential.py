"""The betting test: against a slow second solver, its limits, and what must hold whatever the data."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from app.evaluation.sequential import LOG_CERTAIN, SINGLE, bets, evidence, interval, log_e, lower_bound, sequence

VALUES = st.lists(st.sampled_from([0.0, 1 / 6, 1 / 3, 0.5, 2 / 3, 5 / 6, 1.0]), min_size=1, max_size=40)


def slowly(values: list[float], mu0: float, size: int | None) -> float:
    """E by multiplication, bettor by bettor: infinite once the values seen alone exceed what mu0 allows."""
    total = 0.0
    for j in range(24):
        fraction, wealth, seen = 0.9 * (j + 0.5) / 24, 1.0, 0.0
        for t, y in enumerate(values):
            mu = mu0 if size is None else (size * mu0 - seen) / (size - t)
            mu = min(mu, 1.0)
            if mu <= 1e-9:
                wealth = math.inf if y > 0 else wealth
            else:
                wealth *= 1 + fraction / mu * (y - mu)
            seen += y
        total += wealth / 24
    return math.inf if size is not None and sum(values) > size * mu0 + 1e-7 else total


@given(VALUES, st.floats(0.05, 0.95), st.one_of(st.none(), st.integers(0, 30)))
def test_log_e_is_that_of_a_second_solver(values: list[float], mu0: float, more: int | None) -> None:
    size = None if more is None else len(values) + more
    found = log_e(bets(np.array(values), size), mu0)[-1]
    expected = slowly(values, mu0, size)
    if expected == math.inf:
        assert found == LOG_CERTAIN
    else:
        assert found == pytest.approx(math.log(expected), abs=1e-6)


def test_log_e_by_hand() -> None:
    """One win against a mean of 1/2: the mean of 1 + f over the fractions is 1.45; one loss: 0.55."""
    assert log_e(bets(np.array([1.0, 0.0])), 0.5)[0] == pytest.approx(math.log(1.45))
    assert log_e(bets(np.array([0.0])), 0.5)[0] == pytest.approx(math.log(0.55))


def test_ten_wins_decide_and_the_question_is_named() -> None:
    found = evidence(bets(np.ones(10)), 0.45, 0.025)
    assert found.shown_at == 7
    assert found.log_e == found.highest > math.log(40)


def test_what_was_shown_stays_shown() -> None:
    values = np.concatenate([np.ones(10), np.zeros(60)])
    found = evidence(bets(values), 0.45, 0.025)
    assert found.shown_at == 7
    assert found.log_e < math.log(40) < found.highest
    assert lower_bound(bets(values), 0.025) > 0.45
    assert lower_bound(bets(values), 0.025, running=False) < 0.45


@given(VALUES, st.floats(0.05, 0.95), st.booleans())
def test_the_other_side_is_the_same_test_of_the_mirrored_values(values: list[float], mu0: float, finite: bool) -> None:
    y = np.array(values)
    size = len(y) + 7 if finite else None
    np.testing.assert_allclose(log_e(bets(y, size).mirrored, mu0), log_e(bets(1 - y, size), mu0), rtol=1e-7, atol=1e-7)


@settings(max_examples=40, deadline=None)
@given(VALUES, st.booleans())
def test_swapped_sides_mirror_the_interval(values: list[float], finite: bool) -> None:
    y = np.array(values)
    size = len(y) + 5 if finite else None
    low, high = interval(bets(y, size), 0.025)
    assert interval(bets(1 - y, size), 0.025) == pytest.approx((1 - high, 1 - low), abs=2e-4)


@given(VALUES, st.randoms(use_true_random=False))
def test_the_order_of_independent_draws_does_not_change_the_present_e(values: list[float], random: object) -> None:
    shuffled = list(values)
    random.shuffle(shuffled)  # type: ignore[attr-defined]
    now = log_e(bets(np.array(values)), 0.45)[-1]
    assert log_e(bets(np.array(shuffled)), 0.45)[-1] == pytest.approx(now, abs=1e-9)


@given(VALUES, st.floats(0.05, 0.9), st.floats(0.01, 0.09), st.booleans())
def test_a_higher_mean_is_never_easier_to_reject(values: list[float], mu0: float, more: float, finite: bool) -> None:
    path = bets(np.array(values), len(values) + 3 if finite else None)
    assert (log_e(path, mu0 + more) <= log_e(path, mu0) + 1e-9).all()


@given(VALUES, st.lists(st.floats(0.1, 0.9), min_size=3, max_size=3), st.booleans())
def test_log_e_is_convex_in_the_mean(values: list[float], means: list[float], finite: bool) -> None:
    path = bets(np.array(values), len(values) + 3 if finite else None)
    a, b = means[0], means[1]
    at = log_e(path, np.array([a, b, (a + b) / 2]))[:, -1]
    if at.max() < LOG_CERTAIN:
        assert at[2] <= (at[0] + at[1]) / 2 + 1e-7


def test_the_interval_and_the_decision_agree() -> None:
    rng = np.random.default_rng(4)
    agreed = 0
    for _ in range(40):
        path = bets((rng.choice([-1.0, 0.0, 1.0], 200, p=[0.25, 0.3, 0.45]) + 1) / 2)
        shown = evidence(path, 0.45, 0.025).shown_at is not None
        assert shown == (lower_bound(path, 0.025) >= 0.45 - 1e-4)
        agreed += shown
    assert 0 < agreed <= 40


def test_the_sequence_on_the_grid_lies_just_outside_the_exact_interval() -> None:
    y = (np.random.default_rng(5).choice([-1.0, 0.0, 1.0], 150, p=[0.3, 0.3, 0.4]) + 1) / 2
    for size in (None, 180):
        lows, highs = sequence(bets(y, size), 0.025)
        for n in (10, 60, 150):
            low, high = interval(bets(y[:n], size), 0.025)
            assert low - 0.0051 <= lows[n - 1] <= low + 1e-4
            assert high - 1e-4 <= highs[n - 1] <= high + 0.0051
        assert (np.diff(lows) >= 0).all()
        assert (np.diff(highs) <= 0).all()


def test_a_finite_set_seen_to_the_end_is_known() -> None:
    y = np.array([1.0, 0.0, 0.5, 1.0, 0.5] * 4)
    path = bets(y, 20)
    assert interval(path, 0.025) == pytest.approx((0.6, 0.6), abs=2e-4)
    assert evidence(path, 0.59, 0.025).log_e == LOG_CERTAIN
    assert evidence(path.mirrored, 0.39, 0.025).log_e == LOG_CERTAIN
    assert evidence(path, 0.6, 0.025).log_e < LOG_CERTAIN


def test_a_finite_set_is_certain_as_soon_as_the_rest_cannot_change_it() -> None:
    assert evidence(bets(np.ones(5), 10), 0.45, 1e-9).shown_at == 5


def test_the_first_questions_are_single_and_later_ones_blocks_that_depend_on_their_number_only() -> None:
    y = np.random.default_rng(6).random(9000)
    long, short = bets(y), bets(y[:5000])
    assert len(long.y) < 6000
    assert (long.seen[:SINGLE] == np.arange(1, SINGLE + 1)).all()
    assert (long.seen[: len(short.seen)] == short.seen).all()
    assert long.gained[-1] == pytest.approx(y[: long.seen[-1]].sum())
    assert bets(y, 9000).seen[-1] == 9000


def test_no_question_shows_nothing() -> None:
    empty = bets(np.zeros(0))
    assert evidence(empty, 0.45, 0.025).shown_at is None
    assert interval(empty, 0.025) == (0.0, 1.0)
    assert [len(a) for a in sequence(empty, 0.025)] == [0, 0]


def test_more_questions_than_the_set_has_are_refused() -> None:
    with pytest.raises(ValueError, match="more questions"):
        bets(np.ones(3), 2)
