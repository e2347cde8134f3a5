"""The decision record: computed again it says the same, and what was changed in it shows."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from app.domain.batches import VerdictTerms
from app.domain.errors import UserError
from app.pricing.prices import Prices
from app.services.decision.record import DecisionRecords, Record, read_record, recomputed, record_to_json
from storage.figures import SqlFigureStore
from storage.votes import SqlVoteStore
from tests.integration.evaluated import Planted
from tests.integration.test_results import BAD, GOOD, results


@contextmanager
def record(folder: Path, planted: dict[str, Planted] | None = None) -> Iterator[Any]:
    with results(folder, planted or {"faq": GOOD, "법무": BAD}, questions=120) as (found, engine):
        records = DecisionRecords(
            SqlVoteStore(engine), SqlFigureStore(engine), lambda _: (), lambda _: None, Prices(None)
        )
        yield records.of(found)


def through_a_file(given: Record) -> Record:
    return read_record("record.json", record_to_json(given))


def test_a_record_computed_again_from_its_file_says_the_same(tmp_path: Path) -> None:
    with record(tmp_path) as given:
        again = recomputed(through_a_file(given))
    assert again.differences == ()
    assert [f.category for f in again.verdict.categories] == ["faq", "법무"]


def test_a_vote_changed_in_the_file_shows(tmp_path: Path) -> None:
    with record(tmp_path) as given:
        given["votes"]["result"][0] = -given["votes"]["result"][0] or 1
        again = recomputed(given)
    assert "verdict.overall.difference" in again.differences


def test_a_decision_changed_in_the_file_shows(tmp_path: Path) -> None:
    with record(tmp_path) as given:
        given["results"]["verdict"]["overall"]["decision"] = "replace!"
        assert recomputed(given).differences == ("verdict.overall.decision",)


def test_a_record_answers_to_other_terms_too(tmp_path: Path) -> None:
    with record(tmp_path, {"faq": Planted(0.3, 0.3)}) as given:
        wide = recomputed(through_a_file(given), VerdictTerms(margin=0.5))
    assert wide.verdict.overall.decision.value == "replace"
    assert wide.differences == ()


def test_a_record_names_no_rater_and_every_digest(tmp_path: Path) -> None:
    with record(tmp_path) as given:
        assert "rater 0" not in json.dumps(given["votes"])
        assert len(given["evidence"]) == 240
        assert len(given["votes"]["result"]) == 240


def test_a_price_that_is_not_known_is_not_zero(tmp_path: Path) -> None:
    with record(tmp_path) as given:
        local = given["models"][1]
    assert local["usd_per_million_tokens"] is None


@pytest.mark.parametrize(
    "data",
    [b"", b"{}", b"[1]", b'{"kind": "something else"}', b"\xff\xfe", b"<html>no record</html>", b"[" * 100_000],
    ids=["empty", "object", "list", "other kind", "binary", "html", "deep"],
)
def test_what_is_no_record_is_refused_by_name(data: bytes) -> None:
    with pytest.raises(UserError, match=r"notes\.txt is not a decision record"):
        read_record("notes.txt", data)


def test_a_record_of_a_later_form_names_the_version_that_reads_it() -> None:
    data = b'{"kind": "understudy decision record", "form": 99, "understudy": "7.0"}'
    with pytest.raises(UserError) as refused:
        read_record("later.json", data)
    assert "7.0" in str(refused.value.remedy)


@pytest.mark.parametrize("missing", ["votes", "results", "questions", "closed"])
def test_a_record_with_a_part_missing_is_refused_and_not_half_computed(tmp_path: Path, missing: str) -> None:
    with record(tmp_path) as given:
        del given[missing]
        with pytest.raises(UserError, match="not a whole decision record"):
            recomputed(given)


def test_a_vote_on_a_question_that_is_not_there_is_refused(tmp_path: Path) -> None:
    with record(tmp_path) as given:
        given["votes"]["question"][0] = 10_000
        with pytest.raises(UserError, match="not a whole decision record"):
            recomputed(given)


def test_terms_that_make_no_sense_are_refused(tmp_path: Path) -> None:
    with record(tmp_path) as given, pytest.raises(UserError):
        recomputed(given, replace(VerdictTerms(), margin=7.0))
