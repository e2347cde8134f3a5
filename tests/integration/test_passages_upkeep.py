"""What deleted passages leave behind, and how it goes."""

from __future__ import annotations

import threading
from collections.abc import Iterator

import psycopg
import pytest
from pgvector.psycopg import HalfVector, register_vector  # type: ignore[import-untyped]

from app.domain.documents import Stored, Wanted
from storage.postgres import searching, tidying, upkeep
from storage.postgres.keyword import Among
from storage.postgres.passages import PgPassageStore
from storage.postgres.tidying import Tidying
from tests.integration.passages import address, collection, embed, put, store


@pytest.fixture
def opened(monkeypatch: pytest.MonkeyPatch) -> Iterator[PgPassageStore]:
    """Two documents of 100 passages, with an index of neighbours."""
    monkeypatch.setattr(upkeep, "HNSW_FROM", 50)
    with store() as found:
        found.create(collection())
        for name in ("a.txt", "b.txt"):
            put(found, name, *(f"{name} passage {n}" for n in range(100)))
        found.finish("handbook")
        assert found.collection("handbook").indexed
        yield found


def ask(query: str, opened: PgPassageStore) -> list[tuple[object, ...]]:
    record = opened.collection("handbook")
    given = query.format(s=record.schema, t=f"{record.schema}.{record.table}", i=f"{record.schema}.{record.table}_hnsw")
    with psycopg.connect(address()(), autocommit=True) as connection:
        return connection.execute(given.encode()).fetchall()


def index(opened: PgPassageStore) -> object:
    return ask("SELECT '{i}'::regclass::oid", opened)[0][0]


def pages(opened: PgPassageStore) -> int:
    return int(str(ask("SELECT pg_relation_size('{t}')", opened)[0][0]))


def test_after_many_deletions_the_graph_is_built_anew_and_the_dead_are_gone(opened: PgPassageStore) -> None:
    built, size = index(opened), pages(opened)
    opened.delete_document(opened.document("handbook", "b.txt").id)
    opened.finish("handbook")
    assert index(opened) != built and pages(opened) < size
    assert ask("SELECT count(*) FROM pg_indexes WHERE schemaname = '{s}' AND indexname LIKE '%worn%'", opened) == [(0,)]
    assert len(opened.search("handbook", Wanted(100, embed(["x"])[0]))) == 100


def test_a_graph_without_dead_vectors_stays(opened: PgPassageStore) -> None:
    built = index(opened)
    put(opened, "c.txt", "one more")
    opened.finish("handbook")
    assert index(opened) == built


def test_replaced_documents_count_as_deleted(opened: PgPassageStore) -> None:
    built = index(opened)
    replaced = put(opened, "b.txt", "all of it in one")
    assert isinstance(replaced, Stored) and replaced.replaced
    opened.finish("handbook")
    assert index(opened) != built


def test_searches_go_on_while_the_graph_is_built_anew(opened: PgPassageStore, monkeypatch: pytest.MonkeyPatch) -> None:
    opened.delete_document(opened.document("handbook", "b.txt").id)
    create, building, searched = upkeep._create, threading.Event(), threading.Event()

    def slowly(*given: object, **more: object) -> None:
        create(*given, **more)  # type: ignore[arg-type]
        building.set()
        assert searched.wait(10)

    monkeypatch.setattr(upkeep, "_create", slowly)
    tidying = threading.Thread(target=opened.finish, args=("handbook",))
    tidying.start()
    assert building.wait(10)
    assert len(opened.search("handbook", Wanted(5, embed(["a.txt passage 7"])[0]))) == 5
    searched.set()
    tidying.join(10)
    assert not tidying.is_alive()


def test_the_server_itself_tidies_up_after_a_fiftieth(opened: PgPassageStore) -> None:
    options = ask("SELECT unnest(reloptions) FROM pg_class WHERE oid = '{t}'::regclass", opened)
    assert ("autovacuum_vacuum_scale_factor=0.02",) in options


def test_many_documents_deleted_are_tidied_up_after_without_being_waited_for(
    opened: PgPassageStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(tidying, "PAUSE", 0.0)
    finish, tidied = PgPassageStore._finish, threading.Event()

    def heard(*given: object) -> None:
        finish(*given)  # type: ignore[arg-type]
        tidied.set()

    monkeypatch.setattr(PgPassageStore, "_finish", heard)
    built, size = index(opened), pages(opened)
    opened.delete_document(opened.document("handbook", "b.txt").id)
    assert tidied.wait(20)
    assert index(opened) != built and pages(opened) < size


def test_a_little_that_was_deleted_is_left_to_the_server(
    opened: PgPassageStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[int] = []
    monkeypatch.setattr(Tidying, "soon", lambda self, collection: asked.append(collection))
    put(opened, "c.txt", "one more")
    opened.delete_document(opened.document("handbook", "c.txt").id)
    assert asked == []
    opened.delete_document(opened.document("handbook", "b.txt").id)
    assert len(asked) == 1


def test_deletions_one_after_another_are_tidied_up_after_once(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tidying, "PAUSE", 0.2)
    seen: list[int] = []
    done = threading.Event()
    waiting = Tidying(lambda collection: (seen.append(collection), done.set())[0])
    for _ in range(5):
        waiting.soon(7)
    waiting.soon(8)
    waiting.done(8)
    assert done.wait(10)
    waiting.close()
    waiting.soon(9)
    assert seen == [7] and not waiting._timers.keys() & {8, 9}


def test_an_index_of_halves_is_the_one_that_is_searched(opened: PgPassageStore) -> None:
    record = opened.collection("handbook")
    place = searching.Place(record.schema, record.id, half=True)
    limits = (("depth", 5), ("shortlist", 10))
    statement = searching._statement(place, searching._Reach.NEAR, False, Among.ALL, limits)
    with psycopg.connect(address()(), autocommit=True) as connection:
        register_vector(connection)
        connection.execute("SET enable_seqscan = off")
        values = {"vector": HalfVector(embed(["a.txt passage 7"])[0]), "ef": "64"}
        plan = "\n".join(str(row[0]) for row in connection.execute(b"EXPLAIN " + statement.strip(), values))
    assert f"{record.table}_hnsw" in plan
    assert "halfvec" in str(ask("SELECT indexdef FROM pg_indexes WHERE indexname = split_part('{i}', '.', 2)", opened))
