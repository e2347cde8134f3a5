"""A comparison as the JSON object that `compare --json` prints, the export writes and the API answers.

The names are stable; docs/cli.md describes them. While identities are hidden (a blind comparison
before its vote), the object says `"hidden": true`, puts the answers in the order shown instead of
the order asked, and leaves out all that gives a contestant away: its name and settings, what was
sent, tokens, times, cost, thinking, and the words of an error (its kind stays).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict

from app.domain.answers import Answer, Timing, Usage
from app.domain.comparisons import AnswerRecord, ComparisonRecord
from app.domain.evidence import Evidence

Json = None | bool | int | float | str | list["Json"] | dict[str, "Json"]


def comparison_to_dict(record: ComparisonRecord) -> dict[str, object]:
    """`record` as plain JSON values. Text is English: for people the CLI and the pages translate."""
    hidden = record.hidden
    return {
        "id": record.id,
        "thread": record.thread,
        "turn": record.turn,
        "created_at": record.created_at.isoformat(),
        "status": record.status.value,
        "prompt": record.comparison.prompt,
        "system": record.comparison.system,
        "blind": record.comparison.blind,
        "hidden": hidden,
        "start": record.comparison.start,
        "evidence": _evidence(record.comparison.evidence),
        "answers": [_hidden(a) if hidden else _shown(a) for a in answers_in_order(record)],
    }


def answers_in_order(record: ComparisonRecord) -> tuple[AnswerRecord, ...]:
    """In the order asked; while identities are hidden in the order shown, because the asker knows the other."""
    return record.by_side if record.hidden else tuple(sorted(record.answers, key=lambda a: a.position))


def _evidence(evidence: Evidence) -> dict[str, object]:
    return {
        "digest": evidence.digest,
        "retrieval": None if evidence.retrieval is None else asdict(evidence.retrieval),
        "passages": [
            {
                "collection": p.collection,
                "document": p.document,
                "page": p.page,
                "start": p.start,
                "end": p.end,
                "score": p.score,
                "text": p.text,
            }
            for p in evidence.passages
        ],
    }


def _shown(record: AnswerRecord) -> dict[str, object]:
    answer = record.answer
    return {
        "id": record.id,
        "side": record.side,
        "model": str(record.contestant.model),
        "local": record.answer.local,
        "sampling": _plain(record.contestant.sampling.given()),
        "status": answer.status.value,
        "finish": answer.finish,
        "text": answer.text,
        "thinking": answer.thinking,
        "usage": _usage(answer.usage),
        "timing": _timing(answer.timing),
        "cost_usd": None if answer.cost_usd is None else format(answer.cost_usd, "f"),
        "sent": _plain(answer.sent),
        "not_sent": {name: str(reason) for name, reason in answer.not_sent.items()},
        "notices": [str(notice) for notice in answer.notices],
        "error": _error(answer),
    }


def _hidden(record: AnswerRecord) -> dict[str, object]:
    answer = record.answer
    error = None
    if answer.error is not None:
        error = {
            "kind": answer.error.kind.value,
            "message": "Not shown while identities are hidden.",
            "remedy": "Vote, or reveal the identities, to read it.",
        }
    return {
        "id": record.id,
        "side": record.side,
        "model": None,
        "local": None,
        "sampling": None,
        "status": answer.status.value,
        "finish": answer.finish,
        "text": answer.text,
        "thinking": "",
        "usage": None,
        "timing": _timing(Timing()),
        "cost_usd": None,
        "sent": {},
        "not_sent": {},
        "notices": [],
        "error": error,
    }


def _usage(usage: Usage | None) -> dict[str, object] | None:
    if usage is None:
        return None
    return {
        "input": usage.input,
        "cached_input": usage.cached_input,
        "cache_write": usage.cache_write,
        "output": usage.output,
        "reasoning": usage.reasoning,
        "source": usage.source,
    }


def _timing(timing: Timing) -> dict[str, object]:
    return {
        "queued": timing.queued,
        "load": timing.load,
        "first_token": timing.first_token,
        "prefill": timing.prefill,
        "decode": timing.decode,
        "total": timing.total,
    }


def _error(answer: Answer) -> dict[str, object] | None:
    if answer.error is None:
        return None
    error = answer.error
    return {"kind": error.kind.value, "message": str(error.message), "remedy": str(error.remedy)}


def _plain(value: object) -> Json:
    """Tuples and mappings of any kind as lists and dicts, anything unknown as its text."""
    if value is None or isinstance(value, bool | int | float | str):
        return value
    if isinstance(value, Mapping):
        return {str(key): _plain(item) for key, item in value.items()}
    if isinstance(value, Sequence):
        return [_plain(item) for item in value]
    return str(value)
