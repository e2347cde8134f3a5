"""A batch as the JSON object that `batch … --json` prints. The names are stable; docs/cli.md describes them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict
from decimal import Decimal

from app.domain.batches import BatchRecord, Failure, Tally, VerdictTerms


def batch_to_dict(record: BatchRecord) -> dict[str, object]:
    """`record` as plain JSON values. Text is English: for people the CLI and the pages translate."""
    plan, progress = record.plan, record.progress
    return {
        "id": record.id,
        "created_at": record.created_at.isoformat(),
        "state": record.state.value,
        "reason": None if record.reason is None else str(record.reason),
        "reason_code": None if record.reason is None else record.reason.cause.value,
        "runner": record.runner or None,
        "question_set": plan.question_set,
        "version": plan.version,
        "contestants": [{"model": str(c.model), "sampling": _sampling(c.sampling.given())} for c in plan.contestants],
        "repeats": plan.repeats,
        "system": plan.system,
        "collection": plan.collection or None,
        "search": {"mode": plan.search.mode.value, "k": plan.search.k} if plan.collection else None,
        "budget_usd": _usd(plan.budget_usd),
        "concurrency": plan.concurrency,
        "start": plan.start,
        "cache": plan.cache,
        "raters": plan.raters,
        "gold_every": plan.gold_every,
        "terms": terms_to_dict(record.terms),
        "progress": {
            "answers": progress.answers,
            "done": progress.done,
            "failed": progress.failed,
            "retriable": progress.retriable,
            "stopped": progress.stopped,
            "running": progress.running,
            "cached": progress.cached,
            "spent_usd": _usd(progress.spent_usd),
            "seconds_left": progress.seconds_left,
        },
    }


def terms_to_dict(terms: VerdictTerms) -> dict[str, object]:
    return asdict(terms)


def tallies_to_list(tallies: Sequence[Tally]) -> list[dict[str, object]]:
    return [
        {
            "contestant": t.contestant,
            "done": t.done,
            "failed": t.failed,
            "cached": t.cached,
            "usd": _usd(t.usd),
            "tokens_per_second": t.tokens_per_second,
        }
        for t in tallies
    ]


def failures_to_list(failures: Sequence[Failure]) -> list[dict[str, object]]:
    """`question` counts from 0, as the set's rows do; `contestant` null: the question could not be asked at all."""
    return [
        {
            "question": f.question,
            "repeat": f.repeat,
            "contestant": f.contestant,
            "status": f.status.value,
            "comparison": f.comparison,
            "error": None
            if f.error is None
            else {"kind": f.error.kind.value, "message": str(f.error.message), "remedy": str(f.error.remedy)},
        }
        for f in failures
    ]


def _usd(amount: Decimal | None) -> str | None:
    return None if amount is None else format(amount, "f")


def _sampling(given: dict[str, object]) -> dict[str, object]:
    return {name: list(value) if isinstance(value, tuple) else value for name, value in given.items()}
