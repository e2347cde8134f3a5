"""The verdict on a batch's votes: which of them count, by which rules, for which questions."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from app.domain.answers import Status
from app.domain.batches import VerdictTerms
from app.domain.figures import AnswerFigures
from app.domain.verdicts import Verdict
from app.domain.votes import BatchVotes
from app.evaluation.standing import Rules
from app.evaluation.units import Units, units
from app.evaluation.verdict import Categories, decide


def rules_of(terms: VerdictTerms, required: int) -> Rules:
    """`required` ratings a question."""
    return Rules(
        margin=terms.margin,
        alpha=terms.alpha,
        bar=terms.acceptable,
        required=required,
        finite=terms.design == "these_questions",
    )


def units_of(cast: BatchVotes, terms: VerdictTerms, required: int, *, closed: bool = False) -> Units:
    """The questions that count, by the blind plain pairs among `cast`; `closed` is as in `units`."""
    fair = cast.blind & (cast.best_of == 0)
    votes = cast.votes.pick(fair)
    stars = np.where(votes.first == terms.challenger, cast.stars_first[fair], cast.stars_second[fair])
    return units(votes, terms.challenger, terms.incumbent, required, closed=closed, stars=stars)


def verdict_of(
    cast: BatchVotes,
    terms: VerdictTerms,
    categories: Categories,
    *,
    required: int,
    questions: int,
    closed: bool = False,
    unanswered: NDArray[np.float64] | None = None,
) -> Verdict:
    """The verdict on the blind plain pairs among `cast`; `required` ratings a question.

    `closed` is as in `units`, `unanswered` as in `decide`.
    """
    found = units_of(cast, terms, required, closed=closed)
    several = categories if len(categories.names) > 1 else None
    return decide(found, rules_of(terms, required), several, size=questions, unanswered=unanswered, looks=True)


def unanswered(figures: Sequence[AnswerFigures], contestant: int, questions: int) -> NDArray[np.float64]:
    """By question the share of the contestant's answers that ended without being complete.

    What was stopped or interrupted is not among them: it says nothing of the contestant. But one that failed
    and is asked again has failed until it is complete: no vote may tell whether it is waited for.
    """
    given, lost = np.zeros(questions), np.zeros(questions)
    for figure in figures:
        if figure.contestant == contestant:
            given[figure.question] += 1
            over = figure.status in (Status.FAILED, Status.TRUNCATED, Status.REFUSED)
            lost[figure.question] += over or (figure.failed_before and figure.status is not Status.DONE)
    return lost / np.maximum(given, 1)


def grouped(names: list[str]) -> Categories:
    """Questions by what they are called, in the order of the first of each."""
    numbers = {name: n for n, name in enumerate(dict.fromkeys(names))}
    return Categories(tuple(numbers), np.array([numbers[name] for name in names], np.int32))
