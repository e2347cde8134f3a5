"""A collection's table is one that LangChain's PGVectorStore opens, and it finds the same passages there."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator

import pytest
from langchain_core.documents import Document as LangChainDocument
from langchain_core.embeddings import Embeddings
from langchain_postgres import PGEngine, PGVectorStore
from psycopg.conninfo import conninfo_to_dict
from sqlalchemy import URL
from sqlalchemy.ext.asyncio import create_async_engine
from sqlalchemy.pool import NullPool

from app.domain.documents import CollectionRecord, Wanted
from storage.postgres import upkeep
from storage.postgres.passages import PgPassageStore
from tests.integration.passages import address, collection, embed, put, store

COLUMNS = ["document", "document_id", "page", "heading", "start_offset", "end_offset"]
TEXTS = [f"passage number {n} 연차휴가 {n}일" for n in range(120)]


class Hashes(Embeddings):
    def __init__(self, dimension: int) -> None:
        self._dimension = dimension

    def embed_documents(self, texts: list[str]) -> list[list[float]]:
        return [[float(x) for x in row] for row in embed(texts, self._dimension)]

    def embed_query(self, text: str) -> list[float]:
        return self.embed_documents([text])[0]


@pytest.fixture(params=[32, 512, 2048], ids=["32 dimensions", "512 dimensions", "2048 as halfvec"])
def dimension(request: pytest.FixtureRequest) -> int:
    return int(request.param)


@pytest.fixture
def opened(dimension: int, monkeypatch: pytest.MonkeyPatch) -> Iterator[PgPassageStore]:
    monkeypatch.setattr(upkeep, "HNSW_FROM", 100)
    with store() as found:
        found.create(collection(dimension=dimension))
        for n in range(4):
            put(found, f"{n}.txt", *TEXTS[n * 30 : (n + 1) * 30], dimension=dimension)
        yield found


async def opened_by_langchain(record: CollectionRecord) -> PGVectorStore:
    parts = conninfo_to_dict(address()())
    url = URL.create(
        "postgresql+psycopg",
        username=str(parts["user"]),
        password=str(parts.get("password") or "") or None,
        database=str(parts["dbname"]),
        query={"host": str(parts["host"]), "port": str(parts.get("port") or 5432)},
    )
    engine = PGEngine.from_engine(create_async_engine(url, poolclass=NullPool))
    return await PGVectorStore.create(
        engine,
        embedding_service=Hashes(record.collection.dimension),
        schema_name=record.schema,
        table_name=record.table,
        metadata_columns=COLUMNS,
    )


def both(opened: PgPassageStore, question: str, k: int, **filters: object) -> tuple[list[LangChainDocument], list[str]]:
    record = opened.collection("handbook")

    async def ask() -> list[LangChainDocument]:
        return list(await (await opened_by_langchain(record)).asimilarity_search(question, k=k, **filters))

    vector = embed([question], record.collection.dimension)[0]
    found = sorted(opened.search("handbook", Wanted(k, vector)), key=lambda c: -(c.dense or 0))
    return asyncio.run(ask()), [p.text for p in opened.fetch("handbook", [c.id for c in found])]


@pytest.mark.parametrize("question", [TEXTS[17], "something that is nowhere", "휴가"])
def test_it_finds_the_same_nearest_passages(opened: PgPassageStore, question: str) -> None:
    theirs, ours = both(opened, question, 10)
    assert [d.page_content for d in theirs] == ours


def test_it_finds_the_same_with_an_index(opened: PgPassageStore) -> None:
    opened.finish("handbook")
    assert opened.collection("handbook").indexed
    theirs, ours = both(opened, TEXTS[17], 10)
    assert ours[0] == TEXTS[17]
    assert len(set(ours) & {d.page_content for d in theirs}) >= 9


def test_it_reads_the_place_of_a_passage_and_filters_by_document(opened: PgPassageStore) -> None:
    theirs, _ = both(opened, TEXTS[40], 5, filter={"document": "1.txt"})
    assert theirs[0].page_content == TEXTS[40]
    assert {d.metadata["document"] for d in theirs} == {"1.txt"}
    passage = opened.passages(opened.document("handbook", "1.txt").id)[10]
    assert theirs[0].metadata == {
        "document": "1.txt",
        "document_id": passage.document_id,
        "page": 11,
        "heading": "",
        "start_offset": passage.start,
        "end_offset": passage.end,
    }


def test_it_reads_a_passage_by_the_id_that_it_gave(opened: PgPassageStore) -> None:
    record = opened.collection("handbook")

    async def ask() -> list[LangChainDocument]:
        langchain = await opened_by_langchain(record)
        found = await langchain.asimilarity_search(TEXTS[3], k=1)
        return list(await langchain.aget_by_ids([str(found[0].id)]))

    assert [d.page_content for d in asyncio.run(ask())] == [TEXTS[3]]
