"""Runs the command line, in this process for speed or in one of its own for signals and streams."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import pytest

from app.cli.main import main

ROOT = Path(__file__).resolve().parents[2]
NOBODY = "http://127.0.0.1:9"  # the discard port: nobody answers there
KEY = "sk-test-planted-0123456789abcdef"
OURS = ("UNDERSTUDY_", "OPENAI_", "OLLAMA_", "DATABASE_URL", "LC_", "LANG", "PYTHONIOENCODING")


@dataclass(frozen=True)
class Result:
    code: int
    out: str
    err: str

    @property
    def json(self) -> dict[str, object]:
        data = json.loads(self.out)
        assert isinstance(data, dict)
        return data

    @property
    def answers(self) -> list[dict[str, object]]:
        answers = self.json["answers"]
        assert isinstance(answers, list)
        return answers


def environment(home: Path, **variables: str) -> dict[str, str]:
    """A machine with nothing on it: no key, no server, an empty data folder."""
    base = {k: v for k, v in os.environ.items() if not k.startswith(OURS)}
    nothing = {
        "UNDERSTUDY_HOME": str(home),
        # Set but blank, so that a .env file of the person who runs the tests does not count.
        "OPENAI_API_KEY": "",
        "DATABASE_URL": "",
        "OPENAI_BASE_URL": f"{NOBODY}/v1",
        "OLLAMA_HOST": NOBODY,
        "LC_ALL": "C.UTF-8",
    }
    return base | nothing | variables


class Commands:
    """The command line on a data folder of its own; `variables` are set for every call."""

    def __init__(self, home: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
        self.home = home
        self.variables: dict[str, str] = {}
        self._monkeypatch, self._capsys = monkeypatch, capsys

    def __call__(self, *arguments: str) -> Result:
        """Run a command in this process."""
        for name in [n for n in os.environ if n.startswith(OURS)]:
            self._monkeypatch.delenv(name)
        for name, value in self.environment.items():
            self._monkeypatch.setenv(name, value)
        self._capsys.readouterr()
        code = main(arguments)
        captured = self._capsys.readouterr()
        return Result(code, captured.out, captured.err)

    @property
    def environment(self) -> dict[str, str]:
        return environment(self.home, **self.variables)

    def popen(self, *arguments: str, **variables: str) -> subprocess.Popen[bytes]:
        """Start a command in a process (group) of its own."""
        return subprocess.Popen(
            [sys.executable, "-m", "app", *arguments],
            cwd=ROOT,
            env=self.environment | variables,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            start_new_session=True,
        )

    def process(self, *arguments: str, stdin: bytes = b"", **variables: str) -> tuple[int, bytes, bytes]:
        """Run a command in a process of its own, and give its raw output."""
        with self.popen(*arguments, **variables) as child:
            out, err = child.communicate(stdin, timeout=60)
        return child.returncode, out, err


def connected(openai: str = "", ollama: str = "") -> Mapping[str, str]:
    """The variables that connect the fake servers."""
    found = {}
    if openai:
        found |= {"OPENAI_BASE_URL": f"{openai}/v1", "OPENAI_API_KEY": KEY}
    if ollama:
        found |= {"OLLAMA_HOST": ollama}
    return found
