"""Tango's score interval against what was published, and the interval for questions with several ratings."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.evaluation.tango import STUDENT, TANGO, TANGO_FRACTIONAL, fixed_interval, score, tango

COUNTS = st.tuples(st.integers(0, 60), st.integers(0, 60), st.integers(0, 60)).filter(lambda c: sum(c) > 0)


@pytest.mark.parametrize(
    ("b", "c", "n", "level", "low", "high", "digits"),
    [
        # Tango 1998, Stat Med 17:891-908, section 6: sleeping difficulties (Karacan), and soft contact lenses
        (9, 3, 32, 0.95, -0.027, 0.390, 3),
        (0, 1, 44, 0.90, -0.096, 0.037, 3),
        # Agresti & Min 2005, Stat Med 24:729-740
        (16, 8, 86, 0.95, -0.020, 0.207, 3),
        # Fagerland, Lydersen & Laake 2014, Stat Med 33:2850-2875: airway hyper-responsiveness (Bentur 2009)
        (1, 7, 21, 0.95, -0.517, -0.026, 3),
        # R, PropCIs::scoreci.mp(25, 28, 618, 0.90), which counts (second - first)
        (28, 25, 618, 0.90, -0.0148, 0.0247, 4),
    ],
)
def test_the_interval_is_the_published_one(
    b: int, c: int, n: int, level: float, low: float, high: float, digits: int
) -> None:
    found = tango(b, c, n, level)
    assert (round(found[0], digits), round(found[1], digits)) == (low, high)


def test_the_statistic_is_the_published_one() -> None:
    """Tango 1998, section 6.1: Z = 1.709 for a margin of 0.1; and at no difference it is McNemar's."""
    assert score(-0.1, 0, 1, 44) == pytest.approx(1.709, abs=5e-4)
    assert score(0.0, 9, 3, 32) == pytest.approx(6 / math.sqrt(12))


def test_without_wins_and_losses_it_is_wilsons_reach_on_both_sides() -> None:
    """For b = c = 0 the statistic is -n d / sqrt(n d (1 - d)), so d = z^2 / (n + z^2)."""
    z2 = 1.959963984540054**2
    assert tango(0, 0, 14) == pytest.approx((-z2 / (14 + z2), z2 / (14 + z2)))


def test_nothing_but_wins_reaches_one_and_not_below_a_bound() -> None:
    low, high = tango(14, 0, 14)
    assert high == 1.0
    assert 0.5 < low < 0.6
    assert tango(0, 14, 14) == (-1.0, -low)
    assert tango(1, 0, 1)[1] == 1.0


@given(COUNTS, st.sampled_from([0.8, 0.9, 0.95, 0.99]))
def test_sides_swapped_mirror_the_interval_and_it_holds_the_difference(
    counts: tuple[int, int, int], level: float
) -> None:
    b, c, ties = counts
    n = b + c + ties
    low, high = tango(b, c, n, level)
    assert tango(c, b, n, level) == pytest.approx((-high, -low))
    assert -1 <= low <= (b - c) / n <= high <= 1


@given(COUNTS)
def test_both_bounds_lie_where_the_statistic_is_z(counts: tuple[int, int, int]) -> None:
    b, c, ties = counts
    low, high = tango(b, c, b + c + ties, 0.95)
    if low > -1:
        assert score(low, b, c, b + c + ties) == pytest.approx(1.959963984540054, abs=1e-5)
    if high < 1:
        assert score(high, b, c, b + c + ties) == pytest.approx(-1.959963984540054, abs=1e-5)


@pytest.mark.parametrize("counts", [(0, 0, 0), (3, 3, 5), (-1, 0, 4)])
def test_impossible_counts_are_refused(counts: tuple[int, int, int]) -> None:
    with pytest.raises(ValueError, match="wins and losses"):
        tango(*counts)


def test_one_rating_a_question_takes_tango() -> None:
    found = fixed_interval(np.array([1.0] * 9 + [-1.0] * 3 + [0.0] * 20))
    assert found is not None
    assert (found.method, found.n, round(found.low, 3), round(found.high, 3)) == (TANGO, 32, -0.027, 0.390)


def test_several_ratings_a_question_take_students_t() -> None:
    x = np.tile([1.0, 1 / 3, -1 / 3, 0.0], 10)
    found = fixed_interval(x)
    assert found is not None
    reach = 2.0226909200367604 * x.std(ddof=1) / math.sqrt(40)  # t(0.975, 39)
    assert found.method == STUDENT
    assert (found.low, found.high) == pytest.approx((0.25 - reach, 0.25 + reach))


def test_equal_or_few_averages_take_a_wider_interval_with_a_width() -> None:
    for x in (np.full(50, 1 / 3), np.array([1 / 3, -1.0, 2 / 3])):
        found = fixed_interval(x)
        assert found is not None
        assert found.method == TANGO_FRACTIONAL
        assert found.low < x.mean() < found.high


def test_no_question_has_no_interval() -> None:
    assert fixed_interval(np.zeros(0)) is None
