"""Results of a batch: what people preferred, by how much, how fast, for how much — and the verdict."""

from __future__ import annotations

import math
import threading
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

import numpy as np

from app.domain.answers import Status
from app.domain.batches import BatchRecord, VerdictTerms
from app.domain.errors import UserError
from app.domain.figures import FigureStore
from app.domain.message import Message
from app.domain.questions import Question, QuestionSet, QuestionStore
from app.domain.standings import Agreement, Standings
from app.domain.verdicts import Verdict
from app.domain.votes import BatchVotes, Votes, VoteStore
from app.evaluation.agreement import of_votes
from app.evaluation.bradley_terry import standings
from app.evaluation.language import language_of
from app.evaluation.pareto import front
from app.services.results.blind import closed, settled, still_blind, waiting
from app.services.results.contestants import ContestantResult, contestants
from app.services.results.measuring import MeasuringService
from app.services.results.questions import QuestionLine, question_lines
from app.services.results.slices import Slice, slices
from app.services.results.verdict import grouped, unanswered, verdict_of


@dataclass(frozen=True, slots=True)
class Ballots:
    """How the votes came about. `counted` enter the verdict: blind, on plain pairs."""

    ratings: int
    counted: int
    best_of: int
    open_eyes: int
    raters: tuple[tuple[str, int], ...]
    agreement: Agreement


@dataclass(frozen=True, slots=True)
class Results:
    """Everything that the results page, `results` and the decision record say of a batch.

    Only what was voted blind counts. `standings` is for three contestants or more, and None where nothing
    was rated: of two the votes say all. It counts best-of-n ratings too; the verdict does not (who lost to
    a third was never compared).
    `cheapest` and `fastest` say for each contestant whether it is on the Pareto front of quality against
    cost, against time; None: unknown. `still_blind`: people rate, so that nobody who is one of them should
    be shown what tells the contestants apart by their texts, lengths and measures.
    """

    batch: BatchRecord
    questions: QuestionSet
    contestants: tuple[ContestantResult, ...]
    ballots: Ballots
    verdict: Verdict
    standings: Standings | None
    by_category: tuple[Slice, ...]
    by_language: tuple[Slice, ...]
    cheapest: tuple[bool | None, ...]
    fastest: tuple[bool | None, ...]
    unmeasured: int = 0
    still_blind: bool = False

    @property
    def incumbent(self) -> ContestantResult:
        return self.contestants[self.batch.terms.incumbent]

    @property
    def challenger(self) -> ContestantResult:
        return self.contestants[self.batch.terms.challenger]


