"""The account of one indexing: the server's counts where it gives them, else ours."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime

from app.domain.answers import Usage
from app.domain.documents import Embedder
from app.domain.embedding import EmbeddingCost
from app.domain.pricing import PriceBook, TokenCounter
from app.services.documents.job import IndexingJob


class Spending:
    """Told of every call to the embedder, and tells the job what it has cost so far."""

    def __init__(self, job: IndexingJob, embedder: Embedder, tokens: TokenCounter, prices: PriceBook) -> None:
        self._tokens, self._prices = tokens, prices
        self._job, self._model, self._local = job, embedder.model, embedder.local
        self._total: int | None = 0
        self._reported = self._exact = True

    def __call__(self, texts: Sequence[str], tokens: int | None) -> None:
        if tokens is None:
            self._reported = False
            # Nobody is charged for a model of our own: counting would only take time from it.
            counts = [] if self._local else [self._tokens.count(text, self._model) for text in texts]
            self._exact = self._exact and all(exact for _, exact in counts)
            tokens = None if self._local else sum(n for n, _ in counts)
        self._total = None if tokens is None or self._total is None else self._total + tokens
        usage = Usage(self._total or 0, 0, source="reported" if self._reported else "estimated")
        usd = self._prices.cost(self._model, usage, datetime.now(UTC), local=self._local)
        self._job.spend(EmbeddingCost(self._total, usd, usage.source, self._exact))
