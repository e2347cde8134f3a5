"""`results` and `verdict` on a batch that was rated, and on records of it."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from storage.database import open_database
from tests.integration.commands import Commands
from tests.integration.evaluated import BATCH, MODELS, Planted, plant
from tests.integration.test_results import BAD, EVEN, GOOD


def planted(commands: Commands, categories: dict[str, Planted], *, questions: int = 100, contestants: int = 2) -> None:
    engine = open_database(f"sqlite:///{(commands.home / 'understudy.db').as_posix()}", commands.home)
    plant(engine, categories, questions=questions, contestants=contestants)
    engine.dispose()


@pytest.fixture
def rated(commands: Commands) -> Commands:
    """A batch whose challenger can take over questions of one category and not those of the other."""
    planted(commands, {"자주 묻는 질문": GOOD, "legal": BAD})
    return commands


@pytest.fixture
def record(rated: Commands, tmp_path: Path) -> Path:
    path = tmp_path / "record.json"
    assert rated("verdict", "--record", str(path)).code == 0
    return path


def tampered(path: Path, change: Any) -> Path:
    data = json.loads(path.read_text(encoding="utf-8"))
    change(data)
    path.write_text(json.dumps(data), encoding="utf-8")
    return path


def test_results_say_what_to_do_for_which_questions(rated: Commands) -> None:
    told = rated("results")
    assert told.code == 0
    assert "자주 묻는 질문: ollama:llama3.1:8b can replace openai:gpt-5.4-mini" in told.out
    assert "legal: keep openai:gpt-5.4-mini" in told.out


def test_every_figure_of_the_json_says_how_it_was_found(rated: Commands) -> None:
    data: Any = rated("results", BATCH[:6], "--json").json
    assert data["batch"]["id"] == BATCH
    assert [c["model"] for c in data["contestants"]] == list(MODELS[:2])
    assert {"value", "low", "high", "n", "units", "method", "level"} <= set(data["contestants"][0]["quality"])
    assert data["verdict"]["overall"]["method"] and data["verdict"]["overall"]["source"]
    assert data["ratings"]["agreement"]["resamples"] > 0


def test_four_contestants_have_strengths_with_solver_and_seed(commands: Commands) -> None:
    planted(commands, {"faq": EVEN}, questions=30, contestants=4)
    standings: Any = commands("results", "--json").json["standings"]
    assert len(standings["strengths"]) == 4
    assert standings["solver"].startswith("evalica") and standings["seed"]


def test_without_a_batch_it_says_how_to_run_one(commands: Commands) -> None:
    told = commands("results")
    assert told.code == 2
    assert "There is no batch yet." in told.err and "batch run" in told.err


def test_a_required_verdict_that_is_not_met_exits_with_three(rated: Commands) -> None:
    told = rated("verdict", "--require", "replace")
    assert told.code == 3
    assert "The verdict is not replace for: legal" in told.err


def test_a_required_verdict_that_is_met_exits_with_nothing(commands: Commands) -> None:
    planted(commands, {"faq": GOOD})
    assert commands("verdict", "--require", "replace").code == 0


def test_roles_can_be_turned_for_a_look(rated: Commands) -> None:
    data: Any = rated("verdict", "--challenger", MODELS[0], "--incumbent", MODELS[1], "--json").json
    assert data["challenger"] == MODELS[0]
    assert {f["category"]: f["decision"] for f in data["verdict"]["categories"]}["legal"] == "replace"


def test_a_look_by_other_terms_cannot_be_required(rated: Commands) -> None:
    refused = rated("verdict", "--margin", "0.9", "--require", "replace")
    assert refused.code == 2 and "by the terms agreed on" in refused.err


def test_another_margin_is_told_to_be_a_look(rated: Commands) -> None:
    told = rated("verdict", "--margin", "0.2")
    assert told.code == 0 and "a look by other terms than those agreed on" in told.err
    assert "10 points → 20 points" in told.err
    assert rated("verdict", "--margin", "10").code == 2


def test_a_model_that_is_no_contestant_is_wrong_usage(rated: Commands) -> None:
    told = rated("verdict", "--challenger", "openai:gpt-9")
    assert told.code == 2 and MODELS[1] in told.err


def test_a_record_is_computed_again_to_the_same_verdict(rated: Commands, record: Path) -> None:
    live: Any = rated("verdict", "--json").json
    again: Any = rated("verdict", str(record), "--json").json
    assert again["differences"] == []
    assert again["verdict"] == live["verdict"] and again["sentences"] == live["sentences"]


def test_a_record_meets_or_misses_what_is_required_too(rated: Commands, record: Path) -> None:
    assert rated("verdict", str(record), "--require", "replace").code == 3


def test_a_record_whose_votes_were_changed_exits_with_one(rated: Commands, record: Path) -> None:
    def swap(data: Any) -> None:
        data["votes"]["result"] = [{1: -1, -1: 1}.get(r, r) for r in data["votes"]["result"]]

    told = rated("verdict", str(tampered(record, swap)))
    assert told.code == 1
    assert "The record says something else than its votes: verdict." in told.err


def test_a_record_whose_verdict_was_changed_exits_with_one(rated: Commands, record: Path) -> None:
    def better(data: Any) -> None:
        data["results"]["verdict"]["categories"][1]["decision"] = "replace"

    told = rated("verdict", str(tampered(record, better)), "--require", "replace")
    assert told.code == 1 and "verdict.categories[1].decision" in told.err


def test_other_roles_of_a_record_are_looked_at_from_its_votes(rated: Commands, record: Path) -> None:
    turned: Any = rated("verdict", str(record), "--challenger", MODELS[0], "--incumbent", MODELS[1], "--json").json
    assert turned["challenger"] == MODELS[0] and turned["differences"] == []
    assert rated("verdict", str(record), "--challenger", MODELS[0]).code == 2


def test_a_record_brings_its_own_batch(rated: Commands, record: Path) -> None:
    told = rated("verdict", str(record), "--batch", BATCH[:6])
    assert told.code == 2 and "Leave them out" in told.err


def test_what_is_no_record_is_told(rated: Commands, tmp_path: Path) -> None:
    other = tmp_path / "other.json"
    other.write_text("[]", encoding="utf-8")
    assert rated("verdict", str(other)).code == 2
    assert rated("verdict", str(tmp_path / "none.json")).code == 2


def test_a_record_that_cannot_be_written_is_told(rated: Commands, tmp_path: Path) -> None:
    told = rated("verdict", "--record", str(tmp_path / "none" / "record.json"))
    assert told.code == 2 and "cannot be written" in told.err
