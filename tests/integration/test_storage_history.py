"""What History finds."""

from __future__ import annotations

import unicodedata
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from itertools import product
from pathlib import Path

import pytest
from sqlalchemy import Engine

from app.domain.answers import Answer, Status
from app.domain.comparisons import Query
from app.domain.ratings import Outcome, Stars
from storage.comparisons import SqlComparisonStore
from storage.ratings import SqlRatingStore
from tests.integration.storing import CLOUD, FLOOR, LOCAL, ask, database, finish, rating


@dataclass
class Kept:
    engine: Engine
    store: SqlComparisonStore
    ratings: SqlRatingStore

    def prompts(self, **query: object) -> list[str]:
        lines, total = self.store.search(Query(**query))  # type: ignore[arg-type]
        assert total == len(lines)
        return [line.prompt for line in lines]


@pytest.fixture
def kept(tmp_path: Path) -> Iterator[Kept]:
    with database(tmp_path) as engine:
        yield Kept(engine, SqlComparisonStore(engine), SqlRatingStore(engine))


def test_the_newest_comes_first(kept: Kept) -> None:
    for prompt in ("one", "two", "three"):
        ask(kept.store, prompt)
    assert kept.prompts() == ["three", "two", "one"]


def test_a_page_knows_how_many_there_are_in_all(kept: Kept) -> None:
    for n in range(5):
        ask(kept.store, str(n))
    lines, total = kept.store.search(Query(limit=2, offset=3))
    assert ([line.prompt for line in lines], total) == (["1", "0"], 5)
    assert kept.store.search(Query(limit=2, offset=9)) == ((), 5)


@pytest.mark.parametrize("where", ["prompt", "answer", "comment"])
def test_text_is_found_in_prompts_answers_and_comments(kept: Kept, where: str) -> None:
    words = dict.fromkeys(("prompt", "answer", "comment"), "nothing") | {where: "the needle here"}
    record = finish(kept.store, ask(kept.store, words["prompt"]), "nothing", words["answer"])
    kept.ratings.add([rating(record, comment=words["comment"])], [])
    ask(kept.store, "other")
    assert kept.prompts(text="needle") == [words["prompt"]]


@pytest.mark.parametrize(
    ("stored", "asked"),
    [
        ("Straße in MÜNCHEN", "STRASSE in münchen"),
        ("연차 휴가는 며칠?", unicodedata.normalize("NFD", "휴가는")),
        (unicodedata.normalize("NFD", "연차 휴가는 며칠?"), "휴가는"),
        (unicodedata.normalize("NFD", "Café"), "CAFÉ"),
        ("ΣΊΣΥΦΟΣ", "σίσυφος"),
    ],
)
def test_neither_case_nor_unicode_form_matters(kept: Kept, stored: str, asked: str) -> None:
    ask(kept.store, stored)
    ask(kept.store, "other")
    assert kept.prompts(text=asked) == [stored]


@pytest.mark.parametrize("text", ["100%", "a_b", "back\\slash", "it's", '"quoted"', "[1]", "*"])
def test_signs_that_mean_something_to_sql_are_plain_text(kept: Kept, text: str) -> None:
    ask(kept.store, f"before {text} after")
    ask(kept.store, "before 100 a b backslash its quoted 1 after")
    assert kept.prompts(text=text) == [f"before {text} after"]


def test_what_is_looked_for_may_be_longer_than_any_pattern(kept: Kept) -> None:
    ask(kept.store, "x" * 100_000)
    assert kept.prompts(text="x" * 60_000) == ["x" * 500]
    assert kept.prompts(text="\0\ud800") == []


def test_a_comment_that_was_corrected_is_not_found(kept: Kept) -> None:
    record = finish(kept.store, ask(kept.store, "asked"))
    kept.ratings.add([rating(record, vote="v1", comment="hasty words")], [])
    kept.ratings.add([rating(record, vote="v2", supersedes="v1", comment="calm words")], [])
    assert kept.prompts(text="calm") == ["asked"]
    assert kept.prompts(text="hasty") == []


def test_an_interrupted_answer_is_found_by_what_had_arrived(kept: Kept) -> None:
    record = ask(kept.store, "asked", owner="home-1")
    kept.store.save_answer(record.answers[0].id, Answer(Status.RUNNING, text="Twenty DA"))
    kept.store.interrupt("home-1")
    assert kept.prompts(text="twenty da") == ["asked"]


def test_a_model_is_found_whatever_its_place(kept: Kept) -> None:
    ask(kept.store, "a", (CLOUD, LOCAL))
    ask(kept.store, "b", (FLOOR, CLOUD))
    assert kept.prompts(model="ollama:llama3.1:8b") == ["a"]
    assert kept.prompts(model="openai:gpt-5.4-mini") == ["b", "a"]
    assert kept.prompts(model="ollama:llama3.1") == []


def test_the_status_is_the_one_that_the_record_says(kept: Kept) -> None:
    pairs = list(product(Status, repeat=2))
    for left, right in pairs:
        record = ask(kept.store, f"{left} {right}")
        for answer, status in zip(record.answers, (left, right), strict=True):
            kept.store.save_answer(answer.id, Answer(status))
    records = list(kept.store.all())
    for status in set(Status) - {Status.WAITING}:
        lines, _ = kept.store.search(Query(status=status, limit=len(pairs)))
        assert {line.id for line in lines} == {r.id for r in records if r.status is status}
        assert {line.status for line in lines} <= {status}


def test_rated_and_unrated_are_told_apart(kept: Kept) -> None:
    record = finish(kept.store, ask(kept.store, "rated"))
    ask(kept.store, "unrated")
    kept.ratings.add([rating(record)], [])
    assert kept.prompts(rated=True) == ["rated"]
    assert kept.prompts(rated=False) == ["unrated"]


def test_filters_narrow_together(kept: Kept) -> None:
    finish(kept.store, ask(kept.store, "leave a", (CLOUD, LOCAL)))
    finish(kept.store, ask(kept.store, "leave b", (CLOUD, FLOOR)))
    ask(kept.store, "leave c", (CLOUD, FLOOR))
    assert kept.prompts(text="LEAVE", model="builtin:extract", status=Status.DONE, rated=False) == ["leave b"]


def test_a_corrected_vote_counts_once_and_a_best_of_three_is_one_vote(kept: Kept) -> None:
    record = finish(kept.store, ask(kept.store, contestants=(CLOUD, LOCAL, FLOOR)))
    third = record.answers[2].id
    kept.ratings.add([rating(record, vote="v1")], [])
    kept.ratings.add([rating(record, vote="v2", supersedes="v1", outcome=Outcome.TIE)], [])
    kept.ratings.add(
        [rating(record, vote="v3", rater="jun", best_of=3), rating(record, vote="v3", right=third, best_of=3)],
        [Stars("v3", third, 5, False, "jun", datetime.now(UTC))],
    )
    assert kept.store.search(Query())[0][0].votes == 2


def test_a_line_names_models_in_the_order_asked_once_they_may_be_known(kept: Kept) -> None:
    record = ask(kept.store, contestants=(LOCAL, FLOOR, CLOUD), sides=(1, 2, 0), blind=True)
    [line], _ = kept.store.search(Query())
    assert line.hidden
    assert line.models == ("builtin:extract", "ollama:llama3.1:8b", "openai:gpt-5.4-mini")
    kept.store.reveal(record.id, "mina")
    [line], _ = kept.store.search(Query())
    assert not line.hidden
    assert line.models == ("ollama:llama3.1:8b", "builtin:extract", "openai:gpt-5.4-mini")
