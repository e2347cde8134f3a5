"""The services on a real SQLite file with scripted models: what most integration tests stand on."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from app.domain.chat import ChatRequest, Finished, TextDelta
from app.domain.comparisons import Comparison, ComparisonRecord
from app.domain.models import Contestant, ModelRef
from app.services.comparing.answering import Answering, Patience
from app.services.comparing.directory import Directory
from app.services.comparing.runs import RunEngine
from app.services.comparing.service import Comparing
from app.services.rating.voting import RatingService
from storage.comparisons import SqlComparisonStore
from storage.database import open_database
from storage.ratings import SqlRatingStore
from tests.unit.scripted import CentPrices, ScriptedProvider, Step, WordTokens


class Named(ScriptedProvider):
    """A scripted provider under a name of its own."""

    def __init__(self, name: str, *steps: Step) -> None:
        super().__init__(list(steps) or [TextDelta(f"{name} says so"), Finished("stop")])
        self.name = name

    def ref(self) -> ModelRef:
        return ModelRef(self.name, "one")

    @property
    def last(self) -> ChatRequest:
        return self.calls[-1]


@dataclass
class World:
    store: SqlComparisonStore
    ratings: SqlRatingStore
    engine: RunEngine
    comparing: Comparing
    rating: RatingService
    directory: Directory
    providers: tuple[Named, ...]

    def comparison(self, prompt: str = "Why?", **options: object) -> Comparison:
        contestants = tuple(Contestant(p.ref()) for p in self.providers)
        return Comparison(prompt, contestants, **options)  # type: ignore[arg-type]

    def ask(self, prompt: str = "Why?", after: str | None = None, **options: object) -> ComparisonRecord:
        """Start a comparison of all providers and wait for its end."""
        record = self.comparing.start(self.comparison(prompt, **options), after)
        return self.comparing.wait(record.id, timeout=10)


@contextmanager
def world(home: Path, *providers: Named) -> Iterator[World]:
    """Two models, `left` and `right`, unless others are given."""
    providers = providers or (Named("left"), Named("right"))
    database = open_database(f"sqlite:///{home / 'test.db'}", home)
    store, ratings = SqlComparisonStore(database), SqlRatingStore(database)
    engine = RunEngine(Answering(CentPrices(), WordTokens(), Patience()), store)
    engine.start()
    directory = Directory({p.name: p for p in providers}, engine)
    comparing = Comparing(store, engine, directory, WordTokens(), CentPrices(), "this-process")
    try:
        yield World(store, ratings, engine, comparing, RatingService(store, ratings), directory, providers)
    finally:
        engine.close()
        database.dispose()
