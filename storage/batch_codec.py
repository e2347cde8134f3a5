"""A batch's plan and terms ↔ what their JSON columns hold.

Reading is forgiving, as in storage.codec: what is missing has its default, what is unknown is left out.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, fields
from decimal import Decimal
from typing import Any, cast

from app.domain.answers import Status
from app.domain.batches import BatchPlan, Cause, VerdictTerms, Why
from app.domain.documents import Fusion, Mode
from app.domain.errors import AnswerError, Fault
from app.domain.message import Message
from app.domain.models import Contestant, ModelRef
from app.domain.searching import SearchSettings
from storage import codec
from storage.columns import Json, json_safe

# What the plan's column holds beside the plan: how its running went so far.
RUNNER, REQUEST, WRITTEN_OFF, BUDGETS, AGAIN = "runner", "request", "written_off", "budgets", "again"
_PLAIN = ("question_set", "version", "repeats", "system", "collection", "concurrency", "start", "cache", "raters")
_TERMS = tuple(f.name for f in fields(VerdictTerms))
_SEARCH = tuple(f.name for f in fields(SearchSettings))


def plan_to_json(plan: BatchPlan) -> dict[str, Json]:
    return {
        **{name: json_safe(getattr(plan, name)) for name in (*_PLAIN, "gold_every")},
        "contestants": [
            {"model": json_safe(str(c.model)), "sampling": codec.sampling_to_json(c.sampling)} for c in plan.contestants
        ],
        "search": json_safe({name: _plain(getattr(plan.search, name)) for name in _SEARCH}),
        "budget_usd": None if plan.budget_usd is None else format(plan.budget_usd, "f"),
    }


def plan_from_json(data: object) -> BatchPlan:
    given = data if isinstance(data, Mapping) else {}
    plain: dict[str, Any] = {name: given[name] for name in (*_PLAIN, "gold_every") if name in given}
    contestants = tuple(
        Contestant(ModelRef.parse(str(c["model"])), codec.sampling_from_json(c.get("sampling")))
        for c in cast("list[Mapping[str, object]]", given.get("contestants", []))
    )
    budget = given.get("budget_usd")
    return BatchPlan(
        **plain,
        contestants=contestants,
        search=_search(given.get("search")),
        budget_usd=None if budget is None else Decimal(str(budget)),
    )


def terms_to_json(terms: VerdictTerms) -> Json:
    return json_safe(asdict(terms))


def terms_from_json(data: object) -> VerdictTerms:
    given = data if isinstance(data, Mapping) else {}
    known: dict[str, Any] = {name: given[name] for name in _TERMS if name in given}
    return VerdictTerms(**known)


def why_to_json(why: Why | None) -> dict[str, object] | None:
    return None if why is None else {"cause": why.cause.value, **why.said.to_dict()}


def why_from_json(data: object) -> Why | None:
    if not isinstance(data, Mapping):
        return None
    known = {cause.value: cause for cause in Cause}
    return Why(known.get(str(data.get("cause")), Cause.UNKNOWN), Message.from_dict(data))


def written_off(data: object) -> Decimal:
    """USD that was lost on answers that never arrived."""
    given = data.get(WRITTEN_OFF) if isinstance(data, Mapping) else None
    return Decimal(str(given)) if given is not None else Decimal(0)


def failed_before(data: object) -> dict[str, object]:
    """By answer the error of each that was asked again, as it is stored."""
    given = data.get(AGAIN) if isinstance(data, Mapping) else None
    return dict(given) if isinstance(given, Mapping) else {}


def why(status: Status, error: object, notices: object) -> AnswerError | None:
    """What kept an answer from being complete: its error, or what the server said when it cut it short."""
    if (known := codec.error_from_json(error)) is not None:
        return known
    said = codec.notices_from_json(notices)
    if status is Status.TRUNCATED and said:
        return AnswerError(Fault.CONTEXT_OVERFLOW, said[-1], Message(""))
    return None


def _search(data: object) -> SearchSettings:
    given: dict[str, Any] = {n: v for n, v in (data if isinstance(data, Mapping) else {}).items() if n in _SEARCH}
    if "mode" in given:
        given["mode"] = Mode(given["mode"])
    if "fusion" in given:
        given["fusion"] = Fusion(given["fusion"])
    for step in ("expansion", "extraction"):
        if given.get(step) is not None:
            given[step] = ModelRef.parse(str(given[step]))
    if "documents" in given:
        given["documents"] = tuple(given["documents"])
    return SearchSettings(**given)


def _plain(value: object) -> object:
    return str(value) if isinstance(value, ModelRef) else value
