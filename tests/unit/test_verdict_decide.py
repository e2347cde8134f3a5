"""REPLACE, KEEP, UNDECIDED: what each needs, by category and in all, and what never helps."""

from __future__ import annotations

import json
import time
from collections.abc import Sequence
from dataclasses import asdict, replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from app.domain.verdicts import Decision, Finding, Reason
from app.evaluation.standing import Rules, nearest_first, standing
from app.evaluation.units import units
from app.evaluation.verdict import Categories, decide
from benchmarks.coverage import main as coverage
from tests.unit.rated import drawn, made, votes

LETTERS = st.lists(st.sampled_from("wtlb"), min_size=1, max_size=150)

RULES = Rules()


def judged(letters: Sequence[str], rules: Rules = RULES, size: int | None = None) -> Finding:
    found = units(votes(list(enumerate(letters))), 0, 1)
    return decide(found, rules, size=size).overall


def test_a_better_challenger_replaces() -> None:
    found = judged("wwt" * 20)
    assert (found.decision, found.reason) == (Decision.REPLACE, Reason.NOT_WORSE)
    assert found.decided_at is not None
    assert found.decided_at < 60
    assert found.low > -0.10
    assert found.needed is None


def test_a_worse_challenger_is_shown_and_the_incumbent_kept() -> None:
    found = judged("llt" * 20)
    assert (found.decision, found.reason) == (Decision.KEEP, Reason.WORSE)
    assert found.high < -0.10


def test_two_that_fail_together_do_not_replace_each_other() -> None:
    found = judged("b" * 60)
    assert found.not_worse.shown_at is not None
    assert (found.decision, found.reason) == (Decision.KEEP, Reason.UNACCEPTABLE)
    assert found.acceptable_high < 0.70
    assert found.both_bad_share == 1.0


def test_a_share_at_the_bar_is_not_shown_to_be_above_it() -> None:
    found = judged(("w" * 7 + "b" * 3) * 20)
    assert (found.decision, found.reason) == (Decision.UNDECIDED, Reason.ACCEPTABLE_NOT_SHOWN)
    assert found.needed is not None


def test_few_ratings_decide_nothing_and_say_what_is_missing() -> None:
    assert judged("wl").reason is Reason.NOTHING_SHOWN
    assert judged("wlt" * 12).reason is Reason.DIFFERENCE_NOT_SHOWN
    assert decide(made([]), Rules()).overall.reason is Reason.NO_RATINGS


def test_a_finite_set_at_the_margin_ends_undecided() -> None:
    found = judged("l" + "t" * 9, Rules(finite=True), 10)
    assert (found.decision, found.reason) == (Decision.UNDECIDED, Reason.SET_EXHAUSTED)
    assert found.needed is None


def test_the_same_ratings_say_more_about_these_questions_than_about_questions_like_these() -> None:
    letters = "wlt" * 50
    assert judged(letters, Rules(finite=True), 160).decision is Decision.REPLACE
    assert judged(letters).decision is Decision.UNDECIDED


def test_the_first_verdict_stays() -> None:
    found = judged("w" * 30 + "l" * 60)
    assert found.decision is Decision.REPLACE
    assert found.decided_at is not None
    assert found.decided_at <= 30


def test_bounds_that_cross_are_reported_and_the_present_ones_given() -> None:
    found = judged("w" * 40 + "l" * 200)
    assert found.contradiction
    assert found.low < found.high < 0


def test_the_fixed_interval_stands_beside_the_sequence_at_the_same_level() -> None:
    found = judged("wlt" * 30)
    assert found.fixed is not None
    assert (found.fixed.method, found.fixed.level) == ("tango-1998", 0.95)
    assert found.low < found.fixed.low < 0 < found.fixed.high < found.high


def test_categories_share_alpha_and_the_result_says_so() -> None:
    found = units(drawn(120, 0.6, 0.3), 0, 1)
    of = np.arange(120, dtype=np.int32) % 2
    one, two = decide(found, Rules()), decide(found, Rules(), Categories(("요약", "FAQ", "비어 있음"), of))
    assert (one.tests, one.alpha_each) == (1, 0.025)
    assert (two.tests, two.alpha_each, two.multiplicity) == (2, 0.0125, "bonferroni")
    assert [f.category for f in two.categories] == ["요약", "FAQ"]
    assert [f.n for f in two.categories] == [60, 60]
    assert two.overall.n == 120
    assert two.overall.alpha == 0.025
    assert two.overall.decision is Decision.REPLACE


def test_categories_differ_where_the_ratings_do() -> None:
    letters = [letter for pair in zip("wwt" * 40, "llt" * 40, strict=True) for letter in pair]
    of = np.arange(240, dtype=np.int32) % 2
    found = decide(units(votes(list(enumerate(letters))), 0, 1), Rules(), Categories(("faq", "계약"), of))
    assert [f.decision for f in found.categories] == [Decision.REPLACE, Decision.KEEP]
    assert found.overall.decision is Decision.UNDECIDED
    assert found.overall.needed is not None


