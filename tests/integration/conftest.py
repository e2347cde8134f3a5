"""The command line and the servers it talks to."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.integration.commands import Commands, connected
from tests.servers.ollama_server import OllamaServer
from tests.servers.openai_server import OpenAIServer


@pytest.fixture
def commands(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Commands:
    """The command line on a machine with nothing on it."""
    return Commands(tmp_path / "home", monkeypatch, capsys)


@pytest.fixture
def openai_server() -> Iterator[OpenAIServer]:
    with OpenAIServer() as server:
        yield server


@pytest.fixture
def ollama_server() -> Iterator[OllamaServer]:
    with OllamaServer() as server:
        yield server


@pytest.fixture
def online(commands: Commands, openai_server: OpenAIServer, ollama_server: OllamaServer) -> Commands:
    """The command line with both servers connected."""
    commands.variables |= connected(openai_server.address, ollama_server.address)
    return commands
