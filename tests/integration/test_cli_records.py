"""`rate`, `history`, `show` and `export`."""

from __future__ import annotations

import csv
import io
import json
from pathlib import Path

import pytest

from tests.integration.commands import Commands


def ask(commands: Commands, *arguments: str, prompt: str = "When?") -> str:
    models = () if "-m" in arguments else ("-m", "openai:answer", "-m", "ollama:answer")
    result = commands("compare", *models, "--prompt", prompt, "--json", *arguments)
    assert result.code == 0, result.err
    return str(result.json["id"])


def test_a_vote_is_stored_and_shown(online: Commands) -> None:
    asked = ask(online)
    rated = online(
        "rate", asked, "right", "--by", "민지", "--stars", "1=2,2=5", "--tag", "style", "--comment", "더 짧다"
    )
    assert rated.code == 0, rated.err
    shown = online("show", asked).out
    assert "민지 · [2] is better than [1] · style · 더 짧다" in shown
    assert "[2] ★★★★★" in shown


@pytest.mark.parametrize(("choice", "said"), [("tie", "tie"), ("both-bad", "both bad")])
def test_a_tie_and_both_bad(online: Commands, choice: str, said: str) -> None:
    asked = ask(online)
    assert online("rate", asked, choice, "--by", "a").code == 0
    assert f"a · {said}" in online("show", asked).out


def test_the_best_of_three_is_named_by_its_number(online: Commands) -> None:
    asked = ask(online, "-m", "openai:answer", "-m", "openai:echo", "-m", "ollama:echo")
    refused = online("rate", asked, "left", "--by", "a")
    assert refused.code == 2 and "best:1" in refused.err
    assert online("rate", asked, "best:3", "--by", "a").code == 0
    shown = online("show", asked).out
    assert "[3] is better than [1]" in shown and "[3] is better than [2]" in shown


def test_a_second_vote_corrects_the_first(online: Commands) -> None:
    asked = ask(online)
    online("rate", asked, "left", "--by", "a")
    online("rate", asked, "right", "--by", "a")
    shown = online("show", asked).out
    assert "[2] is better" in shown and "[1] is better" not in shown
    rows = [json.loads(line) for line in online("export", "ratings", "--format", "jsonl").out.splitlines()]
    assert [r["superseded"] for r in rows] == [True, False]


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["up"], "up"),
        (["best:9"], "9"),
        (["best:²"], "²"),
        (["left", "--stars", "1:4"], "--stars"),
        (["left", "--stars", "1=9"], "5"),
        (["left", "--tag", "ugly"], "ugly"),
    ],
)
def test_a_vote_that_makes_no_sense_is_refused(online: Commands, arguments: list[str], said: str) -> None:
    result = online("rate", ask(online), *arguments, "--by", "a")
    assert result.code == 2 and said in result.err


def test_an_unknown_comparison_is_said(commands: Commands) -> None:
    result = commands("rate", "nothing", "left")
    assert result.code == 2 and "nothing" in result.err


def test_history_finds_by_text_model_status_and_vote(online: Commands) -> None:
    refund, hours = ask(online, prompt="환불은 며칠?"), ask(online, "-m", "ollama:korean", prompt="opening hours?")
    online("compare", "-m", "ollama:nobody-has-this", "--prompt", "broken")
    online("rate", refund, "left", "--by", "a")

    def found(*arguments: str) -> list[str]:
        data = online("history", *arguments, "--json").json["comparisons"]
        assert isinstance(data, list)
        return [c["id"] for c in data]

    assert found("환불") == [refund]
    assert found("--model", "ollama:korean") == [hours]
    assert len(found("--status", "failed")) == 1
    assert found("--rated") == [refund]
    assert hours in found("--unrated")
    assert len(found("--limit", "1", "--offset", "1")) == 1
    assert online("history", "--json").json["total"] == 3


def test_history_for_people_is_a_table(online: Commands) -> None:
    asked = ask(online, prompt="환불은\n며칠?")
    result = online("history")
    assert asked in result.out and "환불은 며칠?" in result.out and "1 of 1" in result.err


def test_an_unknown_status_names_the_known(commands: Commands) -> None:
    result = commands("history", "--status", "great")
    assert result.code == 2 and "truncated" in result.err


def test_comparisons_are_exported_for_a_spreadsheet(online: Commands, tmp_path: Path) -> None:
    ask(online, prompt="=1+1")
    file = tmp_path / "out.csv"
    assert online("export", "comparisons", "-o", str(file)).code == 0
    raw = file.read_bytes()
    assert raw.startswith(b"\xef\xbb\xbf") and b"\r\r\n" not in raw
    rows = list(csv.DictReader(io.StringIO(raw.decode("utf-8-sig"), newline="")))
    assert [r["model"] for r in rows] == ["openai:answer", "ollama:answer"]
    assert rows[0]["prompt"] == "'=1+1"


def test_a_line_of_the_export_is_the_object_of_show(online: Commands) -> None:
    asked = ask(online)
    line = online("export", "comparisons", "--format", "jsonl").out
    assert json.loads(line) == online("show", asked, "--json").json


def test_an_export_that_cannot_be_written_says_so(online: Commands, tmp_path: Path) -> None:
    ask(online)
    result = online("export", "comparisons", "-o", str(tmp_path / "no" / "folder.csv"))
    assert result.code == 2 and "-o FILE" in result.err
