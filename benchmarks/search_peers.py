"""What search is measured against: the bare SQL, exact BM25 and LangChain's hybrid search, on the same rows."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager
from threading import local

import numpy as np
import psycopg
from pgvector.psycopg import HalfVector, register_vector

from app.domain.documents import Chunking, TokeniserName, Vectors
from app.retrieval.tokenising import tokeniser
from benchmarks.planted import Planted, Question
from storage.postgres.postings import average_length, term_id, weigh
from storage.postgres.searching import LEAST_EF


class Bare(AbstractContextManager["Bare"]):
    """The SQL that a program would write by hand for the same index: one prepared statement, a connection a thread."""

    def __init__(self, address: Callable[[], str], table: str, queries: Vectors, depth: int) -> None:
        self._address, self._queries = address, queries
        self._sql = f"SELECT id, embedding <=> %(v)s FROM {table} ORDER BY embedding <=> %(v)s LIMIT {depth}".encode()
        self._mine = local()
        self._all: list[psycopg.Connection] = []

    def __call__(self, n: int) -> object:
        connection = getattr(self._mine, "connection", None)
        if connection is None:
            connection = self._mine.connection = psycopg.connect(self._address(), autocommit=True)
            self._all.append(connection)
            register_vector(connection)
            connection.execute(f"SET hnsw.ef_search = {LEAST_EF}".encode())
        return connection.execute(self._sql, {"v": HalfVector(self._queries[n])}, binary=True).fetchall()

    def __exit__(self, *_: object) -> None:
        for connection in self._all:
            connection.close()


class Exact:
    """BM25 of every passage, by numpy over the same terms and weights: what the two stages should find."""

    def __init__(self, planted: Planted, chunking: Chunking) -> None:
        self._tokeniser = tokeniser(TokeniserName.STEMS)
        self._count = len(planted.passages)
        found = weigh(self._tokeniser, planted.passages, average_length(chunking))
        order = np.argsort(found.term, kind="stable")
        self._terms, self._passages, self._weights = found.term[order], found.passage[order], found.weight[order]

    def best(self, question: Question, k: int) -> list[int]:
        """The ids (from 1) of the best, as the store numbers them."""
        scores = np.zeros(self._count)
        for term in dict.fromkeys(map(term_id, self._tokeniser.question(question.text))):
            first, last = np.searchsorted(self._terms, [term, term + 1])
            rarity = np.log(1 + (self._count - (last - first) + 0.5) / (last - first + 0.5))
            scores[self._passages[first:last]] += rarity * self._weights[first:last]
        return [int(i) + 1 for i in np.lexsort((np.arange(self._count), -scores))[:k] if scores[i] > 0]


async def langchain(
    address: str, schema: str, table: str, questions: Sequence[Question], vectors: Vectors
) -> tuple[int, float]:
    """Questions that LangChain's hybrid search answered among its first ten, and its p95 in milliseconds.

    A fresh HybridSearchConfig each call, as it keeps the first question in it.
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
        embedding_service=DeterministicFakeEmbedding(size=vectors.shape[1]),
        schema_name=schema,
        table_name=table,
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