class ResultsService:
    """Safe to call from any thread. What was computed is kept until a rating or an answer comes in."""

    def __init__(
        self,
        get_batch: Callable[[str], BatchRecord],
        questions: QuestionStore,
        votes: VoteStore,
        figures: FigureStore,
        measuring: MeasuringService,
    ) -> None:
        self._get_batch = get_batch
        self._questions = questions
        self._votes = votes
        self._figures = figures
        self._measuring = measuring
        self._kept: dict[str, tuple[object, Results]] = {}
        self._lock = threading.Lock()

    def of(
        self,
        batch_id: str,
        *,
        incumbent: int | None = None,
        challenger: int | None = None,
        margin: float | None = None,
        patience: float = math.inf,
    ) -> Results:
        """The results now. Another incumbent, challenger or margin than the batch's terms is looked at, not stored.

        Answers that were not measured yet are measured for `patience` seconds; `unmeasured` says how many
        are left for another time. Raises UserError for an unknown batch, and for contestants that it does not have.
        """
        batch = self._get_batch(batch_id)
        terms = batch.terms
        terms = replace(
            terms,
            incumbent=terms.incumbent if incumbent is None else incumbent,
            challenger=terms.challenger if challenger is None else challenger,
            margin=terms.margin if margin is None else margin,
        )
        _check(terms, len(batch.plan.contestants))
        batch = replace(batch, terms=terms)
        key = (self._votes.mark(), batch.progress, batch.state, terms)
        with self._lock:
            kept = self._kept.get(batch.id)
        if kept is not None and kept[0] == key and not kept[1].unmeasured:
            return kept[1]
        found = self._computed(batch, patience)
        with self._lock:
            if len(self._kept) > 8:
                self._kept.clear()
            self._kept[batch.id] = (key, found)
        return found

    def rated(self, batch_ids: Sequence[str]) -> frozenset[str]:
        """Those of the batches that have a rating."""
        return self._votes.rated(batch_ids)

    def questions(self, results: Results) -> tuple[QuestionLine, ...] | None:
        """How each question was rated; None while its answers may still be put before a rater.

        That is until every category has its verdict, or all that can be rated is: who has seen which
        answer is whose rates blindly no more. Of three contestants or more a question whose other pairs
        wait for a rater keeps its answers to itself even then.
        """
        batch = results.batch
        cast, figures = self._votes.of_batch(batch.id), self._figures.of_batch(batch.id)
        if not settled(results.verdict) and not closed(batch, figures, cast):
            return None
        held = waiting(batch, figures, cast) if results.still_blind else frozenset()
        return question_lines(results.questions, batch.terms, cast, figures, held)

    def _computed(self, batch: BatchRecord, patience: float) -> Results:
        asked = self._questions.get(batch.plan.question_set, batch.plan.version)
        cast = self._votes.of_batch(batch.id)
        figures = self._figures.of_batch(batch.id)
        measures = self._measuring.of_batch(batch, asked, patience)
        people = contestants(batch, figures, measures, cast)
        fair = cast.blind & (cast.best_of == 0)
        counted, blind = cast.votes.pick(fair), cast.votes.pick(cast.blind)
        of_category = grouped([q.category for q in asked.questions])
        verdict = verdict_of(
            cast,
            batch.terms,
            of_category,
            required=batch.plan.raters * batch.plan.repeats,
            questions=len(asked.questions),
            closed=closed(batch, figures, cast),
            unanswered=unanswered(figures, batch.terms.challenger, len(asked.questions)),
        )
        return Results(
            batch=batch,
            questions=asked,
            contestants=people,
            ballots=_ballots(cast, len(counted)),
            verdict=verdict,
            standings=standings(blind, len(people)) if len(people) > 2 and len(blind) else None,
            by_category=slices(counted, of_category, batch.terms),
            by_language=slices(counted, grouped([_language(q) for q in asked.questions]), batch.terms),
            cheapest=_front(people, lambda c: c.usd_per_answer),
            fastest=_front(people, lambda c: c.seconds_p50),
            unmeasured=sum(f.status is Status.DONE and f.answer not in measures for f in figures),
            still_blind=still_blind(batch, verdict, waiting(batch, figures, cast)),
        )


def _language(question: Question) -> str:
    return question.language.partition("-")[0] or language_of(question.text) or ""


def _check(terms: VerdictTerms, contestants: int) -> None:
    if terms.incumbent == terms.challenger or not {terms.incumbent, terms.challenger} <= set(range(contestants)):
        raise UserError(
            Message("A verdict is about two contestants of the batch."),
            Message("Choose another challenger or another incumbent."),
        )


def _front(
    people: Sequence[ContestantResult], burden: Callable[[ContestantResult], float | None]
) -> tuple[bool | None, ...]:
    """Unrated contestants have no quality: nothing is said of them, and they push nobody off."""
    rated = [c for c in people if c.quality is not None]
    found = front([(c.quality.value, burden(c)) for c in rated if c.quality is not None])
    by_position = dict(zip((c.position for c in rated), found, strict=True))
    return tuple(by_position.get(c.position) for c in people)


def _ballots(cast: BatchVotes, counted: int) -> Ballots:
    votes = cast.votes
    numbers = np.bincount(votes.rater, minlength=len(cast.raters))
    # What raters agree on is two answers: a question asked twice is two things to agree on.
    things = Votes(cast.item, votes.first, votes.second, votes.rater, votes.result, votes.left)
    return Ballots(
        ratings=len(votes),
        counted=counted,
        best_of=int((cast.best_of > 0).sum()),
        open_eyes=int((~cast.blind).sum()),
        raters=tuple((name, int(n)) for name, n in zip(cast.raters, numbers, strict=True)),
        agreement=of_votes(things.pick(cast.blind)),
    )
