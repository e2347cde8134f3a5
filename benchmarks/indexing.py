"""How fast passages are stored, against LangChain's PGVectorStore on the same server in the same run.

    python -m benchmarks.indexing                      # 20,000 passages of 512 dimensions

Both get the same texts and the same vectors, ready made. Like is compared with like, as ratios:

- passages and vectors alone: PGVectorStore as it comes, and ours with a tokeniser that finds no terms;
- with what keyword search needs: PGVectorStore with its column for it (`hybrid_search_config`,
  dictionary "simple") and its index, and ours with the terms that every collection here is given.

Ours are kept in half precision, PGVectorStore's in single. Ours are stored a document at a time, each in
one transaction; they wait for the disk once, in `finish`, which is timed apart. Each is measured
`--rounds` times, in turns; the best of each counts.
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

import numpy as np
import psycopg
from psycopg.conninfo import conninfo_to_dict

from app.domain.documents import Chunk, Chunking, Collection, Document, Vectors
from app.domain.models import ModelRef
from app.retrieval.tokenising import Stems, tokeniser
from benchmarks.planted import make
from benchmarks.search import DIMENSION, like_embeddings
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


async def langchain(
    address: str, schema: str, table: str, texts: Sequence[str], vectors: Vectors, words: bool
) -> float:
    """Seconds that PGVectorStore.aadd_documents takes for all of it, the vectors ready; `words`: and its word index."""
    from langchain_core.documents import Document as LangChainDocument
    from langchain_core.embeddings import Embeddings
    from langchain_postgres import PGEngine, PGVectorStore
    from langchain_postgres.v2.hybrid_search_config import HybridSearchConfig
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
    config = (
        HybridSearchConfig(tsv_column="content_tsv", tsv_lang="pg_catalog.simple", index_name=f"{table}_words")
        if words
        else None
    )
    await pg.ainit_vectorstore_table(table, DIMENSION, schema_name=schema, hybrid_search_config=config)
    store = await PGVectorStore.create(
        pg, embedding_service=Ready(), schema_name=schema, table_name=table, hybrid_search_config=config
    )
    documents = [LangChainDocument(text, metadata={"document": "a.txt", "page": 1}) for text in texts]
    started = time.perf_counter()
    await store.aadd_documents(documents)
    if words:
        await store.aapply_hybrid_search_index()
    seconds = time.perf_counter() - started
    await engine.dispose()
    return seconds


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--passages", type=int, default=20_000)
    parser.add_argument("--rounds", type=int, default=2)
    options = parser.parse_args()
    count = options.passages
    texts, vectors = make(count, 0).passages, like_embeddings(count, np.random.default_rng(1))
    schema = f"bench_{os.getpid()}"
    with_terms: list[float] = []
    without: list[float] = []
    plain_theirs: list[float] = []
    hybrid_theirs: list[float] = []
    with tempfile.TemporaryDirectory(prefix="understudy-bench-") as folder:
        server = EmbeddedPostgres(Path(folder))
        url = os.environ.get("PGVECTOR_URL")
        address: Callable[[], str] = (lambda: plain(url)) if url else server.address
        store = PgPassageStore(address, tokeniser, schema_name=schema)
        bare = PgPassageStore(address, lambda _: NoTerms(), schema_name=schema)
        try:
            for n in range(options.rounds):
                without.append(ours(bare, f"vectors {n}", texts, vectors))
                plain_theirs.append(asyncio.run(langchain(address(), schema, f"plain{n}", texts, vectors, False)))
                with_terms.append(ours(store, f"terms {n}", texts, vectors))
                hybrid_theirs.append(asyncio.run(langchain(address(), schema, f"hybrid{n}", texts, vectors, True)))
            started = time.perf_counter()
            store.finish("terms 0")
            indexed = time.perf_counter() - started
            fresh = Stems()
            started = time.perf_counter()
            for text in texts:
                fresh.terms(text)
            tokenised = time.perf_counter() - started
        finally:
            with psycopg.connect(address(), autocommit=True) as connection:
                connection.execute(f"DROP SCHEMA IF EXISTS {schema} CASCADE".encode())
            store.close()
            bare.close()
            server.close()
    print(f"{count:,} passages of {DIMENSION} dimensions, {PER_DOCUMENT} a document, one process")
    print("passages and vectors")
    print(f"  PGVectorStore.add_documents            {count / min(plain_theirs):8,.0f} passages/s")
    print(f"  ours                                   {count / min(without):8,.0f} passages/s")
    print(f"  ratio {min(plain_theirs) / min(without):.1f} (bar 10)")
    print("with what keyword search needs")
    print(f"  PGVectorStore with hybrid_search_config{count / min(hybrid_theirs):8,.0f} passages/s")
    print(f"  ours                                   {count / min(with_terms):8,.0f} passages/s")
    print(f"  ratio {min(hybrid_theirs) / min(with_terms):.1f}")
    print(f"  of ours, cutting into terms {tokenised:.1f} s of {min(with_terms):.1f} s")
    print(f"the index of neighbours (HNSW) takes {indexed:.1f} s, once, when all is stored")


if __name__ == "__main__":
    main()
