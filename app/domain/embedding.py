"""What embedding costs: counted by the server where it tells, estimated before it is asked."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Protocol, runtime_checkable

from app.domain.answers import Usage, UsageSource
from app.domain.documents import Embedder, Vectors
from app.domain.models import ModelRef
from app.domain.pricing import PriceBook, TokenCounter


@dataclass(frozen=True, slots=True)
class Embedded:
    """Vectors, and the tokens that the server counted for them; None when it did not say."""

    vectors: Vectors
    tokens: int | None = None


@runtime_checkable
class CountingEmbedder(Embedder, Protocol):
    """An Embedder that tells what it was charged for."""

    def embed_counted(self, texts: Sequence[str]) -> Embedded: ...


@dataclass(frozen=True, slots=True)
class EmbeddingCost:
    """Tokens (None = nobody counted) and USD (None = unpriced, 0 only for a local model).

    `source`: the server's count, or ours; `exact` whether ours was made by the model's own tokeniser.
    """

    tokens: int | None
    usd: Decimal | None
    source: UsageSource
    exact: bool = False


def estimated_cost(
    texts: Iterable[str], model: ModelRef, *, tokens: TokenCounter, prices: PriceBook, at: datetime, local: bool
) -> EmbeddingCost:
    """What embedding `texts` would cost, before anything is sent."""
    total, exact = 0, True
    for text in texts:
        count, own = tokens.count(text, model)
        total, exact = total + count, exact and own
    usd = prices.cost(model, Usage(total, 0, source="estimated"), at, local=local)
    return EmbeddingCost(total, usd, "estimated", exact)
