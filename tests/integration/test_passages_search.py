"""What dense and keyword search find, on a real server."""

from __future__ import annotations

import unicodedata
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest

from app.domain.documents import Chunk, Document, Stored, Wanted
from storage.postgres import keyword, searching, upkeep
from storage.postgres.passages import PgPassageStore
from tests.integration.passages import collection, embed, put, store


@pytest.fixture
def opened() -> Iterator[PgPassageStore]:
    with store() as found:
        found.create(collection())
        yield found


def many(opened: PgPassageStore, count: int, *, dimension: int = 32, documents: int = 4) -> np.ndarray:  # type: ignore[type-arg]
    """`count` passages in several documents with random vectors; those are returned in the order of their ids."""
    vectors = np.random.default_rng(7).normal(size=(count, dimension)).astype(np.float32)
    each = count // documents
    for n in range(documents):
        rows = vectors[n * each : (n + 1) * each]
        chunks = [Chunk(f"passage {n} {i} of {i % 10}", i, i + 1) for i in range(len(rows))]
        opened.put("handbook", Document(f"{n}.txt", f"digest {n}", "text/plain", 1, "x" * each), chunks, rows)
    return vectors


def exact(vectors: np.ndarray, query: np.ndarray, k: int) -> list[int]:  # type: ignore[type-arg]
    vectors, query = (unit(given).astype(np.float16).astype(np.float32) for given in (vectors, query))  # as kept
    return [int(i) + 1 for i in np.argsort(-(unit(vectors) @ unit(query)), kind="stable")[:k]]


def unit(given: np.ndarray) -> np.ndarray:  # type: ignore[type-arg]
    return np.asarray(given / np.linalg.norm(given, axis=-1, keepdims=True))


def dense(opened: PgPassageStore, query: np.ndarray, k: int, documents: tuple[int, ...] = ()) -> list[int]:  # type: ignore[type-arg]
    found = opened.search("handbook", Wanted(k, query, documents=documents))
    return [c.id for c in sorted(found, key=lambda c: -(c.dense or 0))]


def texts(opened: PgPassageStore, question: str) -> list[str]:
    found = sorted(opened.search("handbook", Wanted(10, words=question)), key=lambda c: -(c.keyword or 0))
    return [p.text for p in opened.fetch("handbook", [c.id for c in found])]


def test_a_small_collection_is_searched_exactly(opened: PgPassageStore) -> None:
    vectors = many(opened, 400)
    query = np.random.default_rng(1).normal(size=32).astype(np.float32)
    assert dense(opened, query, 10) == exact(vectors, query, 10)
    assert not opened.collection("handbook").indexed


