"""Collections and documents in PostgreSQL: put, found again, replaced, deleted."""

from __future__ import annotations

import unicodedata
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import numpy as np
import psycopg
import pytest

from app.domain.documents import Chunking, CollectionRecord, Outdated, Put, Stored, TokeniserName, Unstorable, Wanted
from app.domain.errors import UserError
from app.domain.loading import Heading
from app.domain.models import ModelRef
from storage.postgres import counting
from storage.postgres.passages import PgPassageStore
from tests.integration.passages import (
    address,
    collection,
    document,
    embed,
    miscounted,
    postings,
    put,
    schema,
    store,
)


@pytest.fixture
def opened() -> Iterator[PgPassageStore]:
    with store() as found:
        found.create(collection())
        yield found


def scalar(query: str) -> object:
    with psycopg.connect(address()()) as connection:
        row = connection.execute(query.encode()).fetchone()
    return row[0] if row else None


def test_a_document_is_read_back_as_it_was_put(opened: PgPassageStore) -> None:
    whole, chunks = document("휴가.txt", "연차는 20일입니다.", "Sick leave needs a note.")
    whole = replace(whole, headings=(Heading(0, 1, "휴가"),))
    chunks = [replace(chunks[0], heading="휴가 › 연차"), chunks[1]]
    stored = opened.put("handbook", whole, chunks, embed([c.text for c in chunks]))
    assert stored.outcome is Put.STORED
    assert opened.read(stored.record.id) == whole
    passages = opened.passages(stored.record.id)
    assert [(p.text, p.start, p.end, p.page, p.heading) for p in passages] == [
        (c.text, c.start, c.end, c.page, c.heading) for c in chunks
    ]
    assert all(whole.text[p.start : p.end] == p.text for p in passages)


def test_the_list_tells_documents_passages_pages_and_size(opened: PgPassageStore) -> None:
    put(opened, "b.txt", "one", "two")
    put(opened, "a.txt", "three")
    records = opened.documents("handbook")
    assert [(r.name, r.pages, r.passages, r.characters) for r in records] == [("a.txt", 1, 1, 5), ("b.txt", 2, 2, 7)]
    found = opened.collection("handbook")
    assert (found.documents, found.passages, found.characters) == (2, 3, 12)
    assert found.bytes > 0
    assert [c.name for c in opened.collections()] == ["handbook"]


def test_the_same_content_under_another_name_is_a_duplicate(opened: PgPassageStore) -> None:
    put(opened, "a.txt", "the same")
    second = put(opened, "copy.txt", "the same")
    assert isinstance(second, Stored) and second.outcome is Put.DUPLICATE
    assert second.record.name == "a.txt"
    assert opened.collection("handbook").documents == 1


def test_a_changed_document_takes_the_place_of_the_old_one(opened: PgPassageStore) -> None:
    put(opened, "a.txt", "the old words", "second page")
    second = put(opened, "a.txt", "new text")
    assert isinstance(second, Stored) and second.outcome is Put.REPLACED
    assert [d.passages for d in opened.documents("handbook")] == [1]
    assert opened.search("handbook", Wanted(10, words="old words")) == []
    assert len(opened.search("handbook", Wanted(10, words="new text"))) == 1


def test_a_document_that_became_a_copy_of_another_is_found_by_neither_its_old_words_nor_twice(
    opened: PgPassageStore,
) -> None:
    put(opened, "a.txt", "old words")
    put(opened, "b.txt", "the same")
    second = put(opened, "a.txt", "the same")
    assert isinstance(second, Stored) and (second.outcome, second.replaced) == (Put.DUPLICATE, True)
    assert second.record.name == "b.txt"
    assert [d.name for d in opened.documents("handbook")] == ["b.txt"]
    assert opened.search("handbook", Wanted(10, words="old words")) == []


def test_what_is_recognised_says_so_and_lets_the_older_version_go(opened: PgPassageStore) -> None:
    put(opened, "a.txt", "old words")
    other = put(opened, "b.txt", "the same")
    assert isinstance(other, Stored)
    assert opened.recognise("handbook", "a.txt", "", "no such digest") is None
    found = opened.recognise("handbook", "a.txt", "", other.record.digest)
    assert found is not None and (found.record.name, found.replaced) == ("b.txt", True)
    assert [d.name for d in opened.documents("handbook")] == ["b.txt"]


def test_content_can_move_from_one_document_to_another(opened: PgPassageStore) -> None:
    put(opened, "a.txt", "first")
    put(opened, "b.txt", "second")
    whole, chunks = document("a.txt", "second")
    stored = opened.put("handbook", whole, chunks, embed(["second"]), moved="b.txt")
    assert (stored.outcome, stored.record.name) == (Put.REPLACED, "a.txt")
    assert [d.name for d in opened.documents("handbook")] == ["a.txt"]


