"""The sentences say what was shown, how surely, and whether more ratings can be had at all."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from app.domain.verdicts import Verdict
from app.evaluation.standing import Rules
from app.evaluation.verdict import Categories, decide
from app.services.decision.rows import more
from app.services.decision.words import sentences
from tests.unit.rated import made


def said(verdict: Verdict) -> str:
    (sentence,) = sentences(verdict, "llama", "gpt")
    return str(sentence)


@pytest.mark.parametrize(
    ("x", "acceptable", "words"),
    [
        (
            1,
            1,
            "llama can replace gpt (not worse by more than 10 points and at least 70 % of its answers acceptable, "
            "on questions like these, 60 of them rated, 95 %).",
        ),
        (-1, 1, "keep gpt: llama is worse by more than 10 points (95 %)."),
        (0, 0, "keep gpt: fewer than 70 % of llama's answers are acceptable (95 %)."),
    ],
)
def test_a_decision_says_how_sure_it_is(x: float, acceptable: float, words: str) -> None:
    assert said(decide(made([x] * 60, [acceptable] * 60), Rules())) == f"All questions: {words}"


def test_ratings_that_the_questions_left_cannot_give_are_not_asked_for() -> None:
    x = np.tile([1.0, 0.0, -1.0, 0.0], 10)
    assert "perhaps" in (more := said(decide(made(x), Rules(), size=2000))) or "rather sure" in more
    assert said(decide(made(x), Rules(), size=41)).endswith("more than the questions left can give: add questions.")


def test_a_replacement_on_a_finite_set_names_its_questions() -> None:
    verdict = decide(made([1.0] * 60, [1.0] * 60), Rules(finite=True), size=240)
    assert "acceptable, on these 240 questions, 95 %)" in said(verdict)


def test_categories_with_one_decision_are_one_sentence_about_all_their_questions() -> None:
    rated = made([1.0] * 160, [1.0] * 160)
    parts = Categories(("faq", "summary"), np.array([0] * 90 + [1] * 70, np.int32))
    (sentence,) = sentences(decide(rated, Rules(), parts), "llama", "gpt")
    assert str(sentence).startswith("faq, summary: llama can replace gpt") and "160 of them rated" in str(sentence)


def test_a_forecast_past_the_end_of_the_set_says_so() -> None:
    verdict = decide(made(np.tile([1.0, 0.0, -1.0, 0.0], 10)), Rules(), size=41)
    needed = verdict.overall.needed
    assert needed is not None and needed.half is not None and needed.half > 1
    assert str(more(verdict.overall, verdict)).startswith("more questions than this set has: about ")
    assert "set has" not in str(more(replace(verdict.overall, size=5000), verdict))
