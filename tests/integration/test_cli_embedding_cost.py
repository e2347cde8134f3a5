"""`index` and `collections reindex` where embedding costs money: said before, and asked."""

from __future__ import annotations

import io
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.integration import passages
from tests.integration.commands import KEY, Commands
from tests.servers.embedding_server import EmbeddingServer

PAID = ("--embedding", "openai:text-embedding-3-small")


class Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


@pytest.fixture
def server(commands: Commands) -> Iterator[EmbeddingServer]:
    with EmbeddingServer() as running:
        commands.variables |= {"OPENAI_BASE_URL": f"{running.address}/v1", "OPENAI_API_KEY": KEY}
        if passages.SERVER:
            commands.variables["PGVECTOR_URL"] = passages.SERVER
        yield running
    if passages.SERVER:
        for record in commands("collections", "--json").json["collections"]:  # type: ignore[attr-defined]
            commands("collections", "delete", record["name"], "--yes")


@pytest.fixture
def file(tmp_path: Path) -> str:
    path = tmp_path / "rules.txt"
    path.write_text("연차휴가는 15일입니다. " * 200)
    return str(path)


def test_what_it_will_cost_is_said_and_nothing_sent_without_a_yes(
    commands: Commands, server: EmbeddingServer, file: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """One story, since a server that starts takes seconds."""
    refused = commands("index", file, "-c", "paid", *PAID)
    assert refused.code == 2 and "costs about $0.0000" in refused.err and "--yes" in refused.err
    monkeypatch.setattr("sys.stdin", Terminal("n\n"))
    declined = commands("index", file, "-c", "paid", *PAID)
    assert declined.code == 1 and "Embed them?" in declined.err
    assert server.requests == [] and commands("collections", "--json").json == {"collections": []}

    monkeypatch.setattr("sys.stdin", Terminal("y\n"))
    done = commands("index", file, "-c", "paid", *PAID, "--json")
    estimate, cost = done.json["estimate"], done.json["cost"]
    assert done.code == 0 and "Embed them?" in done.err
    assert estimate["source"] == "estimated" and estimate["tokens"] > 1000 and float(estimate["usd"]) > 0  # type: ignore[index]
    assert cost["source"] == "reported" and cost["tokens"]  # type: ignore[index]

    again = commands("index", file, "-c", "paid", "--json")  # nothing new: nothing to pay, nothing to ask
    assert again.code == 0 and again.json["estimate"]["tokens"] == 0  # type: ignore[index]

    monkeypatch.setattr("sys.stdin", io.StringIO())
    sent = len(server.requests)
    anew = commands("collections", "reindex", "paid", "--chunk-size", "300")
    assert anew.code == 2 and "costs about" in anew.err and len(server.requests) == sent
    anew = commands("collections", "reindex", "paid", "--chunk-size", "300", "--yes", "--json")
    assert anew.code == 0 and anew.json["estimate"]["tokens"] > 1000  # type: ignore[index]

    free = commands("collections", "reindex", "paid", "--embedding", "builtin:use-multilingual", "--json")
    assert free.code == 0 and free.json["estimate"] is None