def test_two_files_of_one_name_are_never_put_in_each_others_place(opened: PgPassageStore, tmp_path: Path) -> None:
    names = {}
    for words in ("one", "two", "one changed", "two changed"):
        origin = tmp_path / words.split()[0]
        origin.touch()
        whole, chunks = document("휴가.txt", words)
        whole = replace(whole, origin=str(origin))
        names[words] = opened.put("handbook", whole, chunks, embed([words])).record.name
    assert list(names.values()) == ["휴가.txt", "휴가 (2).txt"] * 2
    assert {d.name: opened.read(d.id).text for d in opened.documents("handbook")} == {
        "휴가.txt": "one changed",
        "휴가 (2).txt": "two changed",
    }


def test_a_document_that_the_server_cannot_take_is_said_to_be_the_trouble(opened: PgPassageStore) -> None:
    whole, chunks = document("a.txt", "words")
    with pytest.raises(Unstorable, match="does not take it"):
        opened.put("handbook", replace(whole, media_type="text/\0plain"), chunks, embed(["words"]))
    vectors = embed(["words"])
    vectors[0, 0] = np.nan
    with pytest.raises(Unstorable, match="no number"):
        opened.put("handbook", whole, chunks, vectors)
    assert opened.documents("handbook") == []


@pytest.mark.parametrize("scale", [1e30, 1e5, 1e-9, 1e-30])
def test_vectors_of_any_length_are_found_by_their_direction(opened: PgPassageStore, scale: float) -> None:
    whole, chunks = document("a.txt", "first", "second")
    opened.put("handbook", whole, chunks, embed(["first", "second"]) * np.float32(scale))
    for nth, words in enumerate(("first", "second")):
        wanted = Wanted(depth=2, vector=embed([words])[0] * np.float32(scale))
        (best, *_) = opened.search("handbook", wanted)
        assert opened.fetch("handbook", [best.id])[0].text == chunks[nth].text
        assert best.dense == pytest.approx(1, abs=1e-3)


def test_only_the_same_documents_take_the_place_of_a_collection(opened: PgPassageStore) -> None:
    put(opened, "a.txt", "first")
    opened.create(collection("handbook (new)", dimension=8))
    put(opened, "a.txt", "first", into="handbook (new)", dimension=8)
    late = put(opened, "b.txt", "stored meanwhile")
    with pytest.raises(Outdated):
        opened.rename("handbook (new)", "handbook", replace=True)
    assert {c.name: c.documents for c in opened.collections()} == {"handbook": 2, "handbook (new)": 1}
    assert isinstance(late, Stored)
    opened.delete_document(late.record.id)
    opened.rename("handbook (new)", "handbook", replace=True)
    assert [c.name for c in opened.collections()] == ["handbook"]


def made_of_the_first_form(record: CollectionRecord) -> None:
    """Undo what later versions changed in the tables."""
    name, number = record.schema, record.id
    with psycopg.connect(address()(), autocommit=True) as connection:
        connection.execute(
            f"""
            ALTER TABLE {name}.documents DROP COLUMN origin;
            ALTER TABLE {name}.collections DROP COLUMN uncounted, DROP COLUMN half;
            ALTER TABLE {name}.passages_{number} ALTER embedding TYPE vector(32);
            DROP TABLE {name}.uncounted;
            ALTER TABLE {name}.passages_{number} RESET (autovacuum_vacuum_scale_factor);
            CREATE TABLE {name}.single AS SELECT term, id + (posting >> 16) AS id,
                ((posting & 65535) / 65535.0)::real AS weight, document_id
                FROM (SELECT term, id, document_id, unnest(packed) AS posting FROM {name}.postings_{number}) p;
            DROP TABLE {name}.postings_{number};
            ALTER TABLE {name}.single RENAME TO postings_{number};
            CREATE UNIQUE INDEX ON {name}.postings_{number} (term, id) INCLUDE (weight, document_id);
            UPDATE {name}.version SET version = 1;
            """.encode()
        )


