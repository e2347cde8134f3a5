"""Batches on a real SQLite file with models that do as they are told."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator, Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path

from sqlalchemy import Engine

from app.domain.answers import Usage
from app.domain.batches import BatchPlan, BatchRecord
from app.domain.chat import ChatEvent, ChatRequest, Finished, Sent, TextDelta
from app.domain.errors import Fault, ProviderError
from app.domain.message import Message
from app.domain.models import Contestant, ModelRef, Sampling
from app.domain.pricing import PriceBook
from app.domain.questions import Question
from app.domain.searching import Search, SearchResult, SearchSettings
from app.services.batches.lane import Backoff
from app.services.batches.service import Batches
from app.services.batches.starting import Starting
from app.services.comparing.answering import Answering, Patience
from app.services.comparing.directory import Directory
from app.services.comparing.runs import RunEngine
from storage.batches import SqlBatchStore
from storage.comparisons import SqlComparisonStore
from storage.database import open_database
from storage.questions import SqlQuestionStore
from tests.integration.storing import address
from tests.unit.scripted import CentPrices, ScriptedProvider, Step, WordTokens

PATIENCE = 60  # seconds: nothing here takes one, but for a machine that has other things to do
QUICK = Backoff(first=0.02, longest=0.05, give_up=0.5)
ANSWER: tuple[Step, ...] = (TextDelta("It is so."), Finished("stop", Usage(10, 3)))
Script = Callable[[ChatRequest, int], Sequence[Step]]


def failing(kind: Fault, *, retryable: bool = False, retry_after: float | None = None) -> ProviderError:
    return ProviderError(
        kind, Message("It failed: {kind}.", kind=kind.value), Message(""), retryable=retryable, retry_after=retry_after
    )


class Told(ScriptedProvider):
    """Answers each request as `script` says for it and for the number of requests before it."""

    def __init__(self, name: str, script: Script = lambda *_: ANSWER, *, local: bool = True) -> None:
        super().__init__(local=local)
        self.name = name
        self.script = script
        self.at_once = self.most_at_once = 0

    @property
    def contestant(self) -> Contestant:
        return Contestant(ModelRef(self.name, "one"))

    @property
    def prompts(self) -> list[str]:
        return [call.prompt for call in list(self.calls)]

    async def chat(self, request: ChatRequest) -> AsyncIterator[ChatEvent]:
        n = len(self.calls)
        self.calls.append(request)
        self.at_once += 1
        self.most_at_once = max(self.most_at_once, self.at_once)
        try:
            yield Sent({"model": request.model})
            for step in self.script(request, n):
                if isinstance(step, Exception):
                    raise step
                if isinstance(step, float):
                    await asyncio.sleep(step)
                else:
                    yield step
        finally:
            self.at_once -= 1
            self.released += 1


def nothing_to_search(_: str, __: str, ___: SearchSettings) -> SearchResult:
    raise AssertionError("this batch has no collection")


@dataclass
class BatchWorld:
    store: SqlBatchStore
    comparisons: SqlComparisonStore
    questions: SqlQuestionStore
    engine: RunEngine
    directory: Directory
    batches: Batches
    providers: tuple[Told, ...]
    alive: set[str] = field(default_factory=set)

    def ask(self, *questions: str) -> None:
        self.questions.add("FAQ", [Question(str(n), text) for n, text in enumerate(questions, 1)])

    def plan(self, **options: object) -> BatchPlan:
        plan = BatchPlan("FAQ", 1, tuple(p.contestant for p in self.providers), concurrency=2)
        return replace(plan, **options)  # type: ignore[arg-type]

    def named(self, provider: str, *models: str) -> tuple[Contestant, ...]:
        return tuple(Contestant(ModelRef(provider, model)) for model in models)

    def limited(self, tokens: int) -> tuple[Contestant, ...]:
        """The contestants with a longest answer."""
        return tuple(Contestant(p.contestant.model, Sampling(max_tokens=tokens)) for p in self.providers)

    def start(self, **options: object) -> BatchRecord:
        return self.batches.start(self.batches.create(self.plan(**options)).id)

    def run(self, **options: object) -> BatchRecord:
        """Make a batch, start it and wait until it does not run any more."""
        return self.batches.wait(self.start(**options).id, 20)


@contextmanager
def batch_world(
    home: Path,
    *providers: Told,
    questions: int = 5,
    owner: str = "this-process",
    backoff: Backoff = QUICK,
    search: Search = nothing_to_search,
    prices: PriceBook | None = None,
    url: str | None = None,
) -> Iterator[BatchWorld]:
    """Two models, `left` and `right`, unless others are given, and a set “FAQ” of so many questions.

    `url` is for a test of several processes: they share its database.
    """
    with ExitStack() as stack:
        url = url or stack.enter_context(address(home))
        database = open_database(url, home)
        stack.callback(database.dispose)
        yield from _world(database, providers, questions, owner, backoff, search, prices)


def _world(
    database: Engine,
    providers: tuple[Told, ...],
    questions: int,
    owner: str,
    backoff: Backoff,
    search: Search,
    prices: PriceBook | None,
) -> Iterator[BatchWorld]:
    providers = providers or (Told("left"), Told("right"))
    store, comparisons, sets = SqlBatchStore(database), SqlComparisonStore(database), SqlQuestionStore(database)
    prices = prices or CentPrices()
    engine = RunEngine(Answering(prices, WordTokens(), Patience()), comparisons)
    engine.start()
    directory = Directory({p.name: p for p in providers}, engine)
    alive: set[str] = set()
    starting = Starting(store, sets, engine, directory, WordTokens(), prices, search, owner, backoff)
    batches = Batches(store, starting, engine, lambda _: None, owner, alive.__contains__)
    world = BatchWorld(store, comparisons, sets, engine, directory, batches, providers, alive)
    world.ask(*(f"질문 {n}?" for n in range(1, questions + 1)))
    try:
        yield world
    finally:
        batches.close()
        engine.close()


def until(condition: Callable[[], object]) -> None:
    deadline = time.monotonic() + PATIENCE
    while not condition():
        assert time.monotonic() < deadline, f"waited {PATIENCE} s in vain"
        time.sleep(0.005)
