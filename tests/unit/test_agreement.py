"""Krippendorff's alpha: his own example, evalica's implementation, and the cases without an answer."""

from __future__ import annotations

import evalica
import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from app.evaluation.agreement import Distance, alpha, of_votes
from app.evaluation.votes import Result, Votes

# "Computing Krippendorff's Alpha-Reliability" (2011), section D: four observers, twelve units, 0 = no value.
OBSERVERS = (
    (1, 2, 3, 3, 2, 1, 4, 1, 2, 0, 0, 0),
    (1, 2, 3, 3, 2, 2, 4, 1, 2, 5, 0, 3),
    (0, 3, 3, 3, 2, 3, 4, 2, 2, 5, 1, 0),
    (1, 2, 3, 3, 2, 4, 4, 1, 2, 5, 1, 0),
)
Rows = list[tuple[int, int, int]]  # unit, rater, value


def columns(rows: Rows) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    table = np.array(rows, np.int64).reshape(-1, 3)
    return table[:, 0], table[:, 1], table[:, 2]


def example() -> Rows:
    return [(u, r, value) for r, row in enumerate(OBSERVERS) for u, value in enumerate(row) if value]


@pytest.mark.parametrize(("distance", "published"), [("nominal", 0.743), ("ordinal", 0.815), ("interval", 0.849)])
def test_krippendorff_s_own_example(distance: Distance, published: float) -> None:
    found = alpha(*columns(example()), distance)
    assert found.alpha is not None
    assert round(found.alpha.value, 3) == published
    assert (found.units, found.ratings, found.raters) == (11, 40, 4)  # the twelfth unit has one value only
    assert found.alpha.low is not None and found.alpha.high is not None
    assert found.alpha.low < found.alpha.value < found.alpha.high


ratings = st.dictionaries(st.tuples(st.integers(0, 7), st.integers(0, 3)), st.integers(-1, 2), max_size=32).map(
    lambda given: [(u, r, v) for (u, r), v in given.items()]
)


@settings(max_examples=60, deadline=None)
@given(ratings, st.sampled_from(["nominal", "ordinal", "interval"]))
def test_evalica_finds_the_same(rows: Rows, distance: Distance) -> None:
    found = alpha(*columns(rows), distance, resamples=0)
    frame = pd.DataFrame(rows, columns=["unit", "rater", "value"]).pivot(index="rater", columns="unit", values="value")
    if found.alpha is None:
        paired = [v for u, _, v in rows if sum(other == u for other, _, _ in rows) > 1]
        assert len(set(paired)) < 2
    else:
        assert found.alpha.value == pytest.approx(evalica.alpha(frame, distance=distance).alpha)


@settings(max_examples=40, deadline=None)
@given(ratings, st.permutations([0, 1, 2, 3]))
def test_who_rated_first_and_what_the_raters_are_called_does_not_matter(rows: Rows, names: list[int]) -> None:
    renamed = [(u, names[r], v) for u, r, v in reversed(rows)]
    assert alpha(*columns(renamed), "interval", resamples=30) == alpha(*columns(rows), "interval", resamples=30)


@pytest.mark.parametrize(
    "rows",
    [
        [],
        [(0, 0, 1), (1, 0, -1), (2, 0, 0)],  # one rater
        [(0, 0, 1), (1, 1, -1)],  # two raters who never met
        [(0, 0, 1), (0, 1, 1), (1, 0, 1), (1, 1, 1)],  # nothing to disagree on
    ],
)
def test_alpha_is_undefined_without_overlap_or_variation(rows: Rows) -> None:
    assert alpha(*columns(rows), "nominal").alpha is None


def test_one_unit_has_an_alpha_and_no_interval() -> None:
    found = alpha(*columns([(0, 0, 1), (0, 1, -1)]), "nominal")
    assert found.alpha is not None
    assert (found.alpha.low, found.alpha.high, found.units) == (None, None, 1)


def test_raters_who_agree_have_one_and_who_guess_have_none() -> None:
    rng = np.random.default_rng(3)
    truth = rng.integers(-1, 2, 400)
    same = [(u, r, int(v)) for u, v in enumerate(truth) for r in range(2)]
    guessed = [(u, r, int(rng.integers(-1, 2))) for u in range(400) for r in range(2)]
    agreed, chance = (alpha(*columns(rows), "nominal").alpha for rows in (same, guessed))
    assert agreed is not None and chance is not None
    assert (agreed.value, agreed.low, agreed.high) == (1.0, 1.0, 1.0)
    assert chance.low is not None and chance.high is not None
    assert chance.low < 0 < chance.high


def test_the_last_word_of_a_rater_counts() -> None:
    rows = [(0, 0, -1), (0, 0, 1), (0, 1, 1), (1, 0, 0), (1, 1, 0)]
    found = alpha(*columns(rows), "nominal")
    assert found.alpha is not None
    assert (found.alpha.value, found.ratings) == (1.0, 4)


def test_a_near_miss_weighs_less_than_the_opposite_and_both_bad_as_much() -> None:
    def of(second: int) -> float:
        rows = [(u, r, v) for u, v in enumerate((1, -1, 0, 1, -1, 0)) for r in (0, 1)]
        found = alpha(*columns([*rows, (9, 0, 1), (9, 1, second)]), "interval", apart=2, resamples=0).alpha
        assert found is not None
        return found.value

    assert of(0) > of(-1)
    assert of(0) > of(2)
    # By hand: coincidences 4 each of −1 and 0 and 5 of 1 with their like, one 1 with 2 either way.
    # Squared distances: 1 between neighbours, 4 from end to end and from 2 to all; n = 14, n_c = 4, 4, 5, 1.
    observed = 2 * 4 / 14
    expected = 2 * (4 * 4 * 1 + 4 * 5 * 4 + 4 * 5 * 1 + 1 * (4 + 4 + 5) * 4) / (14 * 13)
    assert of(2) == pytest.approx(1 - observed / expected)


def test_votes_are_compared_by_pair_and_question_whichever_way_round() -> None:
    def votes(rows: list[tuple[int, int, int, int, Result]]) -> Votes:
        q, first, second, rater, result = (np.array(c, np.int32) for c in zip(*rows, strict=True))
        return Votes(q, first, second, rater, result.astype(np.int8), np.ones(len(rows), np.int8))

    found = of_votes(
        votes(
            [
                (0, 0, 1, 0, Result.FIRST),
                (0, 1, 0, 1, Result.SECOND),
                (0, 1, 2, 0, Result.SECOND),  # another pair of the same question
                (0, 2, 1, 1, Result.FIRST),
                (1, 0, 1, 0, Result.BOTH_BAD),
                (1, 1, 0, 1, Result.BOTH_BAD),
                (2, 0, 1, 0, Result.TIE),
                (2, 1, 0, 1, Result.TIE),
            ]
        )
    )
    assert found.alpha is not None
    assert (found.alpha.value, found.units, found.raters) == (1.0, 4, 2)