def test_a_collection_of_the_first_form_is_brought_to_this_one() -> None:
    with schema() as name:
        with store(name) as first:
            first.create(collection())
            put(first, "a.txt", *(f"연차휴가 {n}일 common" for n in range(600)))
            put(first, "b.txt", "연차휴가는 common words")
            first.finish("handbook")
            record = first.collection("handbook")
            found = first.search("handbook", Wanted(700, words="연차휴가 7일 common"))
        assert len(found) == 601
        made_of_the_first_form(record)
        with store(name) as again:
            assert [(d.name, d.origin) for d in again.documents("handbook")] == [("a.txt", ""), ("b.txt", "")]
            anew = again.search("handbook", Wanted(700, words="연차휴가 7일 common"))
            assert {c.id: c.keyword for c in anew} == pytest.approx({c.id: c.keyword for c in found}, abs=1e-4)
            put(again, "c.txt", "nearest")
            nearest = max(again.search("handbook", Wanted(9, embed(["nearest"])[0])), key=lambda c: c.dense or 0)
            assert [p.text for p in again.fetch("handbook", [nearest.id])] == ["nearest"]
            again.delete_document(again.document("handbook", "a.txt").id)
            assert scalar(miscounted(record)) == 0
        options = scalar(f"SELECT reloptions FROM pg_class WHERE oid = '{name}.{record.table}'::regclass")
        assert "autovacuum_vacuum_scale_factor=0.02" in options  # type: ignore[operator]


def test_a_document_of_thousands_of_passages_is_searched_and_deleted_as_a_small_one(opened: PgPassageStore) -> None:
    put(opened, "a.txt", "zebra common", "yak common")
    large = put(opened, "large.txt", *(f"passage {n} common" for n in range(3000)), "zebra common at the end")
    assert isinstance(large, Stored)
    found = opened.search("handbook", Wanted(2, words="zebra common"))
    texts = [p.text for p in opened.fetch("handbook", [c.id for c in found])]
    assert texts == ["zebra common", "zebra common at the end"]
    assert len(opened.search("handbook", Wanted(4000, words="common", documents=(large.record.id,)))) == 3001
    assert scalar(miscounted(opened.collection("handbook"))) == 0
    opened.delete_document(large.record.id)
    assert scalar(miscounted(opened.collection("handbook"))) == 0


def test_a_deleted_document_leaves_nothing_behind(opened: PgPassageStore) -> None:
    first = put(opened, "a.txt", "연차는 20일입니다.", "leave")
    put(opened, "b.txt", "연차는 말한다")
    assert isinstance(first, Stored)
    opened.delete_document(first.record.id)
    found = opened.collection("handbook")
    assert (found.documents, found.passages) == (1, 1)
    with pytest.raises(UserError):
        opened.read(first.record.id)
    name, schema = found.id, found.schema
    assert scalar(f"SELECT count(*) FROM {schema}.passages_{name}") == 1
    assert scalar(f"SELECT count(DISTINCT id) FROM {postings(schema, name)} p") == 1
    assert scalar(miscounted(found)) == 0


def test_a_deleted_collection_takes_its_tables_along(opened: PgPassageStore) -> None:
    put(opened, "a.txt", "text")
    found = opened.collection("handbook")
    opened.delete_collection("handbook")
    assert opened.collections() == []
    assert scalar(f"SELECT to_regclass('{found.schema}.{found.table}') IS NULL") is True
    assert scalar(f"SELECT count(*) FROM {found.schema}.documents") == 0
    with pytest.raises(UserError, match="no collection"):
        opened.search("handbook", Wanted(5, words="text"))


def test_a_collection_is_replaced_by_another_in_one_moment(opened: PgPassageStore) -> None:
    put(opened, "a.txt", "old vectors")
    opened.create(collection("handbook (new)", dimension=8))
    put(opened, "a.txt", "old vectors", into="handbook (new)", dimension=8)
    opened.rename("handbook (new)", "handbook", replace=True)
    assert [(c.name, c.collection.dimension, c.passages) for c in opened.collections()] == [("handbook", 8, 1)]
    assert len(opened.search("handbook", Wanted(5, embed(["old vectors"], 8)[0]))) == 1


def test_another_process_finds_what_took_the_place_of_a_collection(opened: PgPassageStore) -> None:
    put(opened, "a.txt", "first")
    opened.search("handbook", Wanted(5, words="first"))  # it now knows the tables
    with store(opened.collection("handbook").schema) as other:
        other.delete_collection("handbook")
        other.create(collection())
        put(other, "b.txt", "second")
    assert len(opened.search("handbook", Wanted(5, words="second"))) == 1
    assert isinstance(put(opened, "c.txt", "third"), Stored)


def test_making_a_collection_twice_is_no_error_but_with_other_settings_it_is(opened: PgPassageStore) -> None:
    assert opened.create(collection()).id == opened.collection("handbook").id
    for other in (
        collection(dimension=64),
        replace(collection(), embedding=ModelRef("ollama", "nomic-embed-text")),
        replace(collection(), chunking=Chunking(500, 0)),
        replace(collection(), tokeniser=TokeniserName.KIWI),
    ):
        with pytest.raises(UserError, match="other settings"):
            opened.create(other)


