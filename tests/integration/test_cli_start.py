"""The command line starts fast, and fails in a line."""

from __future__ import annotations

import subprocess
import sys
import time
from pathlib import Path

import pytest

from tests.integration.commands import ROOT, Commands

HEAVY = ("streamlit", "openai", "sqlalchemy", "pandas", "numpy", "httpx", "babel", "rich")


def test_help_imports_nothing_heavy() -> None:
    look = "import sys; from app.cli.main import main; main(['--help']); print(list(sys.modules), file=sys.stderr)"
    done = subprocess.run([sys.executable, "-c", look], cwd=ROOT, capture_output=True, text=True, check=True)
    assert "compare" in done.stdout
    assert [name for name in HEAVY if f"'{name}'" in done.stderr] == []


def test_a_command_does_not_import_streamlit(commands: Commands) -> None:
    look = "import sys; from app.cli.main import main; main(['history']); sys.exit('streamlit' in sys.modules)"
    subprocess.run([sys.executable, "-c", look], cwd=ROOT, env=commands.environment, check=True, capture_output=True)


def test_help_answers_at_once() -> None:
    started = time.monotonic()
    subprocess.run([sys.executable, "-m", "app", "--help"], cwd=ROOT, capture_output=True, check=True)
    assert time.monotonic() - started < 2


def test_no_command_shows_the_help(commands: Commands) -> None:
    result = commands()
    assert result.code == 2 and "compare" in result.out + result.err


def test_an_unknown_command_is_wrong_usage(commands: Commands) -> None:
    result = commands("compaer")
    assert result.code == 2 and "compaer" in result.err


def test_a_folder_that_cannot_be_written_is_said(commands: Commands, tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    commands.variables["UNDERSTUDY_HOME"] = str(tmp_path / "file" / "home")
    result = commands("history")
    assert result.code == 2 and "UNDERSTUDY_HOME" in result.err and "Traceback" not in result.err


def test_a_setting_that_is_no_number_is_said(commands: Commands) -> None:
    commands.variables["UNDERSTUDY_IDLE_TIMEOUT"] = "soon"
    result = commands("history")
    assert result.code == 2 and "UNDERSTUDY_IDLE_TIMEOUT" in result.err


def test_what_breaks_inside_is_one_line_without_the_key(commands: Commands, monkeypatch: pytest.MonkeyPatch) -> None:
    commands.variables["OPENAI_API_KEY"] = "sk-planted-1234567890"

    def breaks() -> None:
        raise RuntimeError("bad: sk-planted-1234567890")

    monkeypatch.setattr("app.bootstrap.build", breaks)
    result = commands("history")
    assert result.code == 1
    assert "RuntimeError: bad" in result.err and "planted" not in result.err and "Traceback" not in result.err


def test_a_reader_that_leaves_early_is_no_error(online: Commands) -> None:
    child = online.popen("models", "list", "--json")
    assert child.stdout is not None and child.stderr is not None
    child.stdout.close()
    error = child.stderr.read()
    child.wait(30)
    assert b"Traceback" not in error and b"BrokenPipe" not in error
