"""Intervals: against published and tabulated figures, and how often they hold the truth."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.evaluation.intervals import GROUPS, mean, percentiles, quantile, resampled_sums, wilson


@pytest.mark.parametrize(
    ("successes", "n", "low", "high"),
    [
        # Newcombe, Statistics in Medicine 17 (1998), table I, method 3.
        (81, 263, 0.2553, 0.3662),
        (15, 148, 0.0624, 0.1605),
        (0, 20, 0.0, 0.1611),
        (1, 29, 0.0061, 0.1718),
    ],
)
def test_wilson_s_interval_as_newcombe_printed_it(successes: int, n: int, low: float, high: float) -> None:
    found = wilson(successes, n)
    assert found is not None
    assert (found.low, found.high) == pytest.approx((low, high), abs=5e-5)


@given(st.integers(0, 500), st.integers(1, 500))
def test_wilson_s_interval_holds_its_share_and_mirrors(successes: int, more: int) -> None:
    n = successes + more
    found, mirrored = wilson(successes, n), wilson(n - successes, n)
    assert found is not None and found.low is not None and found.high is not None
    assert mirrored is not None
    assert 0 <= found.low <= found.value <= found.high <= 1
    assert (mirrored.low, mirrored.high) == pytest.approx((1 - found.high, 1 - found.low))


def test_a_share_of_nothing_is_unknown() -> None:
    assert wilson(0, 0) is None
    with pytest.raises(ValueError, match="between 0 and n"):
        wilson(3, 2)


def test_the_mean_has_student_s_interval() -> None:
    found = mean(np.array([1.0, 2.0, 3.0, 4.0, 5.0]))
    assert found is not None
    # t(4; .975) = 2.776 from any table; standard error sqrt(2.5 / 5).
    assert (found.value, found.low, found.high) == pytest.approx((3, 3 - 1.9632, 3 + 1.9632), abs=5e-4)


def test_values_of_one_unit_are_averaged_first() -> None:
    found = mean(np.array([1.0, 3.0, 10.0, 4.0]), np.array([7, 7, 9, 3]))
    plain = mean(np.array([2.0, 10.0, 4.0]))
    assert found is not None and plain is not None
    assert (found.value, found.low, found.high) == (plain.value, plain.low, plain.high)
    assert (found.n, found.units) == (4, 3)


def test_one_value_has_a_mean_and_no_bounds() -> None:
    found = mean(np.array([2.0]))
    assert found is not None
    assert (found.value, found.low, found.high) == (2.0, None, None)
    assert mean(np.array([])) is None
    assert quantile(np.array([]), 0.5) is None


@pytest.mark.parametrize(("n", "low", "high"), [(10, 2, 9), (20, 6, 15), (50, 18, 33), (100, 40, 61)])
def test_the_median_lies_between_the_ranks_of_the_tables(n: int, low: int, high: int) -> None:
    """95 % ranks for the median: Conover, Practical Nonparametric Statistics, by the binomial table."""
    found = quantile(np.random.default_rng(1).permutation(np.arange(1.0, n + 1)), 0.5)
    assert found is not None
    assert (found.low, found.high) == (low, high)


def test_the_upper_bound_of_a_p95_takes_72_values() -> None:
    few, enough = (quantile(np.arange(float(n)), 0.95) for n in (71, 72))
    assert few is not None and enough is not None
    assert few.low is not None
    assert few.high is None
    assert enough.high == 71.0


def test_the_interval_of_a_p95_holds_it_as_often_as_it_says() -> None:
    rng = np.random.default_rng(5)
    truth = -np.log(0.05)
    inside = 0
    for _ in range(400):
        found = quantile(rng.exponential(size=200), 0.95)
        assert found is not None and found.low is not None and found.high is not None
        inside += found.low <= truth <= found.high
    assert 0.93 <= inside / 400 <= 0.995


def test_repeats_of_one_question_are_not_as_good_as_other_questions() -> None:
    """40 questions asked 25 times each, always as slow: 40 observations, not 1,000."""
    rng = np.random.default_rng(6)
    inside = 0
    for _ in range(200):
        seconds = np.repeat(rng.exponential(size=40), 25)
        found = quantile(seconds, 0.5, np.repeat(np.arange(40), 25))
        assert found is not None and found.low is not None and found.high is not None
        assert found.units == 40
        inside += found.low <= np.log(2) <= found.high
    assert 0.91 <= inside / 200 <= 1.0


def test_a_million_latencies_have_their_quantile_and_its_bounds() -> None:
    found = quantile(np.random.default_rng(2).random(1_000_000), 0.95)
    assert found is not None and found.low is not None and found.high is not None
    assert found.low < 0.95 < found.high
    assert found.high - found.low == pytest.approx(2 * 1.96 * np.sqrt(0.95 * 0.05 / 1e6), rel=0.15)


@pytest.mark.parametrize("units", [50, GROUPS + 1000])
def test_bootstrap_sums_vary_as_sums_of_as_many_units(units: int) -> None:
    rows = np.random.default_rng(8).exponential(size=(units, 2))
    sums = resampled_sums(rows, resamples=4000)
    assert sums.shape == (4000, 2)
    assert sums.mean(axis=0) == pytest.approx(rows.sum(axis=0), rel=0.02)
    assert sums.std(axis=0) == pytest.approx(rows.std(axis=0) * np.sqrt(units), rel=0.06)
    low, high = percentiles(sums)
    assert ((sums >= low) & (sums <= high)).mean() == pytest.approx(0.95, abs=0.001)