def test_questions_outside_the_categories_do_not_count() -> None:
    of = np.array([0, 0, -1, 1], np.int32)
    found = decide(units(votes([(0, "w"), (2, "l"), (3, "t")]), 0, 1), Rules(), Categories(("a", "b"), of))
    assert (found.overall.n, found.overall.losses, found.overall.size) == (2, 0, 3)


def test_the_result_is_plain_data() -> None:
    found = units(drawn(90, 0.4, 0.3, 0.1, raters=3), 0, 1, 3)
    of = np.arange(90, dtype=np.int32) % 3
    for finite in (False, True):
        made_of = decide(found, Rules(finite=finite, required=3), Categories(("a", "b", "c"), of), looks=True)
        text = json.dumps(asdict(made_of), allow_nan=False)
        assert json.loads(text)["about"] == ("this_set" if finite else "questions_like_these")
        assert made_of == decide(found, Rules(finite=finite, required=3), Categories(("a", "b", "c"), of), looks=True)


def test_the_looks_end_where_the_interval_is() -> None:
    found = units(drawn(400, 0.4, 0.3), 0, 1)
    result = decide(found, Rules(), looks=True).overall
    assert len(result.looks) == 200
    assert (result.looks[0].n, result.looks[-1].n) == (1, 400)
    assert result.looks[-1].low == pytest.approx(result.low, abs=0.0101)
    assert result.looks[-1].mean == pytest.approx(result.difference)
    assert decide(made([]), Rules(), looks=True).overall.looks == ()


def test_a_finite_set_of_unknown_size_is_refused() -> None:
    with pytest.raises(ValueError, match="number of its questions"):
        decide(made([1.0]), Rules(finite=True))


@pytest.mark.parametrize("wrong", [{"margin": 1.0}, {"alpha": 0.0}, {"bar": 1.0}, {"required": 0}])
def test_rules_that_are_no_shares_are_refused(wrong: dict[str, float]) -> None:
    with pytest.raises(ValueError, match="no shares"):
        replace(Rules(), **wrong)  # type: ignore[arg-type]


@settings(max_examples=30, deadline=None)
@given(LETTERS, st.integers(0, 149), st.booleans())
def test_a_rating_turned_to_both_bad_never_helps_to_replace(letters: list[str], at: int, finite: bool) -> None:
    at %= len(letters)
    if letters[at] == "l":  # a loss counts -1 and both bad 0: only the bar holds that back
        letters[at] = "t"
    worse = [*letters[:at], "b", *letters[at + 1 :]]
    rules, size = Rules(finite=finite), len(letters) + 20
    before, after = judged(letters, rules, size), judged(worse, rules, size)
    assert after.above_bar.highest <= before.above_bar.highest + 1e-9
    assert after.not_worse.highest <= before.not_worse.highest + 1e-9
    assert not (after.decision is Decision.REPLACE and before.decision is not Decision.REPLACE)


@settings(max_examples=30, deadline=None)
@given(LETTERS)
def test_sides_swapped_mirror_the_intervals(letters: list[str]) -> None:
    rows = votes(list(enumerate(letters)))
    straight = decide(units(rows, 0, 1), Rules()).overall
    swapped = decide(units(rows, 1, 0), Rules()).overall
    assert (swapped.low, swapped.high) == pytest.approx((-straight.high, -straight.low), abs=5e-4)
    assert straight.fixed is not None
    assert swapped.fixed is not None
    assert (swapped.fixed.low, swapped.fixed.high) == pytest.approx((-straight.fixed.high, -straight.fixed.low))
    assert (swapped.wins, swapped.losses) == (straight.losses, straight.wins)


def test_without_a_margin_swapped_sides_mirror_the_verdict() -> None:
    rows = drawn(200, 0.6, 0.3, seed=8)
    rules = Rules(margin=0.0)
    assert decide(units(rows, 0, 1), rules).overall.decision is Decision.REPLACE
    swapped = decide(units(rows, 1, 0), rules).overall
    assert (swapped.decision, swapped.reason) == (Decision.KEEP, Reason.WORSE)


def test_the_nearest_verdict_comes_first_and_decided_ones_last() -> None:
    parts = ["wwt" * 30, "wlt" * 3, "wwwt" * 3, "wl" * 2, ""]
    standings = [standing(units(votes(list(enumerate(p))), 0, 1), Rules(), 0.025) for p in parts]
    assert standings[0].decision is Decision.REPLACE
    order = nearest_first(standings)
    assert order[0] == 2
    assert order[-1] == 0
    assert standings[2].ahead < standings[1].ahead


def test_ten_categories_of_500_questions_are_ordered_between_two_votes() -> None:
    parts = [units(drawn(500, 0.35, 0.3, seed=n), 0, 1) for n in range(10)]
    nearest_first([standing(part, Rules(), 0.0025) for part in parts])
    started = time.perf_counter()
    order = nearest_first([standing(part, Rules(), 0.0025) for part in parts])
    assert sorted(order) == list(range(10))
    assert time.perf_counter() - started < 0.2  # 0.02 s on an idle machine


def test_simulated_raters_are_covered_and_seldom_passed(capsys: pytest.CaptureFixture[str]) -> None:
    assert coverage(["--quick"]) == 0
    assert "all bars are met" in capsys.readouterr().out
