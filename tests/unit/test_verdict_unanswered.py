"""What a challenger left unanswered: known of a finite set, a sample of questions like these."""

from __future__ import annotations

import numpy as np
import pytest

from app.domain.verdicts import Decision, Finding, Reason
from app.evaluation.sequential import evidence
from app.evaluation.standing import Rules
from app.evaluation.unanswered import acceptable_of_all, ranked
from app.evaluation.units import Units, units
from app.evaluation.verdict import Categories, decide
from tests.unit.rated import votes


def rated(letters: str, questions: range) -> Units:
    return units(votes(list(zip(questions, letters, strict=True))), 0, 1)


def judged(letters: str, unanswered: int, *, finite: bool = False, categories: int = 1) -> Finding:
    """The verdict on a set of which the first `unanswered` questions failed and the others were rated by `letters`."""
    size = unanswered + len(letters)
    lost = np.repeat([1.0, 0.0], [unanswered, len(letters)])
    found = rated(letters, range(unanswered, size))
    parts = None if categories == 1 else Categories(tuple("ab"), (np.arange(size) % 2).astype(np.int32))
    return decide(found, Rules(finite=finite), parts, size=size, unanswered=lost).overall


def test_one_failure_of_three_shows_nothing_of_questions_like_these() -> None:
    found = judged("ww", unanswered=1)
    assert found.decision is Decision.UNDECIDED
    assert found.acceptable_high > 0.99


def test_of_these_very_questions_a_share_above_the_bar_is_lost_for_certain() -> None:
    found = judged("ww", unanswered=1, finite=True)
    assert (found.decision, found.reason, found.decided_at) == (Decision.KEEP, Reason.UNACCEPTABLE, 0)


@pytest.mark.parametrize("categories", [1, 2])
def test_a_challenger_that_answers_nothing_is_not_kept_waiting_for_raters(categories: int) -> None:
    found = judged("", unanswered=60, categories=categories)
    assert (found.decision, found.reason, found.n) == (Decision.KEEP, Reason.UNACCEPTABLE, 0)


@pytest.mark.parametrize("categories", [1, 2])
def test_half_of_many_questions_unanswered_keeps_the_incumbent(categories: int) -> None:
    found = judged("w" * 100, unanswered=100, categories=categories)
    assert (found.decision, found.reason) == (Decision.KEEP, Reason.UNACCEPTABLE)
    assert found.acceptable == pytest.approx(0.5)
    assert found.acceptable_low < 0.5 < found.acceptable_high < 0.7


@pytest.mark.parametrize("categories", [1, 2])
def test_few_unanswered_questions_among_good_ones_are_no_hindrance(categories: int) -> None:
    found = judged("wtw" * 60, unanswered=4, categories=categories)
    assert found.decision is Decision.REPLACE
    assert found.acceptable_low > 0.7


def test_those_to_come_are_reckoned_with_in_the_forecast() -> None:
    without, among = judged("wtltb" * 8, unanswered=0), judged("wtltb" * 8, unanswered=5)
    assert without.needed is not None
    assert among.needed is not None
    assert among.needed.replace < without.needed.replace


def test_neither_side_of_the_bar_is_shown_more_often_than_allowed_where_the_truth_is_the_bar() -> None:
    alpha, bar, runs, size = 0.10, 0.70, 1000, 150
    rng = np.random.default_rng(7)
    above = below = 0
    for _ in range(runs):
        answered = rng.random(size) < 0.8
        letters = "".join(np.where(rng.random(int(answered.sum())) < bar / 0.8, "t", "b"))
        numbers = np.flatnonzero(answered)
        found = units(votes(list(zip(numbers.tolist(), letters, strict=True))), 0, 1)
        path = acceptable_of_all(found, ranked(1.0 - answered, seed=1))
        above += evidence(path, bar, alpha).shown_at is not None
        below += evidence(path.mirrored, 1 - bar, alpha).shown_at is not None
    noise = 3 * (alpha * (1 - alpha) * runs) ** 0.5
    assert 0 < above <= alpha * runs + noise
    assert 0 < below <= alpha * runs + noise
