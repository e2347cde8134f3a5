"""`batch` at the command line."""

from __future__ import annotations

from pathlib import Path

import pytest

from app.domain.ratings import Outcome
from storage.comparisons import SqlComparisonStore
from storage.database import open_database
from storage.ratings import SqlRatingStore
from tests.integration.commands import Commands
from tests.integration.storing import rating
from tests.servers.ollama_server import OllamaServer
from tests.servers.openai_server import OpenAIServer


@pytest.fixture
def faq(online: Commands, tmp_path: Path) -> Commands:
    file = tmp_path / "faq.csv"
    file.write_text("question,category\n언제 여나요?,faq\nWhen does it open?,faq\n", "utf-8")
    assert online("questions", "import", str(file), "--name", "FAQ").code == 0
    return online


RUN = ("batch", "run", "--questions", "FAQ", "--model", "openai:answer", "--model", "ollama:answer")


def test_a_batch_runs_and_says_how_it_stands(faq: Commands) -> None:
    result = faq(*RUN, "--yes")
    assert result.code == 0 and "4 of 4 answers" in result.out and "results" in result.err
    assert "openai:answer" in result.err  # what it will take was said before


def test_json_holds_the_plan_the_terms_and_the_counts(faq: Commands) -> None:
    more = (
        "--repeats",
        "2",
        "--margin",
        "5",
        "--acceptable",
        "0.8",
        "--challenger",
        "openai:answer",
        "--incumbent",
        "2",
    )
    found = faq(*RUN, *more, "--temperature", "0.3", "--set", "2:max_tokens=50", "--yes", "--json").json
    assert (found["state"], found["question_set"], found["version"], found["repeats"]) == ("done", "FAQ", 1, 2)
    assert found["terms"] == {
        "incumbent": 1,
        "challenger": 0,
        "margin": 0.05,
        "alpha": 0.025,
        "acceptable": 0.8,
        "design": "questions_like_these",
    }
    assert found["contestants"] == [
        {"model": "openai:answer", "sampling": {"temperature": 0.3}},
        {"model": "ollama:answer", "sampling": {"temperature": 0.3, "max_tokens": 50}},
    ]
    progress = found["progress"]
    assert isinstance(progress, dict) and (progress["answers"], progress["done"]) == (8, 8)
    assert found["failures"] == []


def test_money_is_not_spent_without_a_yes_where_nobody_can_be_asked(faq: Commands, openai_server: OpenAIServer) -> None:
    result = faq(*RUN)
    assert result.code == 2 and "--yes" in result.err and "--budget-usd" in result.err
    assert openai_server.calls["answer"] == 0


def test_what_costs_nothing_needs_no_yes(faq: Commands, ollama_server: OllamaServer) -> None:
    assert faq("batch", "run", "-q", "FAQ", "-m", "ollama:answer").code == 0
    assert ollama_server.calls["answer"] >= 2


def test_a_budget_for_an_unpriced_model_names_the_way_out(faq: Commands) -> None:
    result = faq(*RUN, "--budget-usd", "1")
    assert result.code == 2 and "prices.toml" in result.err


def test_a_setup_that_cannot_work_ends_with_one_and_the_reason(faq: Commands) -> None:
    result = faq("batch", "run", "-q", "FAQ", "-m", "openai:fault-401", "-m", "ollama:answer", "--yes")
    assert result.code == 1 and "paused" in result.out and "OPENAI_API_KEY" in result.out


def test_failed_answers_are_listed_and_end_with_one(faq: Commands) -> None:
    result = faq("batch", "run", "-q", "FAQ", "-m", "openai:fault-content-filter", "-m", "ollama:answer", "--yes")
    assert result.code == 1 and "! question 1 · openai:fault-content-filter" in result.out


def test_a_batch_is_listed_shown_and_stopped(faq: Commands) -> None:
    faq("batch", "run", "-q", "FAQ", "-m", "openai:fault-401", "-m", "ollama:answer", "--yes")
    (listed,) = faq("batch", "list", "--json").json["batches"]  # type: ignore[misc]
    assert "paused" in faq("batch", "list").out
    assert faq("batch", "stop", listed["id"][:6], "--json").json["state"] == "stopped"
    assert faq("batch", "status", listed["id"], "--json").json["state"] == "stopped"
    assert faq("batch", "resume", listed["id"]).code == 2


