"""The budget of a batch: no request goes out unless the most that it can cost still fits."""

from __future__ import annotations

from datetime import UTC, datetime
from decimal import Decimal

from app.domain.answers import Answer, Status, Usage
from app.domain.batches import BatchPlan
from app.domain.chat import ChatRequest
from app.domain.errors import Fault, ProviderError, UserError
from app.domain.message import Message
from app.domain.models import Contestant, ModelRef
from app.domain.pricing import PriceBook, TokenCounter

_FRAMING = 16  # tokens around the messages of a conversation
# The server was at work when these came, and may bill what nobody received.
_BROKEN_OFF = frozenset({Fault.CUT_STREAM, Fault.STREAM_ERROR, Fault.SILENCE, Fault.BAD_WIRE, Fault.INTERNAL})


class Purse:
    """What was spent and what is at stake in requests under way. USD."""

    def __init__(self, budget: Decimal | None, spent: Decimal) -> None:
        self.budget = budget
        self.spent = spent
        self._reserved = Decimal(0)

    @property
    def idle(self) -> bool:
        """Whether nothing is under way that may cost less than was set aside for it."""
        return not self._reserved

    def take(self, worst: Decimal) -> bool:
        """Set `worst` aside; False where that could pass the budget."""
        if self.budget is not None and worst and self.spent + self._reserved + worst > self.budget:
            return False
        self._reserved += worst
        return True

    def settle(self, worst: Decimal, cost: Decimal) -> None:
        """What was set aside cost this much."""
        self._reserved -= worst
        self.spent += cost


def at_most(answer: Answer, worst: Decimal, failure: ProviderError | None = None) -> Decimal:
    """What an answer cost; what it can have cost at the most where it broke off and nobody told what it used.

    A server that could not be reached is free only where it is certain that nothing was sent.
    """
    cost = answer.cost_usd or Decimal(0)
    told = answer.usage is not None and answer.usage.source == "reported"
    kind = answer.error.kind if answer.error is not None else None
    broken_off = answer.status is Status.CANCELLED or kind in _BROKEN_OFF
    broken_off = broken_off or (kind is Fault.UNREACHABLE and not (failure is not None and failure.nothing_sent))
    return max(cost, worst) if broken_off and answer.sent and not told else cost


def worst_case(
    request: ChatRequest, model: ModelRef, prices: PriceBook, tokens: TokenCounter, *, local: bool
) -> Decimal:
    """The most that a request can cost: its prompt, generously counted, and an answer of full length. 0: unpriced.

    Where the model's own tokeniser is not at hand each byte is a token: none makes more of a text, and some
    make nearly as many of Hangul.
    """
    exact = tokens.count("", model)[1]
    prompt = request.prompt_tokens if exact else sum(len(m.content.encode()) for m in request.messages)
    usage = Usage(prompt + _FRAMING, request.sampling.max_tokens or 0, source="estimated")
    return prices.cost(model, usage, datetime.now(UTC), local=local) or Decimal(0)


def check_budget(plan: BatchPlan, prices: PriceBook, local: dict[ModelRef, bool]) -> None:
    """Raises UserError for a budget that nobody could keep."""
    if plan.budget_usd is None:
        return
    if not plan.budget_usd.is_finite() or plan.budget_usd <= 0:
        raise UserError(
            Message("“{value}” is no budget.", value=str(plan.budget_usd)[:40]),
            Message("Give an amount in USD above 0, or leave the budget out."),
        )
    for contestant in plan.contestants:
        _check_priced(contestant, prices, local[contestant.model])


def _check_priced(contestant: Contestant, prices: PriceBook, local: bool) -> None:
    model, now = contestant.model, datetime.now(UTC)
    # The prompt alone may be unpriced too: a cost is known only when both parts are.
    cost = prices.cost(model, Usage(1000, 1000, source="estimated"), now, local=local)
    if cost is None:
        raise UserError(
            Message("{model} has no known price: a budget could not be kept.", model=str(model)),
            Message(
                "Write its price into prices.toml (UNDERSTUDY_PRICES names another file), or leave the budget out."
            ),
        )
    if cost and contestant.sampling.max_tokens is None:
        raise UserError(
            Message("{model} costs money, and nothing limits the length of its answers.", model=str(model)),
            Message("Set max tokens for it (--max-tokens N), or leave the budget out."),
        )
