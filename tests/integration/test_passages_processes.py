"""Several processes on one collection, and processes that are killed."""

from __future__ import annotations

import os
import signal
import subprocess
import time
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

import psycopg
import pytest

from app.domain.documents import Wanted
from app.domain.errors import UserError
from app.retrieval.tokenising import tokeniser
from storage.postgres.address import plain, where
from storage.postgres.passages import PgPassageStore, open_passages
from storage.postgres.sandbox import is_postgres
from tests.integration.passages import address, collection, embed, miscounted, postings, put, schema, store
from tests.integration.storing import python

# Puts documents into a collection, saying the name of each when it is stored.
WRITER = """
import sys
from storage.postgres.sandbox import is_postgres
from tests.integration.passages import collection, put
from app.retrieval.tokenising import tokeniser
from storage.postgres.passages import PgPassageStore, open_passages

address, schema, prefix, count = sys.argv[1:5]
store = PgPassageStore(lambda: address, tokeniser, place="test", schema_name=schema)
store.create(collection())
for n in range(int(count)):
    texts = [f"{prefix} document {n} passage {i} 연차휴가는 {i}일입니다" for i in range(40)]
    print(put(store, f"{prefix}-{n}.txt", *texts).outcome.value, f"{prefix}-{n}.txt", flush=True)
"""


@pytest.fixture
def name() -> Iterator[str]:
    with schema() as found:
        yield found


def writer(name: str, prefix: str, count: int) -> subprocess.Popen[str]:
    return python(WRITER, address()(), name, prefix, str(count))


def assert_whole(opened: PgPassageStore) -> None:
    """Every document has all its passages, and every count is what is there."""
    found = opened.collection("handbook")
    records = opened.documents("handbook")
    assert all(len(opened.passages(r.id)) == r.passages == 40 for r in records)
    assert found.documents == len(records) and found.passages == 40 * len(records)
    with psycopg.connect(address()()) as connection:
        for query in (
            "SELECT count(*) FROM {s}.passages_{n} p WHERE NOT EXISTS (SELECT FROM {s}.documents d"
            " WHERE d.id = p.document_id)",
            "SELECT count(*) FROM {s}.passages_{n} p WHERE NOT EXISTS (SELECT FROM {p} t WHERE t.id = p.id)",
            miscounted(found),
        ):
            row = connection.execute(
                query.format(s=found.schema, n=found.id, p=postings(found.schema, found.id)).encode()
            ).fetchone()
            assert row == (0,), query


def test_a_process_killed_while_it_stores_leaves_whole_documents_and_can_be_run_again(name: str) -> None:
    process = writer(name, "a", 100_000)
    assert process.stdout is not None
    seen = [process.stdout.readline().split()[1] for _ in range(5)]
    process.send_signal(signal.SIGKILL)
    seen += [line.split()[1] for line in process.communicate()[0].splitlines()]
    with store(name) as opened:
        assert_whole(opened)
        kept = {r.name for r in opened.documents("handbook")}
        assert kept >= set(seen)
        again = writer(name, "a", len(kept) + 2)
        out, error = again.communicate()
        assert again.returncode == 0, error
        outcomes = [line.split()[0] for line in out.splitlines()]
        assert outcomes == ["duplicate"] * len(kept) + ["stored"] * 2
        assert_whole(opened)


def test_two_processes_that_index_at_once_lose_nothing(name: str) -> None:
    processes = [writer(name, prefix, 12) for prefix in ("a", "b")]
    for process in processes:
        _, error = process.communicate()
        assert process.returncode == 0, error
    with store(name) as opened:
        assert opened.collection("handbook").documents == 24
        assert_whole(opened)


def test_two_processes_that_index_the_same_files_store_each_once(name: str) -> None:
    processes = [writer(name, "a", 12) for _ in range(2)]
    outcomes = [line.split()[0] for process in processes for line in process.communicate()[0].splitlines()]
    assert sorted(outcomes) == ["duplicate"] * 12 + ["stored"] * 12
    with store(name) as opened:
        assert_whole(opened)


