"""Indexing put together for a test: real loader, real store, an embedder that counts words or does worse."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

from app.domain.documents import Embedder, Tokenisers, Vector, Vectors
from app.domain.errors import Fault, ProviderError
from app.domain.message import Message
from app.domain.models import ModelRef
from app.pricing.prices import Prices
from app.pricing.tokens import Tokens
from app.retrieval.chunking import StructureChunker
from app.retrieval.loaders.process import ProcessLoader
from app.retrieval.tokenising import tokeniser
from app.services.documents.indexing import Indexing
from storage.postgres.passages import PgPassageStore
from tests.integration import passages

SAMPLES = Path(__file__).resolve().parents[2] / "app" / "retrieval" / "samples"


class HashEmbedder:
    """Vectors that depend on the text alone. `before` is called ahead of every call with its texts."""

    local = True

    def __init__(self, name: str = "hashes", dimension: int = passages.DIMENSION) -> None:
        self.model = ModelRef("test", name)
        self.dimension = dimension
        self.before: Callable[[Sequence[str]], None] = lambda texts: None
        self.calls: list[int] = []

    def embed(self, texts: Sequence[str]) -> Vectors:
        self.calls.append(len(texts))
        self.before(texts)
        return passages.embed(texts, self.dimension)

    def embed_query(self, text: str) -> Vector:
        vector: Vector = self.embed([text])[0]
        return vector


def too_long(word: str) -> Callable[[Sequence[str]], None]:
    """Refuse any call with this word in it, as a server refuses a passage that is too long."""

    def check(texts: Sequence[str]) -> None:
        if any(word in text for text in texts):
            raise ProviderError(Fault.CONTEXT_OVERFLOW, Message("A passage is too long."), Message("Make it shorter."))

    return check


def gone(texts: Sequence[str]) -> None:
    raise ProviderError(Fault.UNREACHABLE, Message("Nobody is there."), Message("Start it."))


class Gate:
    """Holds the embedder at its next call, until opened."""

    def __init__(self) -> None:
        self.reached, self.opened = threading.Event(), threading.Event()

    def __call__(self, texts: Sequence[str]) -> None:
        self.reached.set()
        assert self.opened.wait(30)


@contextmanager
def indexing(
    home: Path,
    *embedders: Embedder,
    store: PgPassageStore | None = None,
    tokenisers: Tokenisers = tokeniser,
    hang_up: Callable[[], None] = lambda: None,
) -> Iterator[Indexing]:
    if store is None:
        with passages.store() as opened, indexing(home, *embedders, store=opened) as made:
            yield made
        return
    by_model = {e.model: e for e in embedders or (HashEmbedder(),)}
    made = Indexing(
        store,
        ProcessLoader(),
        StructureChunker(Tokens()),
        lambda model: by_model[model],
        Tokens(),
        Prices(),
        uploads=home / "uploads",
        samples=SAMPLES,
        tokenisers=tokenisers,
        hang_up=hang_up,
    )
    try:
        yield made
    finally:
        made.close()
