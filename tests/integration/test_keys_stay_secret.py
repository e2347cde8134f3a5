"""Keys are planted, everything that can go wrong with them goes wrong, and then every trace is searched."""

from __future__ import annotations

import logging
from collections.abc import Iterator
from pathlib import Path

import pytest

from app.bootstrap import build
from app.settings import load
from tests.integration.commands import Commands
from tests.servers.openai_server import OpenAIServer

# Shaped like no vendor's keys: they must be found by their value.
OPENAI = "Qz9/plan+ted=OPENAI7f3a9c55"
TEAM = "planted.team~0b1d5e"
UNNAMED = "planted%gate:way!77aa"  # in a variable whose name does not say that it is a key
PASSWORD = "planted-pass-41c2"
PLANTED = (OPENAI, TEAM, UNNAMED, PASSWORD)


@pytest.fixture
def picky() -> Iterator[OpenAIServer]:
    """A server that takes another key, and repeats the one it got in its error."""
    with OpenAIServer(key="the-right-one") as server:
        yield server


@pytest.fixture
def planted(commands: Commands, picky: OpenAIServer) -> Commands:
    commands.home.mkdir()
    blocks = [
        f'[team]\nbase_url = "{picky.base_url}"\napi_key_env = "TEAM_API_KEY"\n',
        f'[gate]\nbase_url = "{picky.base_url}"\napi_key_env = "GATE"\n',
    ]
    (commands.home / "endpoints.toml").write_text("\n".join(blocks))
    commands.variables |= {
        "OPENAI_API_KEY": OPENAI,
        "OPENAI_BASE_URL": picky.base_url,
        "TEAM_API_KEY": TEAM,
        "GATE": UNNAMED,
    }
    return commands


def leaks(text: str) -> list[str]:
    return [key for key in PLANTED if key in text]


def leaks_in_files(folder: Path) -> list[tuple[str, str]]:
    files = [f for f in folder.rglob("*") if f.is_file()]
    assert any(f.suffix == ".db" for f in files)
    return [(f.name, key) for f in files for key in PLANTED if key.encode() in f.read_bytes()]


ALL = ("-m", "openai:answer", "-m", "team:answer", "-m", "gate:answer")


def test_a_server_that_repeats_a_wrong_key_does_not_spread_it(
    planted: Commands, picky: OpenAIServer, caplog: pytest.LogCaptureFixture, tmp_path: Path
) -> None:
    caplog.set_level(logging.DEBUG)
    asked = planted("compare", *ALL, "--prompt", "Why?", "--json")
    assert asked.code == 1
    assert [a["error"]["kind"] for a in asked.answers] == ["wrong_key"] * 3  # type: ignore[index]
    assert {r.key for r in picky.requests} >= {OPENAI, TEAM, UNNAMED}, "the keys were really sent"
    identity = str(asked.json["id"])
    file = tmp_path / "home" / "export.csv"
    told = [
        asked,
        planted("compare", *ALL, "--prompt", "Why?"),
        planted("show", identity),
        planted("history", "--json"),
        planted("models", "list"),
        planted("doctor"),
        planted("doctor", "--json"),
        planted("export", "comparisons", "-o", str(file)),
        planted("export", "comparisons", "--format", "jsonl"),
    ]
    assert [leaks(result.out + result.err) for result in told] == [[]] * len(told)
    assert leaks(caplog.text) == []
    assert leaks_in_files(planted.home) == []


@pytest.mark.parametrize("model", ["fault-midstream-error", "fault-bad-json", "fault-cut"])
def test_streams_that_break_do_not_spread_a_key(commands: Commands, openai_server: OpenAIServer, model: str) -> None:
    commands.variables |= {"OPENAI_API_KEY": OPENAI, "OPENAI_BASE_URL": openai_server.base_url}
    result = commands("compare", "-m", f"openai:{model}", "--prompt", "Why?")
    assert result.code == 1
    assert leaks(result.out + result.err) == [] and leaks_in_files(commands.home) == []


def test_a_traceback_shows_no_key(planted: Commands, monkeypatch: pytest.MonkeyPatch) -> None:
    def breaks() -> None:
        raise RuntimeError(f"headers: {OPENAI} {TEAM}")

    monkeypatch.setattr("app.bootstrap.build", breaks)
    planted.variables["UNDERSTUDY_DEBUG"] = "1"
    result = planted("history")
    assert "Traceback" in result.err and leaks(result.err) == []


def test_nothing_shows_a_key_when_it_is_printed(planted: Commands) -> None:
    settings = load(planted.environment)
    container = build(settings)
    try:
        shown = [repr(settings), repr(container), repr(list(container.directory.providers.values()))]
        shown += [repr(vars(p)) for p in container.directory.providers.values()]
    finally:
        container.close()
    assert [leaks(text) for text in shown] == [[]] * len(shown)


def test_the_password_of_a_database_is_not_shown(commands: Commands) -> None:
    commands.variables["DATABASE_URL"] = f"postgresql://someone:{PASSWORD}@127.0.0.1:9/nothing"
    for arguments in (["doctor"], ["history"]):
        result = commands(*arguments)
        assert result.code == 1
        assert leaks(result.out + result.err) == []