def test_a_server_that_closed_our_connections_is_used_again(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    from storage.postgres import connections

    monkeypatch.setattr(connections, "_FRESH", 0.0)
    with store(name) as opened:
        opened.create(collection())
        put(opened, "a.txt", "zebra")
        with psycopg.connect(address()(), autocommit=True) as connection:
            connection.execute(
                "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
                " WHERE application_name = 'understudy' AND pid <> pg_backend_pid()"
            )
        assert len(opened.search("handbook", Wanted(5, embed(["zebra"])[0], "zebra"))) == 1


def test_a_server_that_cannot_be_reached_is_said_with_the_variable_to_look_at() -> None:
    at = plain("postgresql+psycopg://me:hidden-word@127.0.0.1:1/documents")
    opened = PgPassageStore(lambda: at, lambda _: None, place=where(at))  # type: ignore[arg-type, return-value]
    with pytest.raises(UserError, match=r"127\.0\.0\.1:1/documents.*PGVECTOR_URL") as found:
        opened.collections()
    assert "hidden-word" not in str(found.value)


@pytest.mark.parametrize(
    "url", ["postgresql://me:hidden-word@host/x?nonsense=1", "mysql://hidden-word@host/x", "hidden-word"]
)
def test_an_address_that_is_none_is_refused_without_repeating_it(url: str) -> None:
    with pytest.raises(UserError, match="PGVECTOR_URL is not the address") as found:
        plain(url)
    assert "hidden-word" not in str(found.value)


def test_documents_of_a_newer_version_are_left_alone(name: str) -> None:
    with store(name) as opened:
        opened.create(collection())
    with psycopg.connect(address()(), autocommit=True) as connection:
        connection.execute(f"UPDATE {name}.version SET version = 999".encode())
    with store(name) as opened, pytest.raises(UserError, match="newer version"):
        opened.collections()


def test_a_server_without_pgvector_is_said_with_the_command_to_run(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    from storage.postgres import schema as tables

    def absent(connection: object) -> None:
        raise psycopg.errors.UndefinedFile

    monkeypatch.setattr(tables, "_version", lambda connection: None)
    monkeypatch.setattr(tables, "_create_extension", absent)
    with store(name) as opened, pytest.raises(UserError, match=r"no pgvector.*`CREATE EXTENSION vector`"):
        opened.collections()


def test_an_embedded_server_that_was_killed_is_started_again_by_the_next_search(tmp_path: Path) -> None:
    opened = open_passages(tmp_path, None, tokeniser)
    try:
        opened.create(collection())
        put(opened, "a.txt", "zebra")
        opened.finish("handbook")
        kill_server(tmp_path)
        with suppress(UserError):  # a connection that was used a moment ago is not tried before
            opened.search("handbook", Wanted(5, words="zebra"))
        assert len(opened.search("handbook", Wanted(5, words="zebra"))) == 1
    finally:
        opened.close()
    assert not (tmp_path / "postgres/data/postmaster.pid").exists()


def test_a_server_killed_while_documents_are_stored_has_whole_ones_and_can_be_given_the_rest(tmp_path: Path) -> None:
    texts = [f"passage {i} 연차휴가는 {i}일입니다" for i in range(40)]
    opened = open_passages(tmp_path, None, tokeniser)
    try:
        opened.create(collection())
        for n in range(30):
            put(opened, f"{n}.txt", *texts, f"document {n}")
        kill_server(tmp_path)
        with suppress(UserError):
            opened.collections()
        records = opened.documents("handbook")
        assert all(len(opened.passages(r.id)) == r.passages == 41 for r in records)
        assert opened.collection("handbook").passages == 41 * len(records)
        for n in range(30):
            put(opened, f"{n}.txt", *texts, f"document {n}")
        assert opened.collection("handbook").documents == 30
        opened.finish("handbook")
        kill_server(tmp_path)
        with suppress(UserError):
            opened.collections()
        assert opened.collection("handbook").documents == 30
        assert len(opened.search("handbook", Wanted(5, words="document 29"))) == 5
    finally:
        opened.close()


def kill_server(home: Path) -> None:
    pid = int((home / "postgres/data/postmaster.pid").read_text().splitlines()[0])
    os.kill(pid, signal.SIGKILL)
    deadline = time.monotonic() + 10
    while is_postgres(pid):
        assert time.monotonic() < deadline


def test_nothing_is_started_before_the_first_call(tmp_path: Path) -> None:
    open_passages(tmp_path, None, tokeniser).close()
    assert not (tmp_path / "postgres").exists()
