"""How each question was rated, with the comparisons where its answers can be read."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass

import numpy as np

from app.domain.batches import VerdictTerms
from app.domain.figures import AnswerFigures
from app.domain.questions import QuestionSet
from app.domain.votes import BatchVotes
from app.evaluation.units import units


@dataclass(frozen=True, slots=True)
class QuestionLine:
    """One question that was asked. Counts are of ratings, from the challenger's side.

    `difference` is their mean, better +1, tie or both bad 0, worse −1; None while unrated.
    `comparisons` are its ids, a repeat each; none while others of its pairs wait for a rater (`held`).
    """

    position: int
    text: str
    category: str
    difference: float | None
    wins: int
    ties: int
    losses: int
    both_bad: int
    comparisons: tuple[str, ...]
    held: bool = False


def question_lines(
    asked: QuestionSet,
    terms: VerdictTerms,
    cast: BatchVotes,
    figures: Sequence[AnswerFigures],
    held: Collection[int] = (),
) -> tuple[QuestionLine, ...]:
    """One line a question that was asked, in the order of the set; blind plain pairs count, as in the verdict.

    Of those in `held` nobody is led to the answers.
    """
    votes = cast.votes.pick(cast.blind & (cast.best_of == 0))
    found = units(votes, terms.challenger, terms.incumbent, max(len(votes), 1), closed=True)
    row = np.full(len(asked.questions), -1)
    row[found.question] = np.arange(len(found))
    comparisons: dict[int, dict[str, None]] = {}
    for answer in figures:
        comparisons.setdefault(answer.question, {})[answer.comparison] = None
    lines = []
    for position in sorted(comparisons):
        question, at = asked.questions[position], int(row[position])
        rated = at >= 0
        lines.append(
            QuestionLine(
                position=position,
                text=question.text,
                category=question.category,
                difference=float(found.x[at]) if rated else None,
                wins=int(found.wins[at]) if rated else 0,
                ties=int(found.ties[at]) if rated else 0,
                losses=int(found.losses[at]) if rated else 0,
                both_bad=int(found.both_bad[at]) if rated else 0,
                comparisons=() if position in held else tuple(comparisons[position]),
                held=position in held,
            )
        )
    return tuple(lines)
