"""What a batch can be asked to do: plans and terms that make no sense are refused before anything is stored."""

from __future__ import annotations

import math

from app.domain.batches import MOST_AT_ONCE, MOST_REPEATS, BatchPlan, VerdictTerms
from app.domain.comparisons import MAX_CONTESTANTS
from app.domain.errors import UserError
from app.domain.message import Message
from app.domain.models import check_sampling
from app.domain.questions import QuestionSet
from app.services.comparing.drafting import BASELINE

MOST_RATERS = 100


def check_plan(plan: BatchPlan, asked: QuestionSet) -> None:
    """Raises UserError."""
    n = len(plan.contestants)
    if not 1 <= n <= MAX_CONTESTANTS:
        raise UserError(
            Message("A batch takes one to {most} contestants; {n} were given.", most=MAX_CONTESTANTS, n=n),
            Message("Choose two: the model that you have and the one that could take over."),
        )
    for contestant in plan.contestants:
        check_sampling(contestant.sampling)
        if contestant.model.provider == BASELINE.provider and not plan.collection:
            raise UserError(
                Message("{model} quotes from sources and knows nothing itself.", model=str(contestant.model)),
                Message("Choose a collection (--collection), or another model."),
            )
    if not asked.questions:
        raise UserError(
            Message("The question set “{name}” holds no questions.", name=asked.name), Message("Choose another set.")
        )
    _within(Message("repeats"), plan.repeats, 1, MOST_REPEATS)
    _within(Message("requests at once"), plan.concurrency, 1, MOST_AT_ONCE)
    _within(Message("raters of each pair"), plan.raters, 1, MOST_RATERS)
    _within(Message("pairs between two gold pairs"), plan.gold_every, 0, 1000)


def check_terms(terms: VerdictTerms, contestants: int) -> None:
    """Raises UserError."""
    if contestants > 1:
        for position in (terms.incumbent, terms.challenger):
            _within(Message("the number of a contestant"), position + 1, 1, contestants)
        if terms.incumbent == terms.challenger:
            raise UserError(
                Message("Incumbent and challenger are the same contestant."), Message("Choose two different ones.")
            )
    _share(Message("the margin"), terms.margin, 0.5)
    _share(Message("alpha"), terms.alpha, 0.25)
    if not (math.isfinite(terms.acceptable) and 0 <= terms.acceptable < 1):
        raise _not_a_share(Message("the acceptable share"), terms.acceptable, 1)


def _share(what: Message, value: float, below: float) -> None:
    if not (math.isfinite(value) and 0 < value <= below):
        raise _not_a_share(what, value, below)


def _not_a_share(what: Message, value: float, below: float) -> UserError:
    return UserError(
        Message("{value} is not a value for {what}.", value=f"{value:g}", what=what),
        Message("Give a share between 0 and {most}: 0.1 is ten points.", most=f"{below:g}"),
    )


def _within(what: Message, value: int, low: int, high: int) -> None:
    if not low <= value <= high:
        raise UserError(
            Message("{value} is not a value for {what}.", value=value, what=what),
            Message("Give a number from {low} to {high}.", low=low, high=high),
        )
