"""How fast and how well a collection is searched, against the bare SQL and LangChain in the same run.

    python -m benchmarks.search                      # 10,000 and 100,000 passages: some minutes
    python -m benchmarks.search --passages 10000     # small

Vectors are synthetic (512 dimensions, clustered); texts and questions are those of planted.py. The
server is embedded, in a folder of its own; PGVECTOR_URL takes another.
"""

from __future__ import annotations

import argparse
import asyncio
import hashlib
import os
import tempfile
import time
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import psycopg
from pgvector.psycopg import register_vector

from app.domain.documents import Chunk, Chunking, Collection, Document, Mode, Vectors, Wanted
from app.domain.models import ModelRef
from app.domain.searching import SearchSettings
from app.retrieval.fusion import ranking
from app.retrieval.search import fused
from app.retrieval.tokenising import tokeniser
from benchmarks.planted import Planted, Question, make
from storage.postgres.address import plain
from storage.postgres.embedded import EmbeddedPostgres
from storage.postgres.passages import PgPassageStore

DIMENSION = 512
DEPTH = 50
PER_DOCUMENT = 50
HYBRID = SearchSettings(k=10)


@dataclass
class Corpus:
    name: str
    planted: Planted
    vectors: Vectors
    queries: Vectors
    schema: str = ""
    table: str = ""