def test_without_a_batch_the_list_says_how_to_make_one(commands: Commands) -> None:
    result = commands("batch", "list")
    assert result.code == 0 and "batch run" in result.err


@pytest.mark.parametrize(
    ("wrong", "said"),
    [
        (("--budget-usd", "much"), "no budget"),
        (("--challenger", "3"), "not one of the contestants"),
        (("--mode", "guess"), "no way to search"),
        (("--margin", "0"), "margin"),
        (("--repeats", "99"), "repeats"),
        (("--version", "7"), "no version 7"),
    ],
)
def test_wrong_usage_is_said_and_makes_no_batch(faq: Commands, wrong: tuple[str, ...], said: str) -> None:
    result = faq(*RUN, "--yes", *wrong)
    assert result.code == 2 and said in result.err
    assert faq("batch", "list", "--json").json["batches"] == []


def test_messages_are_korean_where_korean_is_spoken(faq: Commands) -> None:
    result = faq("--lang", "ko", *RUN, "--yes")
    assert result.code == 0 and "답변" in result.out


def test_the_failed_answers_of_a_batch_are_asked_again(faq: Commands, openai_server: OpenAIServer) -> None:
    ran = faq("batch", "run", "-q", "FAQ", "-m", "openai:fault-bad-json", "-m", "ollama:answer", "--yes")
    assert ran.code == 1 and "batch retry" in ran.err
    (listed,) = faq("batch", "list", "--json").json["batches"]  # type: ignore[misc]
    assert listed["progress"]["retriable"] == listed["progress"]["failed"] > 0
    asked = openai_server.calls["fault-bad-json"]
    again = faq("batch", "retry", listed["id"][:6], "--json")
    assert (again.code, again.json["state"]) == (1, "done")
    assert openai_server.calls["fault-bad-json"] == 2 * asked


def test_the_failed_answers_of_a_batch_that_was_rated_are_not_asked_again(faq: Commands) -> None:
    models = ("-m", "openai:fault-bad-json", "-m", "ollama:answer", "-m", "openai:answer")
    faq("batch", "run", "-q", "FAQ", *models, "--yes")
    (listed,) = faq("batch", "list", "--json").json["batches"]  # type: ignore[misc]
    database = open_database(f"sqlite:///{(faq.home / 'understudy.db').as_posix()}", faq.home)
    (comparison, _) = SqlComparisonStore(database).all()
    _, one, other = comparison.answers
    SqlRatingStore(database).add([rating(comparison, Outcome.LEFT, left=one.id, right=other.id)], [])
    database.dispose()
    again = faq("batch", "retry", listed["id"])
    assert again.code == 2 and "has been rated" in again.err and "new batch" in again.err
    assert "batch retry" not in faq("batch", "status", listed["id"]).err


def test_history_lists_the_comparisons_of_a_batch(faq: Commands) -> None:
    faq("batch", "run", "-q", "FAQ", "-m", "openai:answer", "-m", "ollama:answer", "--yes")
    (listed,) = faq("batch", "list", "--json").json["batches"]  # type: ignore[misc]
    assert faq("history", "--json").json["total"] == 0
    found = faq("history", "--batch", listed["id"][:6], "--json").json
    assert (found["batch"], found["total"]) == (listed["id"], listed["progress"]["answers"] // 2)
    assert all(line["hidden"] and line["models"] == [] for line in found["comparisons"])  # type: ignore[attr-defined]
    assert "hidden until the vote" in faq("history", "--batch", listed["id"]).out
    assert faq("history", "--batch", "nothing-here").code == 2


def test_why_a_batch_waits_is_a_code_beside_the_words(faq: Commands) -> None:
    faq("batch", "run", "-q", "FAQ", "-m", "openai:fault-401", "-m", "ollama:answer", "--yes")
    (listed,) = faq("batch", "list", "--json").json["batches"]  # type: ignore[misc]
    assert listed["reason_code"] == "setup" and "OPENAI_API_KEY" in listed["reason"]
