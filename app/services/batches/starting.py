"""What a batch needs to know before it can run: who takes part, what they cost, what is still to be asked."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from functools import partial

from app.domain.answers import Answer
from app.domain.batch_store import BatchStore
from app.domain.batches import UNFINISHED, BatchItem, BatchPlan, BatchRecord, retriable
from app.domain.chat import ChatRequest
from app.domain.comparisons import ComparisonRecord
from app.domain.errors import UnderstudyError
from app.domain.evidence import Evidence
from app.domain.models import Capabilities, ModelRef
from app.domain.pricing import PriceBook, TokenCounter
from app.domain.questions import QuestionSet, QuestionStore
from app.domain.searching import Search
from app.services.batches.estimate import SEARCHED, BatchEstimate, estimate
from app.services.batches.feeding import Begun, Feeding
from app.services.batches.lane import Backoff
from app.services.batches.purse import check_budget, worst_case
from app.services.batches.requests import Prepared, Preparing
from app.services.batches.run import BatchRun, Cast
from app.services.comparing.directory import Directory
from app.services.comparing.runs import RunEngine
from app.services.comparing.sources import NothingFits, retrieve
from app.services.rating.view import place_of


@dataclass(frozen=True, slots=True)
class Starting:
    """Blocks: not for the loop. `owner` is this process."""

    store: BatchStore
    sets: QuestionStore
    engine: RunEngine
    directory: Directory
    tokens: TokenCounter
    prices: PriceBook
    search: Search
    owner: str
    backoff: Backoff = Backoff()

    def questions(self, plan: BatchPlan) -> QuestionSet:
        """Raises UserError for a set or a version that is not there."""
        return self.sets.get(plan.question_set, plan.version)

    def accepts(self, plan: BatchPlan) -> dict[ModelRef, Capabilities]:
        return self.directory.capabilities_of(dict.fromkeys(c.model for c in plan.contestants))

    def check(self, plan: BatchPlan) -> None:
        """Raises UserError for a provider that is not there, and for a budget that could not be kept."""
        for contestant in plan.contestants:
            self.directory.provider(contestant.model)
        if plan.budget_usd is not None:
            check_budget(plan, self.prices, {ref: takes.local for ref, takes in self.accepts(plan).items()})

    def estimate(self, plan: BatchPlan, asked: QuestionSet) -> BatchEstimate:
        return estimate(
            plan,
            asked.questions,
            tokens=self.tokens,
            prices=self.prices,
            accepts=self.accepts(plan),
            speed=self.store.speed,
            evidence=self._samples(plan, asked),
        )

    def run_of(
        self, record: BatchRecord, *, failed: bool = False, reopened: Callable[[], None] = lambda: None
    ) -> tuple[BatchRun, list[Begun]]:
        """All that a run needs to know, read before it is on the loop. The batch is this process's already.

        `failed`: the answers that failed are asked again. `reopened` is called once it is stored that answers
        wait again, and what its last owner may have spent on them.
        """
        asked = self.questions(record.plan)
        accepts = self.accepts(record.plan)
        look = self.directory.look(1.0)
        infos = {c.model: look.info(c.model) for c in record.plan.contestants}
        digests = {ref: info.digest for ref, info in infos.items() if info is not None and info.digest}
        preparing = Preparing(record.plan, accepts, digests, self.tokens, self.search)

        def again(answer: Answer) -> bool:
            return answer.status in UNFINISHED or (failed and retriable(answer))

        # In the order that it is rated in, whose beginning is a random sample of the set: who rates what is there
        # while the rest is asked, or after the budget ended it, must not rate the first questions of a list.
        def place(item: BatchItem) -> tuple[bytes, int]:
            return place_of(record.id, item.question), item.repeat

        unfinished = self.store.unfinished(record.id, failed=failed)
        opened = [_opened(preparing, i, c, again) for i, c in sorted(unfinished, key=lambda found: place(found[0]))]

        worst = self._worst(record.plan, accepts)
        # In the same breath as the answers are opened: who finds them open anew cannot tell which were under way.
        self.store.reopen(record.id, self.owner, _at_stake(record, opened, worst), failed=failed)
        reopened()
        record = self.store.get(record.id)
        feeding = partial(
            Feeding,
            record,
            self.owner,
            asked,
            sorted(self.store.pending(record.id), key=place),
            preparing,
            self.store,
            self.engine,
            self.backoff,
        )
        cast = Cast([self.directory.provider(c.model) for c in record.plan.contestants], accepts, worst)
        tallies = self.store.tallies(record.id)
        run = BatchRun(record, tallies, cast, feeding, self.store, self.engine, self.owner, self.backoff)
        return run, opened

    def at_stake(self, record: BatchRecord) -> Decimal:
        """The most that the process which ran it last can have spent on requests that it never heard of again."""
        if record.owner is None:
            return Decimal(0)
        accepts = self.accepts(record.plan)
        preparing = Preparing(record.plan, accepts, {}, self.tokens, self.search)
        opened = [_opened(preparing, i, c, _unfinished) for i, c in self.store.unfinished(record.id)]
        return _at_stake(record, opened, self._worst(record.plan, accepts))

    def _worst(
        self, plan: BatchPlan, accepts: Mapping[ModelRef, Capabilities]
    ) -> Callable[[int, ChatRequest], Decimal]:
        def worst(contestant: int, request: ChatRequest) -> Decimal:
            model = plan.contestants[contestant].model
            return worst_case(request, model, self.prices, self.tokens, local=accepts[model].local)

        return worst

    def _samples(self, plan: BatchPlan, asked: QuestionSet) -> list[Evidence]:
        found: list[Evidence] = []
        for question in asked.questions[:SEARCHED] if plan.collection else ():
            try:
                found.append(retrieve(self.search, plan.collection, question.text, plan.search).evidence)
            except NothingFits:
                found.append(Evidence())
            except UnderstudyError:
                break
        return found


def _unfinished(answer: Answer) -> bool:
    return answer.status in UNFINISHED


def _opened(preparing: Preparing, item: BatchItem, record: ComparisonRecord, again: Callable[[Answer], bool]) -> Begun:
    """A comparison that was begun before: the answers that are asked `again`."""
    answers = sorted(record.answers, key=lambda a: a.position)
    ids = tuple(a.id if again(a.answer) else None for a in answers)
    return Begun(item, Prepared(record.comparison, preparing.requests(record.comparison), ()), ids)


def _at_stake(record: BatchRecord, opened: Sequence[Begun], worst: Callable[[int, ChatRequest], Decimal]) -> Decimal:
    """The most that can have been spent on requests under way: of each contestant as many as went out at once.

    Nothing where no process was killed over it.
    """
    if record.owner is None:
        return Decimal(0)
    costs: dict[int, list[Decimal]] = {}
    for begun in opened:
        for position, answer_id in enumerate(begun.answer_ids):
            if answer_id is not None:
                costs.setdefault(position, []).append(worst(position, begun.prepared.requests[position]))
    most = record.plan.concurrency
    return sum((sum(sorted(c, reverse=True)[:most], Decimal(0)) for c in costs.values()), Decimal(0))
