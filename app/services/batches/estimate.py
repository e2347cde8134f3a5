"""What a batch will take, before it starts: tokens, money, time — from what was measured, or not at all."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from decimal import Decimal
from typing import Literal

from app.domain.answers import Usage
from app.domain.batches import BatchPlan, Speed
from app.domain.comparisons import Comparison
from app.domain.evidence import Evidence
from app.domain.models import Capabilities, Contestant, ModelRef
from app.domain.pricing import PriceBook, TokenCounter
from app.domain.questions import Question
from app.services.comparing.prompting import messages_for

# So many questions are searched for to learn how long their passages are.
SEARCHED = 3


@dataclass(frozen=True, slots=True)
class ContestantEstimate:
    """What one contestant's share takes.

    `output_tokens` are as many as its earlier answers had ("measured", over `measured` of them), or
    as max tokens allow ("limit"), or None ("unknown"). `usd` None: unpriced, or unknown because its
    length is. `priced` tells which. `seconds` is one answer's; None: never measured.
    """

    contestant: Contestant
    answers: int
    input_tokens: int
    output_tokens: int | None
    output_from: Literal["measured", "limit", "unknown"]
    usd: Decimal | None
    priced: bool
    local: bool
    seconds: float | None
    measured: int


@dataclass(frozen=True, slots=True)
class BatchEstimate:
    """`sources` is the tokens that passages add to each prompt, from a few searches; None: they could not be searched.

    `usd` sums what is known, `unknown_cost` names the models whose cost is not in it; `seconds` is
    None when a speed is missing, and `unknown_speed` names whose.
    """

    questions: int
    answers: int
    contestants: tuple[ContestantEstimate, ...]
    sources: int | None
    usd: Decimal | None
    unknown_cost: tuple[str, ...]
    seconds: float | None
    unknown_speed: tuple[str, ...]


def estimate(
    plan: BatchPlan,
    questions: Sequence[Question],
    *,
    tokens: TokenCounter,
    prices: PriceBook,
    accepts: Mapping[ModelRef, Capabilities],
    speed: Callable[[ModelRef], Speed | None],
    evidence: Sequence[Evidence],
) -> BatchEstimate:
    """`evidence` is what was found for a few of the questions, empty for none. Counts every prompt."""
    found = []
    sources: int | None = 0
    for contestant in plan.contestants:
        bare = [_tokens(plan, q, Evidence(), contestant, tokens) for q in questions]
        each = 0
        if plan.collection:
            added = [
                _tokens(plan, q, e, contestant, tokens) - n for q, e, n in zip(questions, evidence, bare, strict=False)
            ]
            each = round(sum(added) / len(added)) if added else 0
            sources = max(sources or 0, each) if added else None
        inputs = (sum(bare) + each * len(bare)) * plan.repeats
        answers = len(questions) * plan.repeats
        found.append(_contestant(plan, contestant, answers, inputs, prices, accepts, speed(contestant.model)))
    known = [c.usd for c in found if c.usd is not None]
    return BatchEstimate(
        questions=len(questions),
        answers=sum(c.answers for c in found),
        contestants=tuple(found),
        sources=sources if plan.collection else 0,
        usd=sum(known, Decimal(0)) if known else None,
        unknown_cost=tuple(dict.fromkeys(str(c.contestant.model) for c in found if c.usd is None)),
        seconds=_seconds(plan, found),
        unknown_speed=tuple(dict.fromkeys(str(c.contestant.model) for c in found if c.seconds is None)),
    )


def _tokens(plan: BatchPlan, question: Question, evidence: Evidence, to: Contestant, tokens: TokenCounter) -> int:
    asked = Comparison(question.text, plan.contestants, plan.system, evidence)
    return tokens.count_messages(messages_for(asked), to.model)[0]


def _contestant(
    plan: BatchPlan,
    contestant: Contestant,
    answers: int,
    inputs: int,
    prices: PriceBook,
    accepts: Mapping[ModelRef, Capabilities],
    speed: Speed | None,
) -> ContestantEstimate:
    model, limit = contestant.model, contestant.sampling.max_tokens
    local = accepts[model].local
    output: int | None = None
    output_from: Literal["measured", "limit", "unknown"] = "unknown"
    if speed is not None:
        each = min(speed.output_tokens, limit) if limit else speed.output_tokens
        output, output_from = round(each * answers), "measured"
    elif limit is not None:
        output, output_from = limit * answers, "limit"

    def cost(output_tokens: int) -> Decimal | None:
        # One answer's at a time: a price may grow with the length of a prompt.
        usage = Usage(inputs // max(1, answers), output_tokens // max(1, answers), source="estimated")
        one = prices.cost(model, usage, datetime.now(UTC), local=local)
        return None if one is None else one * answers

    free = cost(1000 * answers) == 0
    return ContestantEstimate(
        contestant=contestant,
        answers=answers,
        input_tokens=inputs,
        output_tokens=output,
        output_from=output_from,
        usd=Decimal(0) if free else None if output is None else cost(output),
        priced=cost(answers) is not None,
        local=local,
        seconds=speed.seconds if speed else None,
        measured=speed.answers if speed else 0,
    )


def _seconds(plan: BatchPlan, found: Sequence[ContestantEstimate]) -> float | None:
    """Endpoints answer beside each other, each as many at once as it is given; the slowest decides."""
    lanes: dict[str, float] = {}
    for c in found:
        if c.seconds is None:
            return None
        alone = plan.start == "one_at_a_time" and c.local
        lane = "local" if alone else c.contestant.model.provider
        lanes[lane] = lanes.get(lane, 0.0) + c.seconds * c.answers / (1 if alone else plan.concurrency)
    return max(lanes.values(), default=0.0)
