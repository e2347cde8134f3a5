"""Export: what a spreadsheet and a program read, and what stays hidden."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Iterator, Sequence
from dataclasses import replace
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

import pytest

from app.domain.answers import Answer, Status, Timing, Usage
from app.domain.comparisons import AnswerRecord, Comparison, ComparisonRecord
from app.domain.errors import AnswerError, Fault
from app.domain.evidence import Evidence, Passage, Retrieval
from app.domain.message import Message
from app.domain.models import Contestant, ModelRef, Sampling
from app.domain.ratings import Outcome, Rating, Stars
from app.services.comparing.json_form import comparison_to_dict
from app.services.export.comparisons import Exporting, Format, Kind

NOW = datetime(2026, 11, 21, 9, 30, tzinfo=UTC)
CLOUD = Contestant(ModelRef("openai", "gpt-5.4-mini"), Sampling(temperature=0.3, stop=("END",)))
LOCAL = Contestant(ModelRef("ollama", "llama3.1:8b"))
DONE = Answer(
    Status.DONE,
    text="20일 [1]",
    thinking="흠",
    finish="stop",
    usage=Usage(120, 6, cached_input=64),
    timing=Timing(first_token=0.25, total=1.5),
    cost_usd=Decimal("0.000000123"),
    sent={"model": "gpt-5.4-mini"},
    not_sent={"top_k": Message("{server} has no top_k.", server="OpenAI")},
    notices=(Message("Loading."),),
    local=False,
)
FAILED = Answer(
    Status.FAILED,
    error=AnswerError(Fault.UNREACHABLE, Message("No Ollama at {a}.", a="localhost"), Message("Run ollama serve.")),
    local=True,
)


def record(*answers: Answer, blind: bool = False, revealed: bool = False, **fields: object) -> ComparisonRecord:
    """A comparison of CLOUD (shown on the right) and LOCAL (on the left)."""
    comparison = Comparison(
        "휴가는?",
        (CLOUD, LOCAL),
        system="Be brief.",
        evidence=Evidence((Passage("a.pdf", "20일", page=2),), Retrieval("hybrid", 8, 0.042, "rrf")),
        blind=blind,
    )
    given = answers or (DONE, FAILED)
    return ComparisonRecord(
        id="c1",
        thread="c1",
        turn=0,
        created_at=NOW,
        comparison=replace(comparison, **fields),  # type: ignore[arg-type]
        answers=(
            AnswerRecord("a1", 0, 1, CLOUD, given[0]),
            AnswerRecord("a2", 1, 0, LOCAL, given[1]),
        ),
        revealed=revealed,
    )


RATING = Rating("v1", "c1", "a2", "a1", Outcome.RIGHT, True, "미나", NOW, tags=("style",), comment="낫다")
STARS = Stars("v1", "a1", 4, True, "미나", NOW)


class Comparisons:
    """As much of a ComparisonStore as an export reads."""

    def __init__(self, *records: ComparisonRecord) -> None:
        self.records = {r.id: r for r in records}
        self.read = 0

    def all(self) -> Iterator[ComparisonRecord]:
        for item in self.records.values():
            self.read += 1
            yield item

    def get(self, comparison_id: str) -> ComparisonRecord:
        return self.records[comparison_id]


class Ratings:
    def __init__(self, ratings: Sequence[Rating] = (), stars: Sequence[Stars] = ()) -> None:
        self.ratings, self.stars = ratings, stars

    def all(self) -> Iterator[tuple[Rating, bool]]:
        return ((r, r.vote == "old") for r in self.ratings)

    def all_stars(self) -> Iterator[tuple[Stars, bool]]:
        return ((s, s.vote == "old") for s in self.stars)


def exported(kind: Kind, format: Format, comparisons: Comparisons, ratings: Ratings | None = None) -> str:
    return "".join(Exporting(comparisons, ratings or Ratings()).export(kind, format))  # type: ignore[arg-type]


def rows(text: str) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(text.removeprefix("\ufeff"), newline="")))


def test_the_json_form_is_what_the_command_line_promises() -> None:
    assert json.loads(json.dumps(comparison_to_dict(record()))) == {
        "id": "c1",
        "thread": "c1",
        "turn": 0,
        "created_at": "2026-11-21T09:30:00+00:00",
        "status": "failed",
        "prompt": "휴가는?",
        "system": "Be brief.",
        "blind": False,
        "hidden": False,
        "start": "together",
        "evidence": {
            "digest": record().comparison.evidence.digest,
            "retrieval": {"mode": "hybrid", "k": 8, "seconds": 0.042, "fusion": "rrf", "mmr": False},
            "passages": [
                {
                    "collection": "",
                    "document": "a.pdf",
                    "page": 2,
                    "start": 0,
                    "end": 0,
                    "score": None,
                    "text": "20일",
                }
            ],
        },
        "answers": [
            {
                "id": "a1",
                "side": 1,
                "model": "openai:gpt-5.4-mini",
                "local": False,
                "sampling": {"temperature": 0.3, "stop": ["END"]},
                "status": "done",
                "finish": "stop",
                "text": "20일 [1]",
                "thinking": "흠",
                "usage": {
                    "input": 120,
                    "cached_input": 64,
                    "cache_write": 0,
                    "output": 6,
                    "reasoning": 0,
                    "source": "reported",
                },
                "timing": {
                    "queued": None,
                    "load": None,
                    "first_token": 0.25,
                    "prefill": None,
                    "decode": None,
                    "total": 1.5,
                },
                "cost_usd": "0.000000123",
                "sent": {"model": "gpt-5.4-mini"},
                "not_sent": {"top_k": "OpenAI has no top_k."},
                "notices": ["Loading."],
                "error": None,
            },
            {
                "id": "a2",
                "side": 0,
                "model": "ollama:llama3.1:8b",
                "local": True,
                "sampling": {},
                "status": "failed",
                "finish": None,
                "text": "",
                "thinking": "",
                "usage": None,
                "timing": dict.fromkeys(("queued", "load", "first_token", "prefill", "decode", "total")),
                "cost_usd": None,
                "sent": {},
                "not_sent": {},
                "notices": [],
                "error": {
                    "kind": "unreachable",
                    "message": "No Ollama at localhost.",
                    "remedy": "Run ollama serve.",
                },
            },
        ],
    }


@pytest.mark.parametrize("format", ["csv", "jsonl"])
def test_exporting_is_no_way_around_blindness(format: Format) -> None:
    blind = record(blind=True)
    for kind in ("comparisons", "ratings"):
        text = exported(kind, format, Comparisons(blind), Ratings([RATING], [STARS]))  # type: ignore[arg-type]
        for tell in (
            "openai",
            "gpt",
            "ollama",
            "llama",
            "OpenAI",
            "0.3",
            "0.25",
            "흠",
            "Loading",
            "0.000000123",
            "120",
        ):
            assert tell not in text.replace(NOW.isoformat(), ""), (kind, tell)


def test_while_hidden_the_answers_come_in_the_order_shown_with_the_same_keys() -> None:
    hidden: Any
    shown: Any
    hidden, shown = comparison_to_dict(record(blind=True)), comparison_to_dict(record(blind=True, revealed=True))
    assert hidden["hidden"] is True and shown["hidden"] is False
    left, right = hidden["answers"]
    assert (left["side"], right["side"], right["text"]) == (0, 1, "20일 [1]")
    assert left["error"]["kind"] == "unreachable"
    assert all(list(a) == list(b) for a, b in zip(hidden["answers"], shown["answers"], strict=True))


def test_jsonl_is_one_comparison_a_line_the_same_as_its_json_form() -> None:
    other = replace(record(), id="c2")
    lines = exported("comparisons", "jsonl", Comparisons(record(), other)).splitlines()
    assert [json.loads(line) for line in lines] == json.loads(
        json.dumps([comparison_to_dict(record()), comparison_to_dict(other)])
    )


def test_a_line_separator_inside_a_text_does_not_break_a_json_line() -> None:
    text = exported("comparisons", "jsonl", Comparisons(record(prompt="a\nb\r\nc\u2028d")))
    assert text.count("\n") == 1
    assert json.loads(text)["prompt"] == "a\nb\r\nc\u2028d"


def test_csv_has_one_row_for_each_answer() -> None:
    first, second = rows(exported("comparisons", "csv", Comparisons(record())))
    assert (first["comparison"], first["answer"], first["model"]) == ("c1", "a1", "openai:gpt-5.4-mini")
    assert (first["seconds_total"], first["usage_input"], first["cost_usd"]) == ("1.5", "120", "0.000000123")
    assert json.loads(first["sampling"]) == {"temperature": 0.3, "stop": ["END"]}
    assert (first["blind"], first["local"], second["local"]) == ("false", "false", "true")
    assert (second["answer"], second["status"], second["error_kind"]) == ("a2", "failed", "unreachable")
    assert (second["usage_input"], second["cost_usd"], second["seconds_total"]) == ("", "", "")


def test_csv_begins_with_the_mark_by_which_excel_knows_korean() -> None:
    for kind in ("comparisons", "ratings"):
        text = exported(kind, "csv", Comparisons(record()))  # type: ignore[arg-type]
        assert text.startswith("\ufeff") and text.count("\ufeff") == 1


def test_an_export_of_nothing_still_has_its_header() -> None:
    assert exported("comparisons", "csv", Comparisons()).startswith("\ufeffcomparison,thread,turn,created_at,prompt,")
    assert exported("comparisons", "csv", Comparisons()).count("\r\n") == 1
    assert exported("ratings", "jsonl", Comparisons()) == ""


@pytest.mark.parametrize("begin", ["=", "+", "-", "@", "\t", "\r", "\n", "＝", "＋", "－", "＠"])
def test_a_cell_that_a_spreadsheet_would_run_is_defused(begin: str) -> None:
    formula = begin + "cmd|' /C calc'!A0"
    [row, _] = rows(exported("comparisons", "csv", Comparisons(record(replace(DONE, text=formula), FAILED))))
    assert row["text"] == "'" + formula
    [rated] = rows(
        exported("ratings", "csv", Comparisons(record()), Ratings([replace(RATING, rater=formula, comment=formula)]))
    )
    assert (rated["rater"], rated["comment"]) == ("'" + formula, "'" + formula)


def test_newlines_quotes_and_commas_survive_csv() -> None:
    prompt = 'first, "second"\nthird\r\nfourth\rfifth'
    [row, _] = rows(exported("comparisons", "csv", Comparisons(record(prompt=prompt))))
    assert row["prompt"] == prompt


def test_ratings_name_the_models_and_the_winner() -> None:
    text = exported("ratings", "csv", Comparisons(record(revealed=True)), Ratings([RATING], [STARS]))
    rating, stars = rows(text)
    assert (rating["type"], rating["left"], rating["left_model"]) == ("rating", "a2", "ollama:llama3.1:8b")
    assert (rating["outcome"], rating["winner_model"]) == ("right", "openai:gpt-5.4-mini")
    assert (rating["rater"], rating["blind"], rating["tags"]) == ("미나", "true", '["style"]')
    assert (stars["type"], stars["comparison"], stars["answer_model"], stars["stars"]) == (
        "stars",
        "c1",
        "openai:gpt-5.4-mini",
        "4",
    )


def test_a_tie_has_no_winner() -> None:
    [row] = rows(exported("ratings", "csv", Comparisons(record()), Ratings([replace(RATING, outcome=Outcome.TIE)])))
    assert (row["outcome"], row["winner_model"]) == ("tie", "")


def test_a_corrected_vote_is_exported_and_marked() -> None:
    ratings = Ratings([replace(RATING, vote="old"), replace(RATING, supersedes="old")], [replace(STARS, vote="old")])
    items = [json.loads(line) for line in exported("ratings", "jsonl", Comparisons(record()), ratings).splitlines()]
    assert [(i["type"], i["superseded"]) for i in items] == [("rating", True), ("rating", False), ("stars", True)]


def test_an_export_is_written_as_it_is_read() -> None:
    comparisons = Comparisons(*(replace(record(), id=f"c{n}") for n in range(100)))
    pieces = Exporting(comparisons, Ratings()).export("comparisons", "csv")  # type: ignore[arg-type]
    next(pieces)
    assert comparisons.read <= 2
