"""`rate --batch`, `rate --import`, `rate --export-sheet`."""

from __future__ import annotations

import io
import json
import os
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from sqlalchemy import update

from app.cli.keys import name
from app.cli.output import width
from app.cli.wrapping import wrapped
from storage.database import open_database, write
from storage.evaluation_tables import BatchRow
from storage.ratings import SqlRatingStore
from tests.integration.commands import Commands
from tests.integration.evaluated import BATCH, MODELS, Planted, plant


@pytest.fixture
def planted(commands: Commands) -> Iterator[Commands]:
    """A batch of four questions with two answers each; nobody has rated."""
    engine = open_database(f"sqlite:///{(commands.home / 'understudy.db').as_posix()}", commands.home)
    plant(engine, {"faq": Planted(0, 0)}, questions=4, raters=0)
    plan = {"question_set": "planted", "version": 1, "contestants": [{"model": m} for m in MODELS[:2]], "raters": 1}
    write(engine, lambda connection: connection.execute(update(BatchRow).values(plan=plan)))
    engine.dispose()
    yield commands


def typed(commands: Commands, monkeypatch: pytest.MonkeyPatch, keys: str) -> str:
    monkeypatch.setattr(sys, "stdin", io.StringIO("".join(f"{key}\n" for key in keys)))
    result = commands("rate", "--batch", BATCH, "--rater", "민지")
    assert result.code == 0, result.err
    return result.out + result.err


def outcomes(commands: Commands) -> list[str]:
    engine = open_database(f"sqlite:///{(commands.home / 'understudy.db').as_posix()}", commands.home)
    try:
        return [r.outcome.value for r, superseded in SqlRatingStore(engine).all() if not superseded]
    finally:
        engine.dispose()


def test_each_key_is_a_vote_and_no_model_is_named(planted: Commands, monkeypatch: pytest.MonkeyPatch) -> None:
    # The planted answers say who gave them; all around them must not.
    said = typed(planted, monkeypatch, "12tx").replace(" of ollama", "").replace(" of openai", "")
    assert outcomes(planted) == ["left", "right", "tie", "both_bad"]
    assert not any(model in said for model in MODELS)
    assert "Nothing is left for you" in said


def test_undo_skip_and_quit(planted: Commands, monkeypatch: pytest.MonkeyPatch) -> None:
    said = typed(planted, monkeypatch, "1u2sq")
    assert "You said: A is better" in said
    assert outcomes(planted) == ["right"]


def test_keys_of_a_korean_keyboard_are_what_they_are_on_a_latin_one() -> None:
    assert [name(key) for key in "ㅅㅌㅕㄴㅂ1T"] == ["t", "x", "u", "s", "q", "1", "t"]


@pytest.mark.timeout(60)
@pytest.mark.skipif(os.name == "nt", reason="a terminal of Unix")
def test_arrows_and_letters_are_read_from_a_terminal(planted: Commands) -> None:
    import pty
    import subprocess

    ours, theirs = pty.openpty()
    command = [sys.executable, "-m", "app", "rate", "--batch", BATCH, "--rater", "jun"]
    with subprocess.Popen(
        command, stdin=theirs, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, env=planted.environment
    ) as child:
        os.close(theirs)
        assert child.stderr is not None
        # What is pressed before a pair is on the screen is no vote on it.
        for key in (b"\x1b[D", b"\x1b[C", b"\x1b[A", b"t"):
            while b"quit" not in child.stderr.readline():
                pass
            os.write(ours, key)
        err = child.stderr.read()
        os.close(ours)
    assert child.returncode == 0, err.decode()
    assert outcomes(planted) == ["left", "right", "tie", "tie"]


def test_progress_is_told_as_json(planted: Commands, monkeypatch: pytest.MonkeyPatch) -> None:
    typed(planted, monkeypatch, "1q")
    found = planted("rate", "--batch", BATCH, "--rater", "민지", "--json").json
    assert (found["rated"], found["left"], found["done"], found["places"]) == (1, 3, 1, 4)
    assert found["categories"] == [{"name": "faq", "done": 1, "places": 4}]


def test_a_sheet_goes_out_and_comes_back(planted: Commands, tmp_path: Path) -> None:
    file = tmp_path / "sheet.csv"
    assert planted("rate", "--batch", BATCH, "--rater", "민지", "--export-sheet", str(file)).code == 0
    text = file.read_text(encoding="utf-8")
    assert text.count(f"{BATCH}.") == 4
    file.write_text(text.replace(",,,,,민지", ",A,4,2,좋음,민지"), encoding="utf-8")
    done = planted("rate", "--import", str(file))
    assert (done.code, done.out.strip()) == (0, "4 votes stored")
    assert outcomes(planted) == ["left"] * 4


def test_an_import_with_a_broken_line_ends_with_1_and_says_which(planted: Commands, tmp_path: Path) -> None:
    file = tmp_path / "votes.csv"
    file.write_text(f"comparison,outcome\nc{0:031d},left\nc{1:031d},maybe\n", encoding="utf-8")
    result = planted("rate", "--import", str(file), "--rater", "jun")
    assert result.code == 1 and "Line 3" in result.err and "Nothing was stored" in result.err
    asked = planted("rate", "--import", str(file), "--rater", "jun", "--json")
    assert asked.code == 1 and [p["line"] for p in json.loads(asked.out)["problems"]] == [3]
    assert outcomes(planted) == []


@pytest.mark.parametrize(
    "arguments",
    [[], ["c1"], ["--batch", "b", "c1", "left"], ["--export-sheet", "x.csv"], ["c1", "left", "--import", "f"]],
)
def test_what_is_not_one_job_is_refused(commands: Commands, arguments: list[str]) -> None:
    assert commands("rate", *arguments).code == 2


def test_an_unknown_batch_is_said(commands: Commands) -> None:
    result = commands("rate", "--batch", "nothing")
    assert result.code == 2 and "nothing" in result.err


def test_lines_fit_the_terminal_and_lose_nothing() -> None:
    text = "계약을 해지하려면 며칠 전에 알려야 하나요? " * 3 + "x" * 100 + "\n\n  indented"
    lines = wrapped(text, 40)
    assert max(width(line) for line in lines) <= 40
    assert "".join("".join(lines).split()) == "".join(text.split())
    assert lines[-1] == "  indented"
