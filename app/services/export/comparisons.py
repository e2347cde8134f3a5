"""Comparisons and ratings as CSV and as JSON Lines, a piece at a time.

Comparisons are one CSV row for each answer, or one JSON object for each comparison (the object of
app.services.comparing.json_form). Ratings and stars are one row or object each, told apart by `type`;
corrected ones are there too, marked `superseded`.

Exporting is no way around blindness: while the identities of a comparison are hidden, its rows say
so and name no model (json_form says what is left out).
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from functools import lru_cache
from typing import Literal

from app.domain.comparisons import AnswerRecord, ComparisonRecord
from app.domain.ratings import Outcome, Rating, Stars
from app.domain.store import ComparisonStore, RatingStore
from app.services.comparing.json_form import comparison_to_dict
from app.services.export.spreadsheet import csv_pieces

Kind = Literal["comparisons", "ratings"]
Format = Literal["csv", "jsonl"]
KINDS: tuple[Kind, ...] = ("comparisons", "ratings")
FORMATS: tuple[Format, ...] = ("csv", "jsonl")
MEDIA_TYPES: Mapping[Format, str] = {"csv": "text/csv; charset=utf-8", "jsonl": "application/x-ndjson"}

_COMPARISON = ("id", "thread", "turn", "created_at", "prompt", "system", "blind", "hidden", "start")
_RETRIEVAL = ("mode", "k", "seconds", "fusion", "mmr")
_ANSWER = ("id", "side", "model", "local", "sampling", "status", "finish", "text", "thinking")
_USAGE = ("input", "cached_input", "cache_write", "output", "reasoning", "source")
_TIMING = ("queued", "load", "first_token", "prefill", "decode", "total")
_ERROR = ("kind", "message", "remedy")
_COMPARISON_COLUMNS = (
    *("comparison" if name == "id" else name for name in _COMPARISON),
    "evidence_digest",
    "evidence_passages",
    *(f"retrieval_{name}" for name in _RETRIEVAL),
    *("answer" if name == "id" else name for name in _ANSWER),
    *(f"usage_{name}" for name in _USAGE),
    *(f"seconds_{name}" for name in _TIMING),
    "cost_usd",
    "sent",
    "not_sent",
    "notices",
    *(f"error_{name}" for name in _ERROR),
)
_RATING_COLUMNS = (
    "type",
    "vote",
    "comparison",
    "created_at",
    "rater",
    "blind",
    "hidden",
    "left",
    "left_model",
    "left_sampling",
    "right",
    "right_model",
    "right_sampling",
    "outcome",
    "winner_model",
    "best_of",
    "answer",
    "answer_model",
    "answer_sampling",
    "stars",
    "tags",
    "comment",
    "supersedes",
    "superseded",
)


class Exporting:
    """Over the two stores; safe to call from any thread."""

    def __init__(self, comparisons: ComparisonStore, ratings: RatingStore) -> None:
        self._comparisons = comparisons
        self._ratings = ratings

    def export(self, kind: Kind, format: Format) -> Iterator[str]:
        """Pieces of text to be joined and encoded as UTF-8, without translating newlines.

        CSV is as RFC 4180 has it, and begins with a byte order mark, by which Excel knows UTF-8; a
        cell that a spreadsheet would run as a formula begins with an apostrophe. Raises UserError.
        """
        if kind == "comparisons":
            objects = (comparison_to_dict(record) for record in self._comparisons.all())
            if format == "jsonl":
                return _jsonl(objects)
            return csv_pieces(_COMPARISON_COLUMNS, (row for item in objects for row in _answer_rows(item)))
        rows = self._rating_rows()
        return _jsonl(rows) if format == "jsonl" else csv_pieces(_RATING_COLUMNS, rows)

    def _rating_rows(self) -> Iterator[dict[str, object]]:
        # Ratings come in the order of time, so that those of one comparison are close together.
        find = lru_cache(maxsize=256)(self._comparisons.get)
        comparison_of: dict[str, str] = {}
        for rating, superseded in self._ratings.all():
            comparison_of[rating.vote] = rating.comparison
            yield _rating_row(rating, superseded, find(rating.comparison))
        for stars, superseded in self._ratings.all_stars():
            identity = comparison_of.get(stars.vote)
            yield _stars_row(stars, superseded, find(identity) if identity is not None else None)


def _jsonl(objects: Iterator[dict[str, object]]) -> Iterator[str]:
    for item in objects:
        yield json.dumps(item, ensure_ascii=False, allow_nan=False) + "\n"


def _answer_rows(item: Mapping[str, object]) -> Iterator[dict[str, object]]:
    evidence, answers = item["evidence"], item["answers"]
    assert isinstance(evidence, dict) and isinstance(answers, list)
    common = {("comparison" if name == "id" else name): item[name] for name in _COMPARISON}
    common |= {"evidence_digest": evidence["digest"], "evidence_passages": len(evidence["passages"])}
    common |= {f"retrieval_{name}": (evidence["retrieval"] or {}).get(name) for name in _RETRIEVAL}
    for answer in answers:
        row = common | {("answer" if name == "id" else name): answer[name] for name in _ANSWER}
        for prefix, part, names in (
            ("usage", "usage", _USAGE),
            ("seconds", "timing", _TIMING),
            ("error", "error", _ERROR),
        ):
            given = answer[part] or {}
            row |= {f"{prefix}_{name}": given.get(name) for name in names}
        yield row | {name: answer[name] for name in ("cost_usd", "sent", "not_sent", "notices")}


def _contestant(prefix: str, record: ComparisonRecord | None, answer_id: str) -> dict[str, object]:
    found: AnswerRecord | None = None
    if record is not None and not record.hidden:
        found = next((a for a in record.answers if a.id == answer_id), None)
    return {
        prefix: answer_id,
        f"{prefix}_model": None if found is None else str(found.contestant.model),
        f"{prefix}_sampling": None if found is None else found.contestant.sampling.given(),
    }


def _rating_row(rating: Rating, superseded: bool, record: ComparisonRecord) -> dict[str, object]:
    left = _contestant("left", record, rating.left)
    right = _contestant("right", record, rating.right)
    winner = {Outcome.LEFT: left["left_model"], Outcome.RIGHT: right["right_model"]}.get(rating.outcome)
    return {
        "type": "rating",
        "vote": rating.vote,
        "comparison": rating.comparison,
        "created_at": rating.created_at.isoformat(),
        "rater": rating.rater,
        "blind": rating.blind,
        "hidden": record.hidden,
        **left,
        **right,
        "outcome": rating.outcome.value,
        "winner_model": winner,
        "best_of": rating.best_of,
        "tags": list(rating.tags),
        "comment": rating.comment,
        "supersedes": rating.supersedes,
        "superseded": superseded,
    }


def _stars_row(stars: Stars, superseded: bool, record: ComparisonRecord | None) -> dict[str, object]:
    return {
        "type": "stars",
        "vote": stars.vote,
        "comparison": None if record is None else record.id,
        "created_at": stars.created_at.isoformat(),
        "rater": stars.rater,
        "blind": stars.blind,
        "hidden": record is None or record.hidden,
        **_contestant("answer", record, stars.answer),
        "stars": stars.stars,
        "superseded": superseded,
    }
