"""Value types ↔ what a JSON column holds.

Reading is forgiving where a later version may have added something: an unknown sampling field or
passage key is left out, an unknown fault reads as `internal`.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import fields, replace
from typing import Any

from app.domain.answers import Answer
from app.domain.comparisons import Comparison
from app.domain.errors import AnswerError, Fault
from app.domain.evidence import Evidence, Passage, Retrieval
from app.domain.message import Message
from app.domain.models import SAMPLING_FIELDS, Contestant, ModelRef, Sampling
from storage.columns import Json, clean, json_safe

_PASSAGE_FIELDS = tuple(f.name for f in fields(Passage))
_RETRIEVAL_FIELDS = tuple(f.name for f in fields(Retrieval))


def clean_comparison(comparison: Comparison) -> Comparison:
    """What can be stored of `comparison`; all but a few characters of it (see storage.columns)."""
    return replace(
        comparison,
        prompt=clean(comparison.prompt),
        system=clean(comparison.system),
        evidence=replace(
            comparison.evidence,
            passages=tuple(
                replace(p, document=clean(p.document), text=clean(p.text)) for p in comparison.evidence.passages
            ),
        ),
        contestants=tuple(
            Contestant(
                ModelRef(clean(c.model.provider), clean(c.model.name)),
                sampling_from_json(json_safe(sampling_to_json(c.sampling))),
            )
            for c in comparison.contestants
        ),
    )


def sampling_to_json(sampling: Sampling) -> Json:
    return json_safe(sampling.given())


def sampling_from_json(data: object) -> Sampling:
    given: dict[str, Any] = {name: value for name, value in _mapping(data).items() if name in SAMPLING_FIELDS}
    if (stop := given.get("stop")) is not None:
        given["stop"] = tuple(stop)
    return Sampling(**given)


def evidence_to_json(evidence: Evidence) -> Json:
    rows = [{name: json_safe(getattr(p, name)) for name in _PASSAGE_FIELDS} for p in evidence.passages]
    # With the first passage that was found: a version that knows nothing of it reads a list of passages still.
    if evidence.retrieval is not None:
        found = next((n for n, p in enumerate(evidence.passages) if p.collection), None)
        if found is not None:
            rows[found]["retrieval"] = {name: getattr(evidence.retrieval, name) for name in _RETRIEVAL_FIELDS}
    return [*rows]


def evidence_from_json(data: object) -> Evidence:
    def passage(item: object) -> Passage:
        known: dict[str, Any] = {name: value for name, value in _mapping(item).items() if name in _PASSAGE_FIELDS}
        return Passage(**known)

    items = _list(data)
    found = next((given for item in items if (given := _mapping(item).get("retrieval"))), None)
    return Evidence(tuple(passage(item) for item in items), _retrieval(found))


def _retrieval(data: object) -> Retrieval | None:
    known: dict[str, Any] = {name: value for name, value in _mapping(data).items() if name in _RETRIEVAL_FIELDS}
    return Retrieval(**known) if {"mode", "k", "seconds"} <= known.keys() else None


def messages_to_json(messages: Mapping[str, Message]) -> Json:
    return {name: json_safe(message.to_dict()) for name, message in messages.items()}


def messages_from_json(data: object) -> dict[str, Message]:
    return {name: Message.from_dict(_mapping(message)) for name, message in _mapping(data).items()}


def notices_to_json(answer: Answer) -> Json:
    return [json_safe(message.to_dict()) for message in answer.notices]


def notices_from_json(data: object) -> tuple[Message, ...]:
    return tuple(Message.from_dict(_mapping(message)) for message in _list(data))


def error_to_json(error: AnswerError | None) -> Json:
    return None if error is None else json_safe(error.to_dict())


def error_from_json(data: object) -> AnswerError | None:
    if data is None:
        return None
    given = dict(_mapping(data))
    if given.get("kind") not in {fault.value for fault in Fault}:
        given["kind"] = Fault.INTERNAL.value
    return AnswerError.from_dict(given)


def _mapping(data: object) -> Mapping[str, object]:
    return data if isinstance(data, Mapping) else {}


def _list(data: object) -> list[object]:
    return data if isinstance(data, list) else []
