"""`index`, `search`, `collections` and `compare --collection`, on the real embedded server."""

from __future__ import annotations

import json
import signal
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.integration import passages
from tests.integration.commands import Commands
from tests.servers.embedding_server import EmbeddingServer

LEAVE = "# Leave\n\nA new employee gets 15 days of annual leave in the first year.\n"
PAY = "# 급여\n\n급여는 매달 25일에 지급한다. 연장 근로 수당은 통상 시급의 150퍼센트이다.\n"


@pytest.fixture
def shelf(commands: Commands, tmp_path: Path) -> Iterator[Path]:
    """A folder with two documents. Commands use the server of this run, or an embedded one of their own."""
    folder = tmp_path / "shelf"
    folder.mkdir()
    (folder / "leave.md").write_text(LEAVE, encoding="utf-8")
    (folder / "pay.md").write_text(PAY, encoding="utf-8")
    if passages.SERVER:
        commands.variables["PGVECTOR_URL"] = passages.SERVER
    yield folder
    if passages.SERVER:
        for record in commands("collections", "--json").json["collections"]:  # type: ignore[attr-defined]
            commands("collections", "delete", record["name"], "--yes")


def documents(result: object) -> dict[str, dict[str, object]]:
    found = result.json["documents"]  # type: ignore[attr-defined]
    return {d["name"]: d for d in found}


def test_without_documents_no_server_is_started(commands: Commands) -> None:
    result = commands("collections", "--json")
    assert result.code == 0 and result.json == {"collections": []}
    assert commands("compare", "-m", "builtin:lead", "-p", "Hello?", "--context", __file__).code == 0
    assert not (commands.home / "postgres").exists()


def test_a_collection_that_is_not_there_is_named(commands: Commands) -> None:
    result = commands("collections", "show", "nothing")
    assert result.code == 2 and "nothing" in result.err
    assert not (commands.home / "postgres").exists()


def test_from_files_to_a_grounded_answer(commands: Commands, shelf: Path) -> None:
    """One story, since a server that starts takes seconds: index, again, change, search, compare, reindex, delete."""
    first = commands("index", str(shelf), "--collection", "handbook", "--json")
    assert first.code == 0 and first.json["collection"] == "handbook" and first.json["problem"] is None
    assert {n: (d["status"], d["pages"], d["reason"]) for n, d in documents(first).items()} == {
        "shelf/leave.md": ("indexed", None, None),
        "shelf/pay.md": ("indexed", None, None),
    }
    assert all(d["passages"] for d in documents(first).values()) and first.json["seconds"] > 0  # type: ignore[operator]

    # Changed files are indexed anew, unchanged ones skipped, a bad one fails alone and is the exit code.
    (shelf / "leave.md").write_text(LEAVE.replace("15", "16"), encoding="utf-8")
    (shelf / "scan.pdf").write_bytes(b"no PDF at all")
    again = commands("index", str(shelf), "-c", "handbook", "--json")
    found = documents(again)
    assert again.code == 1
    assert {n: d["status"] for n, d in found.items()} == {
        "shelf/leave.md": "indexed",
        "shelf/pay.md": "duplicate",
        "shelf/scan.pdf": "failed",
    }
    assert found["shelf/leave.md"]["replaced"] is True and "no pdf inside" in str(found["shelf/scan.pdf"]["reason"])

    for mode in ("dense", "keyword", "hybrid"):
        asked = commands("search", "급여는 언제 지급하나요?", "-c", "handbook", "--mode", mode, "--k", "1", "--json")
        assert asked.code == 0 and asked.json["mode"] == mode and asked.json["query"] == "급여는 언제 지급하나요?"
        (hit,) = asked.json["passages"]  # type: ignore[misc]
        assert (hit["rank"], hit["document"], hit["page"]) == (1, "shelf/pay.md", None)
        assert hit["text"] == PAY.strip()[hit["start"] : hit["end"]]
        assert (hit["dense"] is None) == (mode == "keyword") and (hit["keyword"] is None) == (mode == "dense")
        assert asked.json["timing"]["total"] > 0  # type: ignore[index]
    plain = commands("search", "annual leave", "-c", "handbook")
    assert plain.out.startswith("1. shelf/leave.md") and "16 days" in plain.out

    answered = commands(
        "compare", "-m", "builtin:extract", "-c", "handbook", "--json", "-p", "How many days of annual leave?"
    )
    evidence = answered.json["evidence"]["passages"]  # type: ignore[index]
    assert answered.code == 0 and evidence[0]["document"] == "shelf/leave.md" and evidence[0]["score"] is not None
    assert "16 days" in str(answered.answers[0]["text"])

    listed = commands("collections", "list", "--json").json["collections"]
    assert [(c["name"], c["embedding"], c["documents"]) for c in listed] == [  # type: ignore[attr-defined]
        ("handbook", "builtin:use-multilingual", 2)
    ]
    refused = commands("index", str(shelf), "-c", "handbook", "--chunk-size", "300")
    assert refused.code == 2 and "other settings" in refused.err

    beside = commands("collections", "reindex", "handbook", "--to", "small", "--chunk-size", "60", "--json")
    shown = commands("collections", "show", "small", "--json").json
    assert beside.code == 0 and shown["chunking"] == {"size": 60, "overlap": 15, "unit": "characters"}
    assert [d["name"] for d in shown["documents"]] == ["shelf/leave.md", "shelf/pay.md"]  # type: ignore[attr-defined]

    asks = commands("collections", "delete", "small")
    assert asks.code == 2 and "--yes" in asks.err
    assert commands("collections", "delete", "handbook", "--document", "shelf/pay.md", "--yes").code == 0
    assert [d["name"] for d in commands("collections", "show", "handbook", "--json").json["documents"]] == [  # type: ignore[attr-defined]
        "shelf/leave.md"
    ]
    assert commands("collections", "delete", "small", "--yes").code == 0
    assert [c["name"] for c in commands("collections", "--json").json["collections"]] == ["handbook"]  # type: ignore[attr-defined]


