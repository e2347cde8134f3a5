"""Results as the JSON object that `results --json` prints and the decision record keeps. The names are stable.

Every figure comes with how it was found: its interval with method, level, observations `n` and
independent `units`; strengths with solver, resamples and seed; the verdict with its method and source.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import fields, is_dataclass
from datetime import date, datetime
from decimal import Decimal
from enum import Enum

from app.domain.batches import BatchRecord
from app.domain.intervals import Interval
from app.services.results.contestants import ContestantResult
from app.services.results.service import Results

FORM = 1
"""Of this object: a reader can tell what it was written by."""


def results_to_dict(results: Results) -> dict[str, object]:
    """`results` as plain JSON values; shares of 1, seconds, USD."""
    ballots = results.ballots
    return {
        "form": FORM,
        "batch": batch_to_dict(results.batch),
        "questions": {
            "name": results.questions.name,
            "version": results.questions.version,
            "digest": results.questions.digest,
            "questions": len(results.questions.questions),
        },
        "contestants": [
            contestant_to_dict(c, cheapest, fastest)
            for c, cheapest, fastest in zip(results.contestants, results.cheapest, results.fastest, strict=True)
        ],
        "ratings": {
            "all": ballots.ratings,
            "counted": ballots.counted,
            "best_of_n": ballots.best_of,
            "with_open_eyes": ballots.open_eyes,
            "raters": dict(ballots.raters),
            "agreement": plain(ballots.agreement),
        },
        "verdict": plain(results.verdict),
        "standings": plain(results.standings),
        "by_category": plain(results.by_category),
        "by_language": plain(results.by_language),
        "unmeasured": results.unmeasured,
        "still_blind": results.still_blind,
    }


def batch_to_dict(batch: BatchRecord) -> dict[str, object]:
    """The batch with its plan and the terms of its verdict."""
    return {
        "id": batch.id,
        "created_at": batch.created_at.isoformat(),
        "state": batch.state.value,
        "plan": {
            **{f.name: plain(getattr(batch.plan, f.name)) for f in fields(batch.plan) if f.name != "contestants"},
            "contestants": [
                {"model": str(c.model), "sampling": plain(c.sampling.given())} for c in batch.plan.contestants
            ],
        },
        "terms": plain(batch.terms),
        "progress": plain(batch.progress),
    }


def contestant_to_dict(result: ContestantResult, cheapest: bool | None, fastest: bool | None) -> dict[str, object]:
    return {
        "model": str(result.contestant.model),
        "sampling": plain(result.contestant.sampling.given()),
        "label": result.label,
        "local": result.local,
        "answers": {
            name: getattr(result, name)
            for name in ("answers", "done", "failed", "truncated", "refused", "cached", "stopped", "unfinished")
        },
        "ratings": result.ratings,
        "quality": plain(result.quality),
        "acceptable": plain(result.acceptable),
        "seconds": {phase.name: {"p50": plain(phase.p50), "p95": plain(phase.p95)} for phase in result.phases},
        "tokens_per_second": plain(result.tokens_per_second),
        "tokens": {
            "input": plain(result.input_tokens),
            "output": plain(result.output_tokens),
            "estimated_answers": result.estimated_tokens,
        },
        "cost": {
            "usd": plain(result.usd),
            "usd_per_answer": result.usd_per_answer,
            "usd_per_acceptable_answer": result.usd_per_acceptable,
            "unpriced_answers": result.unpriced,
        },
        "measures": {m.name: {"share": m.share, **_interval(m.value)} for m in result.measures},
        "pareto": {"quality_and_cost": cheapest, "quality_and_time": fastest},
    }


def _interval(interval: Interval) -> dict[str, object]:
    return {f.name: plain(getattr(interval, f.name)) for f in fields(interval)}


def plain(value: object) -> object:
    """Dataclasses as objects, tuples as lists, money as text, moments as ISO 8601; no NaN and no infinity."""
    if isinstance(value, Enum):
        return value.value
    if value is None or isinstance(value, bool | int | str):
        return value
    if isinstance(value, float):
        return value if math.isfinite(value) else None
    if isinstance(value, Decimal):
        return format(value, "f")
    if isinstance(value, datetime | date):
        return value.isoformat()
    if is_dataclass(value) and not isinstance(value, type):
        return {f.name: plain(getattr(value, f.name)) for f in fields(value)}
    if isinstance(value, Mapping):
        return {str(key): plain(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [plain(item) for item in value]
    return str(value)
