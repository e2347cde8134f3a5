"""How fast passages are stored, against LangChain's PGVectorStore on the same server in the same run.

    python -m benchmarks.indexing                      # 20,000 passages of 512 dimensions

Both get the same texts and the same vectors, ready made. Ours are stored a document at a time, each in
one transaction, with the terms of keyword search, which PGVectorStore does not have; the rate without
them is printed too.
"""

from __future__ import annotations

import argparse
import asyncio
import hashlib
import os
import tempfile
import time
from collections.abc import Callable, Sequence
from pathlib import Path

import psycopg
from psycopg.conninfo import conninfo_to_dict

from app.domain.documents import Chunk, Chunking, Collection, Document, TokeniserName, Vectors
from app.domain.models import ModelRef
from app.retrieval.tokenising import tokeniser
from benchmarks.planted import make
from benchmarks.search import DIMENSION, clustered
from storage.postgres.address import plain
from storage.postgres.embedded import EmbeddedPostgres
from storage.postgres.passages import PgPassageStore

PER_DOCUMENT = 50


class NoTerms:
    """A tokeniser that finds nothing: what is left is the store of passages and vectors."""

    def terms(self, text: str) -> Sequence[str]:
        return ()

    def question(self, text: str) -> Sequence[str]:
        return ()


def ours(store: PgPassageStore, name: str, texts: Sequence[str], vectors: Vectors) -> float:
    """Seconds to store all of it."""
    store.create(Collection(name, ModelRef("bench", "ready"), DIMENSION, Chunking(700, 0)))
    started = time.perf_counter()
    for n in range(0, len(texts), PER_DOCUMENT):
        part = texts[n : n + PER_DOCUMENT]
        body = "\n".join(part)
        document = Document(f"{n}.txt", hashlib.sha256(body.encode()).hexdigest(), "text/plain", len(body), body)
        store.put(name, document, [Chunk(text, 0, len(text)) for text in part], vectors[n : n + PER_DOCUMENT])
    return time.perf_counter() - started


async def langchain(address: str, schema: str, texts: Sequence[str], vectors: Vectors) -> float:
    """Seconds that PGVectorStore.aadd_documents takes for all of it, the vectors ready."""
    from langchain_core.documents import Document as LangChainDocument
    from langchain_core.embeddings import Embeddings
    from langchain_postgres import PGEngine, PGVectorStore
    from sqlalchemy import URL
    from sqlalchemy.ext.asyncio import create_async_engine

    class Ready(Embeddings):
        def embed_documents(self, texts: list[str]) -> list[list[float]]:
            return lists[: len(texts)]

        def embed_query(self, text: str) -> list[float]:
            return lists[0]

    lists = [[float(x) for x in row] for row in vectors]
    parts = {name: str(value) for name, value in conninfo_to_dict(address).items()}
    url = URL.create(
        "postgresql+psycopg",
        username=parts.get("user"),
        password=parts.get("password"),
        database=parts.get("dbname"),
        query={"host": parts["host"], "port": parts.get("port", "5432")},
    )
    engine = create_async_engine(url)
    pg = PGEngine.from_engine(engine)
    await pg.ainit_vectorstore_table("langchain", DIMENSION, schema_name=schema)
    store = await PGVectorStore.create(pg, embedding_service=Ready(), schema_name=schema, table_name="langchain")
    documents = [LangChainDocument(text, metadata={"document": "a.txt", "page": 1}) for text in texts]
    started = time.perf_counter()
    await store.aadd_documents(documents)
    seconds = time.perf_counter() - started
    await engine.dispose()
    return seconds


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--passages", type=int, default=20_000)
    options = parser.parse_args()
    count = options.passages
    texts, vectors = make(count, 0).passages, clustered(count, 1)
    schema = f"bench_{os.getpid()}"
    with tempfile.TemporaryDirectory(prefix="understudy-bench-") as folder:
        server = EmbeddedPostgres(Path(folder))
        url = os.environ.get("PGVECTOR_URL")
        address: Callable[[], str] = (lambda: plain(url)) if url else server.address
        store = PgPassageStore(address, tokeniser, schema_name=schema)
        bare = PgPassageStore(address, lambda _: NoTerms(), schema_name=schema)
        try:
            with_terms = ours(store, "terms", texts, vectors)
            without = ours(bare, "vectors", texts, vectors)
            started = time.perf_counter()
            store.finish("terms")
            indexed = time.perf_counter() - started
            started = time.perf_counter()
            for text in texts:
                tokeniser(TokeniserName.STEMS).terms(text)
            tokenised = time.perf_counter() - started
            theirs = asyncio.run(langchain(address(), schema, texts, vectors))
        finally:
            with psycopg.connect(address(), autocommit=True) as connection:
                connection.execute(f"DROP SCHEMA IF EXISTS {schema} CASCADE".encode())
            store.close()
            bare.close()
            server.close()
    print(f"{count:,} passages of {DIMENSION} dimensions, {PER_DOCUMENT} a document, one process")
    print(f"  PGVectorStore.add_documents      {count / theirs:8,.0f} passages/s")
    print(f"  ours, passages and vectors       {count / without:8,.0f} passages/s = {theirs / without:.1f}x")
    print(f"  ours, with keyword search's terms{count / with_terms:8,.0f} passages/s = {theirs / with_terms:.1f}x")
    print(f"  of that cutting into terms       {tokenised:8.1f} s of {with_terms:.1f} s")
    print(f"  the index of neighbours (HNSW)   {indexed:8.1f} s, once, when all is stored")


if __name__ == "__main__":
    main()
