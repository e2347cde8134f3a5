"""Embedding models behind a server: batched, retried, counted, whatever client speaks to it."""

from __future__ import annotations

import threading
from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING, Protocol

import numpy as np

from app.domain.documents import Vector, Vectors
from app.domain.embedding import Embedded
from app.domain.errors import Fault, ProviderError
from app.domain.message import Message
from app.domain.models import ModelRef
from app.retrieval.embeddings_requests import Requests, closing

if TYPE_CHECKING:
    from langchain_core.embeddings import Embeddings

BATCH = 64  # texts a request: well under every server's limit, large enough to hide the way there
PARALLEL = 4  # requests at once
ATTEMPTS = 4
_FIRST_WAIT, _LONGEST_WAIT = 0.5, 60.0

# What models were trained to see before a passage and before a question; without it they find less.
_PREFIXES: Mapping[str, tuple[str, str]] = {
    "nomic-embed-text": ("search_document: ", "search_query: "),
    "mxbai-embed-large": ("", "Represent this sentence for searching relevant passages: "),
    "snowflake-arctic-embed2": ("", "query: "),
    "snowflake-arctic-embed": ("", "Represent this sentence for searching relevant passages: "),
    "embeddinggemma": ("title: none | text: ", "task: search result | query: "),
    "multilingual-e5": ("passage: ", "query: "),
    "qwen3-embedding": (
        "",
        "Instruct: Given a web search query, retrieve relevant passages that answer the query\nQuery:",
    ),
}


class Failure(Protocol):
    def __call__(self, exc: Exception) -> ProviderError:
        """What an exception of the client means, in words for a person."""
        ...


class RemoteEmbedder:
    """A CountingEmbedder over a LangChain client that `connect` makes at the first use.

    `connect` returns the client and a function that tells how many tokens the server counted since
    it was last called in the same thread. It may raise ProviderError (no key). `local` is asked anew
    each time: a host's address is looked up.
    """

    def __init__(
        self,
        model: ModelRef,
        connect: Callable[[], tuple[Embeddings, Callable[[], int | None]]],
        failure: Failure,
        *,
        local: Callable[[], bool],
        batch: int = BATCH,
        parallel: int = PARALLEL,
        sleep: Callable[[float], object] | None = None,
    ) -> None:
        self._model = model
        self._connect = connect
        self._failure = failure
        self._local = local
        self._batch = batch
        self._requests = Requests(self._embed, parallel)
        self._sleep = sleep or self._requests.closed.wait
        self._lock = threading.Lock()
        self._client: tuple[Embeddings, Callable[[], int | None]] | None = None
        self._dimension: int | None = None
        self._before_passage, self._before_question = prefixes(model.name)

    def __repr__(self) -> str:
        return f"RemoteEmbedder({str(self._model)!r})"

    @property
    def model(self) -> ModelRef:
        return self._model

    @property
    def dimension(self) -> int:
        if self._dimension is None:
            self.embed_query("dimension")
        assert self._dimension is not None
        return self._dimension

    @property
    def local(self) -> bool:
        return self._local()

    def embed(self, texts: Sequence[str]) -> Vectors:
        return self.embed_counted(texts).vectors

    def embed_counted(self, texts: Sequence[str]) -> Embedded:
        if not texts:
            return Embedded(np.empty((0, self.dimension), np.float32), 0)
        prepared = [self._before_passage + text for text in texts]
        batches = [prepared[i : i + self._batch] for i in range(0, len(prepared), self._batch)]
        # A single batch goes on its own: a question should not wait for the batches of an indexing.
        parts = [self._requests.one(batches[0])] if len(batches) == 1 else self._requests.each(batches)
        counts = [part.tokens for part in parts]
        tokens = None if any(n is None for n in counts) else sum(n for n in counts if n is not None)
        return Embedded(np.concatenate([part.vectors for part in parts]), tokens)

    def embed_query(self, text: str) -> Vector:
        vector: Vector = self._requests.one([self._before_question + text]).vectors[0]
        return vector

    def close(self) -> None:
        """End the waiting for requests under way; whoever waits gets a UserError. Idempotent."""
        self._requests.close()

    def _embed(self, texts: list[str]) -> Embedded:
        """One request, asked again when the server says that it may help."""
        wait = _FIRST_WAIT
        for left in reversed(range(ATTEMPTS)):
            if self._requests.closed.is_set():
                raise closing()
            try:
                return self._ask(texts)
            except ProviderError as exc:
                if not exc.retryable or not left:
                    raise
                self._sleep(min(exc.retry_after if exc.retry_after is not None else wait, _LONGEST_WAIT))
                wait *= 2
        raise AssertionError("unreachable")

    def _ask(self, texts: list[str]) -> Embedded:
        client, counted = self._connected()
        try:
            rows = client.embed_documents(texts)
        except ProviderError:
            raise
        except Exception as exc:
            failure = self._failure(exc)
        else:
            return Embedded(self._checked(rows, len(texts)), counted())
        # Outside of the except: the client's exception may hold the request, and that the key.
        raise failure

    def _checked(self, rows: Sequence[Sequence[float]], wanted: int) -> Vectors:
        """Unit vectors, one a text. Raises ProviderError when the server sent anything else."""
        try:
            vectors = np.asarray(rows, np.float32)
        except (TypeError, ValueError):
            vectors = np.empty(0, np.float32)
        shape = vectors.shape
        if len(shape) != 2 or shape[0] != wanted or not shape[1] or not np.isfinite(vectors).all():
            raise ProviderError(
                Fault.BAD_WIRE,
                Message("{model} did not return one vector a passage.", model=str(self._model)),
                Message("See that it is an embedding model, or choose another one."),
            )
        if self._dimension is None:
            self._dimension = shape[1]
        elif self._dimension != shape[1]:
            raise ProviderError(
                Fault.BAD_WIRE,
                Message(
                    "{model} returned vectors of {now} dimensions, and of {before} earlier.",
                    model=str(self._model),
                    now=shape[1],
                    before=self._dimension,
                ),
                Message("It was replaced meanwhile: start Understudy again, and index the collection anew."),
            )
        lengths = np.linalg.norm(vectors, axis=1, keepdims=True)
        unit: Vectors = (vectors / np.where(lengths > 0, lengths, 1)).astype(np.float32, copy=False)
        return unit

    def _connected(self) -> tuple[Embeddings, Callable[[], int | None]]:
        with self._lock:
            if self._client is None:
                self._client = self._connect()
            return self._client


def prefixes(name: str) -> tuple[str, str]:
    """What goes before a passage and before a question, for the models that were trained with it."""
    bare = name.rpartition("/")[2].lower()
    return next((pair for known, pair in _PREFIXES.items() if bare.startswith(known)), ("", ""))
