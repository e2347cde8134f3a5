"""The sentences say what was shown, how surely, and whether more ratings can be had at all."""

from __future__ import annotations

import numpy as np
import pytest

from app.domain.verdicts import Verdict
from app.evaluation.standing import Rules
from app.evaluation.verdict import decide
from app.services.verdict_words import sentences
from tests.unit.rated import made


def said(verdict: Verdict) -> str:
    (sentence,) = sentences(verdict, "llama", "gpt")
    return str(sentence)


@pytest.mark.parametrize(
    ("x", "acceptable", "words"),
    [
        (1, 1, "llama can replace gpt (not worse by more than 10 points, 95 %)."),
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
