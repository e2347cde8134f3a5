"""A collection indexed anew in its own place, while others go on storing and deleting in it."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

import pytest

from app.domain.documents import Chunking, Stored
from app.domain.indexing import FileStatus, IndexingState
from app.services.documents import anew as indexing_anew
from app.services.documents.indexing import Indexing
from storage.postgres.passages import PgPassageStore
from tests.integration import passages
from tests.integration.indexing_world import HashEmbedder, indexing

SMALL = Chunking(100, 0)


@pytest.fixture
def store() -> Iterator[PgPassageStore]:
    with passages.store() as opened:
        opened.create(passages.collection())
        passages.put(opened, "a.txt", "First words.")
        passages.put(opened, "b.txt", "Second words.")
        yield opened


@pytest.fixture
def other(store: PgPassageStore) -> Iterator[PgPassageStore]:
    """Another process's view of the same collections."""
    with passages.store(store.collection("handbook").schema) as opened:
        yield opened


@pytest.fixture
def embedder() -> HashEmbedder:
    return HashEmbedder("other", 16)


@pytest.fixture
def index(store: PgPassageStore, embedder: HashEmbedder, tmp_path: Path) -> Iterator[Indexing]:
    with indexing(tmp_path / "home", embedder, HashEmbedder(), store=store) as made:
        yield made


def anew(index: Indexing, embedder: HashEmbedder) -> IndexingState:
    job = index.reindex("handbook", embedding=embedder.model, chunking=SMALL)
    assert job.wait(60)
    return job.state()


def once(work: Callable[[], object]) -> Callable[[Sequence[str]], None]:
    """At the embedder's first call, when the collection's documents were already listed."""
    left = [work]

    def before(texts: Sequence[str]) -> None:
        if left:
            left.pop()()

    return before


def texts(store: PgPassageStore) -> dict[str, str]:
    return {d.name: store.read(d.id).text for d in store.documents("handbook")}


def test_what_another_process_stores_meanwhile_is_taken_along(
    index: Indexing, embedder: HashEmbedder, store: PgPassageStore, other: PgPassageStore
) -> None:
    embedder.before = once(lambda: passages.put(other, "c.txt", "Stored meanwhile."))
    state = anew(index, embedder)
    assert not state.failed and [f.name for f in state.files] == ["a.txt", "b.txt", "c.txt"]
    assert texts(store) == {"a.txt": "First words.", "b.txt": "Second words.", "c.txt": "Stored meanwhile."}
    assert [(c.name, c.collection.dimension) for c in store.collections()] == [("handbook", 16)]


def test_what_another_process_changes_and_deletes_meanwhile_stays_so(
    index: Indexing, embedder: HashEmbedder, store: PgPassageStore, other: PgPassageStore
) -> None:
    def change() -> None:
        passages.put(other, "a.txt", "First words, changed.")
        other.delete_document(other.document("handbook", "b.txt").id)

    embedder.before = once(change)
    assert not anew(index, embedder).failed
    assert texts(store) == {"a.txt": "First words, changed."}


def test_a_document_that_is_gone_before_it_was_read_is_no_failure(
    index: Indexing, embedder: HashEmbedder, store: PgPassageStore, other: PgPassageStore, monkeypatch
) -> None:
    listed = store.documents

    def then_deleted(collection: str):
        found = listed(collection)
        monkeypatch.setattr(store, "documents", listed)
        other.delete_document(other.document("handbook", "b.txt").id)
        return found

    monkeypatch.setattr(store, "documents", then_deleted)
    state = anew(index, embedder)
    assert [f.status for f in state.files] == [FileStatus.INDEXED, FileStatus.CANCELLED] and not state.failed
    assert texts(store) == {"a.txt": "First words."}


def test_a_collection_that_does_not_come_to_rest_is_left_as_it_is(
    index: Indexing, embedder: HashEmbedder, store: PgPassageStore, other: PgPassageStore, monkeypatch
) -> None:
    monkeypatch.setattr(indexing_anew, "ROUNDS", 3)
    stored: list[Stored] = []

    def before(given: Sequence[str]) -> None:
        put = passages.put(other, f"new {len(stored)}.txt", f"More words {len(stored)}.")
        assert isinstance(put, Stored)
        stored.append(put)

    embedder.before = before
    state = anew(index, embedder)
    assert len(stored) >= 3 and state.failed and "changed while it was indexed anew" in str(state.problem)
    assert [(c.name, c.collection.dimension) for c in store.collections()] == [("handbook", passages.DIMENSION)]
    assert set(texts(store)) == {"a.txt", "b.txt", *(put.record.name for put in stored)}


def test_what_an_earlier_attempt_left_is_used_but_for_what_was_deleted_since(
    index: Indexing, embedder: HashEmbedder, store: PgPassageStore
) -> None:
    job = index.reindex("handbook", embedding=embedder.model, chunking=SMALL, to="handbook ⟳")
    assert job.wait(60)
    store.delete_document(store.document("handbook", "a.txt").id)
    embedder.calls.clear()
    assert not anew(index, embedder).failed
    assert set(texts(store)) == {"b.txt"} and embedder.calls == []


def test_a_writer_of_the_old_index_is_told_that_there_is_a_new_one(
    index: Indexing, embedder: HashEmbedder, store: PgPassageStore, other: PgPassageStore
) -> None:
    other.settings("handbook")
    assert not anew(index, embedder).failed
    with pytest.raises(Exception, match="indexed anew meanwhile"):
        passages.put(other, "c.txt", "Too late.")
    assert set(texts(store)) == {"a.txt", "b.txt"}
