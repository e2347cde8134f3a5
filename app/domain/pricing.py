"""Ports to money and tokens."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from typing import Literal, Protocol

from app.domain.answers import Usage
from app.domain.chat import ChatMessage
from app.domain.models import ModelRef


@dataclass(frozen=True, slots=True)
class Price:
    """USD per million tokens at a date, for showing; the cost itself is counted by PriceBook.cost.

    `source` says where it is from: the price list with its date, the team's override file, or
    "local" for a model that has no fee.
    """

    input: Decimal
    cached_input: Decimal | None
    output: Decimal
    source: Literal["list", "override", "local"]
    as_of: date | None = None


@dataclass(frozen=True, slots=True)
class Estimate:
    """What a prompt costs before it is sent: its tokens, and USD for them alone (None = unpriced).

    `exact` is whether the model's own tokeniser counted.
    """

    prompt_tokens: int
    exact: bool
    prompt_usd: Decimal | None
    per_1k_output_usd: Decimal | None


class PriceBook(Protocol):
    def cost(self, model: ModelRef, usage: Usage, at: datetime, *, local: bool) -> Decimal | None:
        """USD for `usage` as billed at `at`; None when unpriced; 0 only for a local model."""
        ...

    def price(self, model: ModelRef, at: datetime, *, local: bool) -> Price | None: ...


class TokenCounter(Protocol):
    def count(self, text: str, model: ModelRef) -> tuple[int, bool]:
        """Tokens of `text` and whether the model's own tokeniser counted them."""
        ...

    def count_messages(self, messages: Sequence[ChatMessage], model: ModelRef) -> tuple[int, bool]:
        """The same for a conversation, with the tokens that frame its messages."""
        ...


def estimate(
    messages: Sequence[ChatMessage],
    model: ModelRef,
    *,
    tokens: TokenCounter,
    prices: PriceBook,
    at: datetime,
    local: bool,
) -> Estimate:
    """What `messages` cost before they are sent, at the tier that their length falls in."""
    count, exact = tokens.count_messages(messages, model)
    prompt = prices.cost(model, Usage(count, 0, source="estimated"), at, local=local)
    answered = prices.cost(model, Usage(count, 1000, source="estimated"), at, local=local)
    per_1k = None if prompt is None or answered is None else answered - prompt
    return Estimate(count, exact, prompt, per_1k)