def clustered(count: int, seed: int) -> Vectors:
    """Unit vectors around `count` / 50 centres, as embeddings of documents lie."""
    rng = np.random.default_rng(seed)
    centres = rng.normal(size=(max(1, count // 50), DIMENSION)).astype(np.float32)
    rows = centres[rng.integers(0, len(centres), count)] + rng.normal(size=(count, DIMENSION)).astype(np.float32) * 0.8
    return (rows / np.linalg.norm(rows, axis=1, keepdims=True)).astype(np.float32)


def load(store: PgPassageStore, count: int, questions: int) -> Corpus:
    planted = make(count, questions)
    vectors = clustered(count, 1)
    corpus = Corpus(f"c{count}", planted, vectors, clustered_near(vectors, 300))
    store.create(Collection(corpus.name, ModelRef("bench", "clusters"), DIMENSION, Chunking(700, 0)))
    started = time.perf_counter()
    for n in range(0, count, PER_DOCUMENT):
        texts = planted.passages[n : n + PER_DOCUMENT]
        body = "\n".join(texts)
        chunks, at = [], 0
        for text in texts:
            chunks.append(Chunk(text, at, at + len(text)))
            at += len(text) + 1
        document = Document(f"{n}.txt", hashlib.sha256(body.encode()).hexdigest(), "text/plain", len(body), body)
        store.put(corpus.name, document, chunks, vectors[n : n + PER_DOCUMENT])
    stored = time.perf_counter()
    store.finish(corpus.name)
    record = store.collection(corpus.name)
    corpus.schema, corpus.table = record.schema, record.table
    print(
        f"{count:,} passages: stored in {stored - started:.1f} s ({count / (stored - started):,.0f}/s, terms included),"
        f" indexed in {time.perf_counter() - stored:.1f} s, {record.bytes / 1e6:,.0f} MB"
    )
    return corpus


def clustered_near(vectors: Vectors, count: int) -> Vectors:
    rng = np.random.default_rng(2)
    rows = vectors[rng.integers(0, len(vectors), count)] + rng.normal(size=(count, DIMENSION)).astype(np.float32) * 0.02
    return (rows / np.linalg.norm(rows, axis=1, keepdims=True)).astype(np.float32)


def p95(works: dict[str, Callable[[int], object]], count: int, clients: int, passes: int = 3) -> dict[str, float]:
    """Milliseconds; the best of some passes, in turns so that what else the machine does touches all alike."""
    best = dict.fromkeys(works, float("inf"))
    for n in range(passes + 1):
        for name, work in works.items():
            times: list[float] = []

            def timed(i: int, work: Callable[[int], object] = work, times: list[float] = times) -> None:
                started = time.perf_counter()
                work(i)
                times.append(time.perf_counter() - started)

            with ThreadPoolExecutor(clients) as pool:
                list(pool.map(timed, range(count)))
            if n:  # the first warms up
                best[name] = min(best[name], float(np.quantile(times, 0.95)) * 1000)
    return best


class Bare:
    """The SQL that a program would write by hand: one prepared statement on a connection a thread."""

    def __init__(self, address: Callable[[], str], corpus: Corpus) -> None:
        self._address, self._corpus, self._connections = address, corpus, {}  # type: ignore[var-annotated]
        self._sql = (
            f"SELECT id, embedding <=> %(v)s FROM {corpus.schema}.{corpus.table}"
            f" ORDER BY embedding <=> %(v)s LIMIT {DEPTH}"
        ).encode()

    def __call__(self, n: int) -> object:
        import threading

        connection = self._connections.get(threading.get_ident())
        if connection is None:
            connection = self._connections[threading.get_ident()] = psycopg.connect(self._address(), autocommit=True)
            register_vector(connection)
            connection.execute("SET hnsw.ef_search = 100")
        return connection.execute(self._sql, {"v": self._corpus.queries[n]}, binary=True).fetchall()

    def close(self) -> None:
        for connection in self._connections.values():
            connection.close()


def recall_of_dense(store: PgPassageStore, corpus: Corpus) -> float:
    hits = 0
    for query in corpus.queries[:100]:
        exact = set(np.argsort(-(corpus.vectors @ query))[:10] + 1)
        found = sorted(store.search(corpus.name, Wanted(10, query)), key=lambda c: -(c.dense or 0))
        hits += len(exact & {c.id for c in found})
    return hits / 1000


def recall_of_keyword(store: PgPassageStore, corpus: Corpus, korean: bool) -> tuple[float, int]:
    asked = [q for q in corpus.planted.questions if q.korean is korean]
    settings = SearchSettings(mode=Mode.KEYWORD)
    found = 0
    for question in asked:
        scores = fused([store.search(corpus.name, Wanted(10, words=question.text))], settings)
        found += question.passage + 1 in ranking(scores)[:10]
    return found / len(asked), len(asked)


def latencies(store: PgPassageStore, address: Callable[[], str], corpus: Corpus, clients: int) -> dict[str, float]:
    questions, queries = corpus.planted.questions, corpus.queries
    count = min(len(queries), len(questions))

    def dense(n: int) -> object:
        return store.search(corpus.name, Wanted(DEPTH, queries[n]))

    def hybrid(n: int) -> object:
        found = store.search(corpus.name, Wanted(DEPTH, queries[n], questions[n % len(questions)].text))
        return ranking(fused([found], HYBRID))[:10]

    bare = Bare(address, corpus)
    try:
        return p95({"bare": bare, "dense": dense, "hybrid": hybrid}, count, clients)
    finally:
        bare.close()


async def langchain(address: str, corpus: Corpus, questions: Sequence[Question], vectors: Vectors) -> tuple[int, float]:
    """Questions that LangChain's hybrid search answered among its first ten, and its p95 in milliseconds.

    On the same rows; a fresh HybridSearchConfig each call, as it keeps the first question in it.
    """
    from langchain_core.embeddings import DeterministicFakeEmbedding
    from langchain_postgres import PGEngine, PGVectorStore
    from langchain_postgres.v2.hybrid_search_config import HybridSearchConfig, reciprocal_rank_fusion
    from psycopg.conninfo import conninfo_to_dict
    from sqlalchemy import URL
    from sqlalchemy.ext.asyncio import create_async_engine

    parts = {name: str(value) for name, value in conninfo_to_dict(address).items()}
    url = URL.create(
        "postgresql+psycopg",
        username=parts.get("user"),
        password=parts.get("password"),
        database=parts.get("dbname"),
        query={"host": parts["host"], "port": parts.get("port", "5432")},
    )
    engine = create_async_engine(url)
    opened = await PGVectorStore.create(
        PGEngine.from_engine(engine),
        embedding_service=DeterministicFakeEmbedding(size=DIMENSION),
        schema_name=corpus.schema,
        table_name=corpus.table,
        metadata_columns=["id"],
    )
    found, times = 0, []
    for question, vector in zip(questions, vectors, strict=False):
        config = HybridSearchConfig(
            tsv_lang="pg_catalog.simple", fusion_function=reciprocal_rank_fusion, primary_top_k=50, secondary_top_k=50
        )
        started = time.perf_counter()
        hits = await opened.asimilarity_search_by_vector(
            [float(x) for x in vector], k=10, hybrid_search_config=config, fts_query=question.text
        )
        times.append(time.perf_counter() - started)
        found += any(hit.metadata["id"] == question.passage + 1 for hit in hits)
    await engine.dispose()
    return found, float(np.quantile(times, 0.95)) * 1000


def report(store: PgPassageStore, address: Callable[[], str], corpus: Corpus, rows: int) -> dict[int, dict[str, float]]:
    print(f"\n{corpus.name[1:]} passages")
    print(f"  dense recall@10 against exact search: {recall_of_dense(store, corpus):.3f}")
    for korean in (True, False):
        value, n = recall_of_keyword(store, corpus, korean)
        print(f"  keyword recall@10, planted, {'Korean' if korean else 'English'}: {value:.3f} (n = {n})")
    figures = {}
    for clients in (1, 4):
        t = figures[clients] = latencies(store, address, corpus, clients)
        print(
            f"  p95 at {clients} client(s): bare SQL {t['bare']:.2f} ms, dense {t['dense']:.2f} ms"
            f" = {t['dense'] / t['bare']:.2f}x, hybrid {t['hybrid']:.2f} ms = {t['hybrid'] / t['dense']:.2f}x dense"
        )
    if rows:
        asked = [q for q in corpus.planted.questions if q.korean][:rows]
        theirs, ms = asyncio.run(langchain(address(), corpus, asked, corpus.queries))
        ours = 0
        for n, q in enumerate(asked):
            found = store.search(corpus.name, Wanted(DEPTH, corpus.queries[n], q.text))
            ours += q.passage + 1 in ranking(fused([found], HYBRID))[:10]
        print(
            f"  Korean questions answered by hybrid search: {ours} of {len(asked)},"
            f" LangChain's {theirs} of {len(asked)} (its p95 {ms:.0f} ms = {ms / figures[1]['hybrid']:.0f}x ours)"
        )
    return figures


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--passages", type=int, default=100_000)
    parser.add_argument("--questions", type=int, default=150, help="planted facts in each language")
    parser.add_argument("--langchain", type=int, default=20, metavar="N", help="questions put to LangChain; 0: none")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="understudy-bench-") as folder:
        server = EmbeddedPostgres(Path(folder))
        url = os.environ.get("PGVECTOR_URL")
        address = (lambda: plain(url)) if url else server.address
        store = PgPassageStore(address, tokeniser, schema_name=f"bench_{os.getpid()}")
        try:
            small = min(10_000, options.passages)
            corpora = [load(store, n, options.questions) for n in dict.fromkeys((small, options.passages))]
            figures = [report(store, address, c, options.langchain if c is corpora[0] else 0) for c in corpora]
            if len(figures) == 2:
                for kind in ("dense", "hybrid"):
                    growth = figures[1][1][kind] / figures[0][1][kind]
                    print(f"\n{small:,} → {options.passages:,} passages: {kind} p95 {growth:.2f}x")
        finally:
            with psycopg.connect(address(), autocommit=True) as connection:
                connection.execute(f"DROP SCHEMA IF EXISTS bench_{os.getpid()} CASCADE".encode())
            store.close()
            server.close()


if __name__ == "__main__":
    main()