@pytest.mark.parametrize(
    "arguments",
    [
        ("index", "nowhere.pdf", "-c", "x"),
        ("index", __file__, "-c", "x", "--embedding", "nonsense"),
        ("index", __file__, "-c", "x", "--chunk-unit", "words"),
        ("index", __file__, "-c", "x", "--tokeniser", "magic"),
        ("search", "why?", "-c", "x", "--mode", "magic"),
    ],
)
def test_wrong_usage_is_said_before_anything_starts(commands: Commands, arguments: tuple[str, ...]) -> None:
    result = commands(*arguments)
    assert result.code == 2 and result.err.strip() and "Traceback" not in result.err
    assert not (commands.home / "postgres").exists()


def test_an_embedding_server_that_is_down_is_one_reason(commands: Commands, shelf: Path) -> None:
    result = commands("index", str(shelf), "-c", "remote", "--embedding", "ollama:nomic-embed-text")
    assert result.code == 1 and "Ollama" in result.err and "Traceback" not in result.err


def test_ctrl_c_does_not_wait_for_an_embedding_server_that_hangs(commands: Commands, shelf: Path) -> None:
    with EmbeddingServer() as server:
        child = commands.popen(
            "index", str(shelf), "-c", "hanging", "--embedding", "ollama:hangs", "--json", OLLAMA_HOST=server.address
        )
        deadline = time.monotonic() + 30
        while len(server.requests) < 2:  # the first one tells the dimension
            assert child.poll() is None and time.monotonic() < deadline
            time.sleep(0.05)
        started = time.monotonic()
        child.send_signal(signal.SIGINT)
        out, err = child.communicate(timeout=60)
    assert child.returncode == 130, err.decode()
    assert {d["status"] for d in json.loads(out)["documents"]} == {"cancelled"}
    assert time.monotonic() - started < 10


def test_ctrl_c_keeps_whole_documents_and_stops_the_server(commands: Commands, shelf: Path) -> None:
    line = "A line of words that says nothing new at all. "
    for n in range(400):
        (shelf / f"long{n:03}.txt").write_text("\n\n".join(f"{n} {m} {line * 15}" for m in range(20)))
    child = commands.popen("index", str(shelf), "-c", "stopped", "--json")
    assert child.stderr is not None
    for row in child.stderr:
        if b": indexed" in row:
            break
    child.send_signal(signal.SIGINT)
    out, _ = child.communicate(timeout=60)
    states = [d["status"] for d in json.loads(out)["documents"]]
    assert child.returncode == 130 and "indexed" in states and "cancelled" in states
    kept = commands("collections", "show", "stopped", "--json").json["documents"]
    assert len(kept) == states.count("indexed") and all(d["passages"] for d in kept)  # type: ignore[arg-type, attr-defined]
    if not passages.SERVER:
        deadline = time.monotonic() + 10
        while (commands.home / "postgres" / "data" / "postmaster.pid").exists():
            assert time.monotonic() < deadline, "the server was left running"
            time.sleep(0.1)