def test_a_large_collection_gets_an_index_that_finds_nearly_all(
    opened: PgPassageStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(upkeep, "HNSW_FROM", 1000)
    vectors = many(opened, 2000)
    opened.finish("handbook")
    opened.finish("handbook")  # a second time changes nothing
    assert opened.collection("handbook").indexed
    queries = np.random.default_rng(2).normal(size=(20, 32)).astype(np.float32)
    hits = [len(set(dense(opened, q, 10)) & set(exact(vectors, q, 10))) for q in queries]
    assert sum(hits) >= 190
    # As many as were asked for, though pgvector would stop at 40, and with a filter at what is left of them.
    assert len(dense(opened, queries[0], 300)) == 300
    one = opened.document("handbook", "1.txt").id
    found = dense(opened, queries[0], 100, (one,))
    assert len(found) == 100
    assert all(500 < i <= 1000 for i in found)


def test_a_deep_search_goes_beyond_the_limit_of_the_index(
    opened: PgPassageStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(upkeep, "HNSW_FROM", 1000)
    many(opened, 2000)
    opened.finish("handbook")
    assert len(dense(opened, np.ones(32, np.float32), 1500)) == 1500


def test_passages_deleted_since_the_index_was_built_leave_no_gap(
    opened: PgPassageStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(upkeep, "HNSW_FROM", 1000)
    query = np.zeros(32, np.float32)
    query[0] = 1
    near = np.random.default_rng(3).normal(scale=0.05, size=(400, 32)).astype(np.float32) + query
    chunks = [Chunk(f"near {i}", i, i + 1) for i in range(400)]
    opened.put("handbook", Document("near.txt", "near", "text/plain", 1, "x" * 400), chunks, near)
    many(opened, 1200)
    opened.finish("handbook")
    opened.delete_document(opened.document("handbook", "near.txt").id)
    found = dense(opened, query, 20)
    assert len(found) == 20
    assert all(i > 400 for i in found)


def test_vectors_of_3072_dimensions_are_stored_and_found_with_an_index(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(upkeep, "HNSW_FROM", 50)
    with store() as opened:
        opened.create(collection(dimension=3072))
        vectors = many(opened, 60, dimension=3072)
        opened.finish("handbook")
        assert opened.collection("handbook").indexed
        assert dense(opened, vectors[41], 1) == [42]
        kept = opened.vectors("handbook", [42])[42]
        assert kept.dtype == np.float32
        assert np.allclose(kept, unit(vectors[41]), atol=1e-4)


@pytest.mark.parametrize(
    ("question", "expected"),
    [
        ("연차휴가가 며칠인가요?", "연차휴가는 20일이며 이월되지 않습니다."),
        ("휴가를 이월할 수 있나요", "연차휴가는 20일이며 이월되지 않습니다."),
        ("재택근무에는 누구의 승인이 필요합니까?", "재택근무는 팀장이 승인합니다."),
        ("PGVector로 검색하는 방법을 알려주세요", "PGVector에서 검색을 하려면 임베딩이 필요하다."),
        (unicodedata.normalize("NFD", "재택근무 승인"), "재택근무는 팀장이 승인합니다."),
        ("벡터 검색", "PGVector에서 검색을 하려면 임베딩이 필요하다."),
        ("When are invoices paid?", "An invoice is paid within thirty days."),
        ("PAYING AN INVOICE", "An invoice is paid within thirty days."),
    ],
)
def test_a_question_finds_its_passage_by_words(opened: PgPassageStore, question: str, expected: str) -> None:
    put(
        opened,
        "rules.txt",
        "연차휴가는 20일이며 이월되지 않습니다.",
        "재택근무는 팀장이 승인합니다.",
        unicodedata.normalize("NFD", "회의실은 일주일 전부터 예약할 수 있습니다."),
        "PGVector에서 검색을 하려면 임베딩이 필요하다.",
        "An invoice is paid within thirty days.",
        "The cafeteria opens at eleven and serves lunch.",
    )
    assert texts(opened, question)[0] == expected


def test_a_passage_in_decomposed_hangul_is_found(opened: PgPassageStore) -> None:
    put(opened, "rooms.txt", unicodedata.normalize("NFD", "회의실은 예약할 수 있습니다."), "다른 이야기")
    assert len(texts(opened, "회의실 예약")) == 1


def test_the_rarer_word_counts_more(opened: PgPassageStore) -> None:
    put(opened, "a.txt", *(f"common words number {i}" for i in range(30)), "common zebra")
    assert texts(opened, "common zebra")[0] == "common zebra"
    assert texts(opened, "number zebra")[0] == "common zebra"


def test_a_common_word_still_counts_among_the_passages_that_rare_ones_picked(
    opened: PgPassageStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(keyword, "BUDGET", 5)
    searching._statement.cache_clear()
    put(opened, "a.txt", *(f"common {i}" for i in range(20)), "zebra yak", "zebra yak common")
    assert texts(opened, "zebra yak common")[:2] == ["zebra yak common", "zebra yak"]
    searching._statement.cache_clear()


def test_a_question_of_stop_words_alone_is_still_searched(opened: PgPassageStore) -> None:
    put(opened, "a.txt", "to be or not to be", "something else")
    assert texts(opened, "To be or not to be?")[0] == "to be or not to be"


@pytest.mark.parametrize("question", ["", "  ", "?!…", "\0", "🙂"])
def test_a_question_without_words_finds_nothing_by_keyword(opened: PgPassageStore, question: str) -> None:
    put(opened, "a.txt", "text")
    assert texts(opened, question) == []


def test_a_heading_is_found_with_the_passage_below_it(opened: PgPassageStore) -> None:
    chunk = Chunk("It takes three days.", 0, 20, heading="Reimbursement")
    whole = Document("a.txt", "d", "text/plain", 20, "It takes three days.")
    opened.put("handbook", whole, [chunk], embed([chunk.in_context]))
    assert texts(opened, "reimbursements") == ["It takes three days."]


def test_keyword_search_is_limited_to_the_documents_asked_for(opened: PgPassageStore) -> None:
    first, second = put(opened, "a.txt", "shared word one"), put(opened, "b.txt", "shared word two")
    assert isinstance(first, Stored) and isinstance(second, Stored)
    found = opened.search("handbook", Wanted(10, words="shared", documents=(second.record.id,)))
    assert [p.text for p in opened.fetch("handbook", [c.id for c in found])] == ["shared word two"]


@pytest.mark.parametrize("few", [20, 1], ids=["few documents", "many documents"])
def test_a_word_common_elsewhere_is_searched_for_in_the_documents_asked_for(
    opened: PgPassageStore, monkeypatch: pytest.MonkeyPatch, few: int
) -> None:
    monkeypatch.setattr(keyword, "MOST_FEW", few)
    monkeypatch.setattr(keyword, "BUDGET", 5)
    searching._statement.cache_clear()
    put(opened, "a.txt", *(f"common {i}" for i in range(20)), "zebra", "yak")
    asked_for = [put(opened, f"{n}.txt", f"before {n}", f"common {n}", f"after {n}") for n in ("b", "c")]
    documents = tuple(stored.record.id for stored in asked_for if isinstance(stored, Stored))
    found = opened.search("handbook", Wanted(10, words="zebra yak common", documents=documents))
    assert [p.text for p in opened.fetch("handbook", [c.id for c in found])] == ["common b", "common c"]
    searching._statement.cache_clear()


def test_both_searches_come_back_together(opened: PgPassageStore) -> None:
    put(opened, "a.txt", "연차휴가는 20일", "카페는 11시", "서버 점검")
    found = opened.search("handbook", Wanted(2, embed(["카페는 11시"])[0], "서버를 점검"))
    by_text = {p.text: c for p, c in zip(opened.fetch("handbook", [c.id for c in found]), found, strict=True)}
    assert by_text["카페는 11시"].dense == pytest.approx(1.0, abs=1e-5)
    assert by_text["카페는 11시"].keyword is None
    assert by_text["서버 점검"].keyword is not None


def test_an_empty_collection_is_searched_without_a_word(opened: PgPassageStore) -> None:
    assert opened.search("handbook", Wanted(5, embed(["x"])[0], "x")) == []


def test_passages_come_in_the_order_asked_for_without_those_deleted(opened: PgPassageStore) -> None:
    put(opened, "a.txt", "one", "two", "three")
    assert [p.text for p in opened.fetch("handbook", [3, 99, 1])] == ["three", "one"]


def test_sixteen_threads_search_while_one_stores(opened: PgPassageStore) -> None:
    put(opened, "a.txt", "zebra one", "yak two")
    vector = embed(["zebra one"])[0]

    def work(n: int) -> int:
        if n == 0:
            for i in range(10):
                put(opened, f"{i}.txt", f"new document {i}", f"second passage {i}")
            return 1
        return min(len(opened.search("handbook", Wanted(1, vector, "zebra"))) for _ in range(10))

    with ThreadPoolExecutor(16) as pool:
        assert list(pool.map(work, range(16))) == [1] * 16
    assert opened.collection("handbook").documents == 11