def test_vectors_of_another_dimension_are_refused_and_nothing_is_stored(opened: PgPassageStore) -> None:
    whole, chunks = document("a.txt", "text")
    with pytest.raises(UserError, match="32 dimensions"):
        opened.put("handbook", whole, chunks, embed(["text"], 64))
    with pytest.raises(UserError, match="32 dimensions"):
        opened.search("handbook", Wanted(5, embed(["text"], 64)[0]))
    assert opened.documents("handbook") == []


def test_a_vector_that_is_no_number_is_refused(opened: PgPassageStore) -> None:
    whole, chunks = document("a.txt", "text")
    with pytest.raises(UserError, match="no number"):
        opened.put("handbook", whole, chunks, np.full((1, 32), np.nan, np.float32))
    assert opened.documents("handbook") == []


def test_a_failure_at_the_end_stores_nothing_of_the_document(
    opened: PgPassageStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(*given: object) -> None:
        raise RuntimeError("the last statement")

    with monkeypatch.context() as patch:
        patch.setattr(counting, "count", broken)
        with pytest.raises(RuntimeError, match="the last statement"):
            put(opened, "a.txt", "text")
    found = opened.collection("handbook")
    assert (found.documents, found.passages) == (0, 0)
    assert opened.documents("handbook") == []
    assert isinstance(put(opened, "a.txt", "text"), Stored)


def test_a_decomposed_name_and_a_composed_one_are_the_same_document(opened: PgPassageStore) -> None:
    put(opened, unicodedata.normalize("NFD", "휴가.txt"), "old")
    second = put(opened, "휴가.txt", "new")
    assert isinstance(second, Stored) and second.outcome is Put.REPLACED
    assert opened.document("handbook", unicodedata.normalize("NFD", "휴가.txt")).name == "휴가.txt"


def test_what_postgres_cannot_hold_costs_no_offset(opened: PgPassageStore) -> None:
    stored = put(opened, "a.txt", "be\0fore", "a\ud800ter")
    assert isinstance(stored, Stored)
    passages = opened.passages(stored.record.id)
    whole = opened.read(stored.record.id)
    assert [whole.text[p.start : p.end] for p in passages] == ["be fore", "a?ter"]


def test_a_document_without_passages_can_be_stored(opened: PgPassageStore) -> None:
    stored = put(opened, "empty.txt")
    assert isinstance(stored, Stored) and stored.record.passages == 0


@pytest.mark.parametrize("call", ["collection", "documents", "finish", "delete_collection"])
def test_an_unknown_collection_is_said_with_how_to_see_those_there_are(opened: PgPassageStore, call: str) -> None:
    with pytest.raises(UserError, match=r"no collection “nowhere”.*`collections list`"):
        getattr(opened, call)("nowhere")


def test_a_word_that_is_not_counted_yet_is_found(opened: PgPassageStore, monkeypatch: pytest.MonkeyPatch) -> None:
    put(opened, "a.txt", *(f"common {n}" for n in range(20)))
    monkeypatch.setattr(counting, "enough", lambda passages, waiting: False)
    second = put(opened, "b.txt", "zebra common", "yak common")
    assert isinstance(second, Stored)
    found = opened.search("handbook", Wanted(5, words="zebra nowhere"))
    assert [p.text for p in opened.fetch("handbook", [c.id for c in found])] == ["zebra common"]
    record = opened.collection("handbook")
    waiting = f"SELECT count(*) FROM {record.schema}.uncounted"
    assert (scalar(waiting), scalar(miscounted(record))) == (1, 0)
    opened.finish("handbook")
    assert (scalar(waiting), scalar(miscounted(record))) == (0, 0)


@pytest.mark.parametrize("counted", [True, False])
def test_the_words_of_a_deleted_document_are_counted_no_more(
    opened: PgPassageStore, monkeypatch: pytest.MonkeyPatch, counted: bool
) -> None:
    put(opened, "a.txt", *(f"common {n}" for n in range(20)))
    monkeypatch.setattr(counting, "enough", lambda passages, waiting: counted)
    second = put(opened, "b.txt", "zebra common", "yak common")
    assert isinstance(second, Stored)
    opened.delete_document(second.record.id)
    assert scalar(miscounted(opened.collection("handbook"))) == 0
    opened.finish("handbook")
    assert scalar(miscounted(opened.collection("handbook"))) == 0
