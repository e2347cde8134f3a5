"""How fast and how well a collection is searched, against the bare SQL, exact BM25 and LangChain in the same run.

    python -m benchmarks.search                      # 10,000 and 100,000 passages: some minutes
    python -m benchmarks.search --passages 10000     # small

Vectors are synthetic (512 dimensions); texts and questions are those of planted.py. The
server is embedded, in a folder of its own; PGVECTOR_URL takes another. All that is timed takes its
turn in every round; a ratio is the median over the rounds of the ratios of p95 within one. Vectors are
kept in half precision; recall is against exact search over the whole ones, and the bare SQL uses the
same index with the same operator.
"""

from __future__ import annotations

import argparse
import asyncio
import hashlib
import os
import tempfile
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from statistics import median

import numpy as np
import psycopg

from app.domain.documents import Chunk, Chunking, Collection, Document, Mode, Vectors, Wanted
from app.domain.models import ModelRef
from app.domain.searching import SearchSettings
from app.retrieval.fusion import ranking
from app.retrieval.search import fused
from app.retrieval.tokenising import tokeniser
from benchmarks.planted import Planted, Question, make
from benchmarks.search_peers import Bare, Exact, langchain
from storage.postgres.address import plain
from storage.postgres.embedded import EmbeddedPostgres
from storage.postgres.passages import PgPassageStore

DIMENSION = 512
DEPTH = 50
PER_DOCUMENT = 50
CHUNKING = Chunking(700, 0)
HYBRID = SearchSettings(k=10)
WORDS = SearchSettings(mode=Mode.KEYWORD)

Times = dict[tuple[int, str], list[float]]  # of (passages, what was done): p95 in ms, one a round


@dataclass(frozen=True)
class Corpus:
    name: str
    planted: Planted
    vectors: Vectors
    queries: Vectors
    schema: str
    table: str

    @property
    def count(self) -> int:
        return len(self.vectors)


def like_embeddings(count: int, rng: np.random.Generator) -> Vectors:
    """Unit vectors that lie to each other as the built-in embedding's of real documents do.

    Of 2,437 passages of 69 manuals the nearest had a similarity of 0.82 to each, the 10th 0.70, the
    100th 0.55, the 1000th 0.32; 71 % of the nearest ten were of the same document, whose passages are
    neighbours in the index's pages too; the vectors had a mean of length 0.55, and their variance fell
    as 1 / n over its axes. Here it is 0.79, 0.74, 0.50, 0.31; 68 %; 0.52; and 1 / n. Around centres that
    were strangers to each other a search for 50 would wander through the whole index for the last ones.
    """
    axes = 1 / np.sqrt(np.arange(1, DIMENSION + 1, dtype=np.float32))
    axes /= np.linalg.norm(axes)
    mean = rng.normal(size=DIMENSION).astype(np.float32)
    centres = rng.normal(size=(max(1, count // PER_DOCUMENT), DIMENSION)).astype(np.float32) * axes
    own = np.arange(count) // PER_DOCUMENT % len(centres)
    about = np.where(rng.random(count) < 5 / 6, own, rng.integers(0, len(centres), count))
    noise = rng.normal(size=(count, DIMENSION)).astype(np.float32) * axes
    return _unit(0.8 * mean / np.linalg.norm(mean) + centres[about] + 0.9 * noise)


def _unit(rows: Vectors) -> Vectors:
    return (rows / np.linalg.norm(rows, axis=1, keepdims=True)).astype(np.float32)


def load(store: PgPassageStore, count: int, questions: int) -> Corpus:
    planted = make(count, questions)
    vectors = like_embeddings(count, np.random.default_rng(1))
    name = f"c{count}"
    store.create(Collection(name, ModelRef("bench", "clusters"), DIMENSION, CHUNKING))
    started = time.perf_counter()
    for n in range(0, count, PER_DOCUMENT):
        texts = planted.passages[n : n + PER_DOCUMENT]
        body = "\n".join(texts)
        chunks, at = [], 0
        for text in texts:
            chunks.append(Chunk(text, at, at + len(text)))
            at += len(text) + 1
        document = Document(f"{n}.txt", hashlib.sha256(body.encode()).hexdigest(), "text/plain", len(body), body)
        store.put(name, document, chunks, vectors[n : n + PER_DOCUMENT])
    stored = time.perf_counter()
    store.finish(name)
    record = store.collection(name)
    print(
        f"{count:,} passages: stored in {stored - started:.1f} s ({count / (stored - started):,.0f}/s, terms included),"
        f" indexed in {time.perf_counter() - stored:.1f} s, {record.bytes / 1e6:,.0f} MB"
    )
    rng = np.random.default_rng(2)
    queries = _unit(vectors[rng.integers(0, count, 300)] + rng.normal(size=(300, DIMENSION)) * 0.02)
    return Corpus(name, planted, vectors, queries, record.schema, record.table)


def recall_of_dense(store: PgPassageStore, corpus: Corpus) -> float:
    hits = 0
    for query in corpus.queries[:100]:
        exact = set(np.argsort(-(corpus.vectors @ query))[:10] + 1)
        found = sorted(store.search(corpus.name, Wanted(10, query)), key=lambda c: -(c.dense or 0))
        hits += len(exact & {c.id for c in found})
    return hits / 1000


def by_words(store: PgPassageStore, corpus: Corpus, question: Question) -> list[int]:
    return ranking(fused([store.search(corpus.name, Wanted(DEPTH, words=question.text))], WORDS))[:10]


def by_both(store: PgPassageStore, corpus: Corpus, n: int, question: Question) -> list[int]:
    found = store.search(corpus.name, Wanted(DEPTH, corpus.queries[n], question.text))
    return ranking(fused([found], HYBRID))[:10]


def report_found(store: PgPassageStore, corpus: Corpus) -> None:
    print(f"\n{corpus.count:,} passages")
    print(f"  dense recall@10 against exact search: {recall_of_dense(store, corpus):.3f}")
    exact = Exact(corpus.planted, CHUNKING)
    for korean in (True, False):
        asked = [q for q in corpus.planted.questions if q.korean is korean]
        ours = [by_words(store, corpus, q) for q in asked]
        best = [exact.best(q, 10) for q in asked]
        recall, of_exact = (sum(q.passage + 1 in t for q, t in zip(asked, ten, strict=True)) for ten in (ours, best))
        same = sum(len(set(a) & set(b)) for a, b in zip(ours, best, strict=True)) / sum(map(len, best))
        print(
            f"  keyword recall@10, planted, {'Korean' if korean else 'English'}: {recall / len(asked):.3f}"
            f" (n = {len(asked)}); exact BM25 {of_exact / len(asked):.3f}, {same:.0%} of its first ten found"
        )


def report_langchain(store: PgPassageStore, address: str, corpus: Corpus, rows: int) -> None:
    asked = [q for q in corpus.planted.questions if q.korean][:rows]
    theirs, ms = asyncio.run(langchain(address, corpus.schema, corpus.table, asked, corpus.queries))
    times, ours = [], 0
    for n, question in enumerate(asked):
        started = time.perf_counter()
        ours += question.passage + 1 in by_both(store, corpus, n, question)
        times.append(time.perf_counter() - started)
    print(
        f"  Korean questions answered by hybrid search: {ours} of {len(asked)}, LangChain's {theirs} of {len(asked)}"
        f" (its p95 {ms:.0f} ms = {ms / (float(np.quantile(times, 0.95)) * 1000):.0f}x ours)"
    )


def works(store: PgPassageStore, corpus: Corpus) -> dict[str, Callable[[int], object]]:
    questions = corpus.planted.questions
    return {
        "dense": lambda n: store.search(corpus.name, Wanted(DEPTH, corpus.queries[n])),
        "hybrid": lambda n: by_both(store, corpus, n, questions[n % len(questions)]),
    }


def measure(
    store: PgPassageStore, address: Callable[[], str], corpora: list[Corpus], clients: int, rounds: int
) -> Times:
    with ExitStack() as stack:
        pool = stack.enter_context(ThreadPoolExecutor(clients))
        todo: dict[tuple[int, str], Callable[[int], object]] = {}
        for corpus in corpora:
            bare = Bare(address, f"{corpus.schema}.{corpus.table}", corpus.queries, DEPTH)
            todo[corpus.count, "bare"] = stack.enter_context(bare)
            todo |= {(corpus.count, name): work for name, work in works(store, corpus).items()}
        times: Times = {key: [] for key in todo}
        for n in range(rounds + 1):
            for key in [*todo][:: 1 if n % 2 else -1]:
                p95 = _p95(pool, todo[key], len(corpora[0].queries))
                if n:  # the first warms up
                    times[key].append(p95)
    return times


def _p95(pool: ThreadPoolExecutor, work: Callable[[int], object], count: int) -> float:
    def timed(n: int) -> float:
        started = time.perf_counter()
        work(n)
        return time.perf_counter() - started

    return float(np.quantile(list(pool.map(timed, range(count))), 0.95)) * 1000


def ratio(times: Times, of: tuple[int, str], to: tuple[int, str]) -> str:
    """The median over the rounds, and the ratio of the quietest ones: a busy machine only ever adds."""
    ratios = [a / b for a, b in zip(times[of], times[to], strict=True)]
    return f"{median(ratios):.2f}x (quietest {min(times[of]) / min(times[to]):.2f}x)"


def report_times(times: Times, clients: int) -> None:
    counts = list(dict.fromkeys(count for count, _ in times))
    print(f"\np95 at {clients} client(s)")
    for count in counts:
        bare, dense, hybrid = ((count, kind) for kind in ("bare", "dense", "hybrid"))
        ms = {kind: median(times[count, kind]) for kind in ("bare", "dense", "hybrid")}
        print(
            f"  {count:,}: bare SQL {ms['bare']:.2f} ms, dense {ms['dense']:.2f} ms = {ratio(times, dense, bare)},"
            f" hybrid {ms['hybrid']:.2f} ms = {ratio(times, hybrid, dense)} dense"
        )
    if len(counts) == 2:
        for kind in ("bare", "dense", "hybrid"):
            print(f"  {counts[0]:,} → {counts[1]:,}: {kind} {ratio(times, (counts[1], kind), (counts[0], kind))}")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--passages", type=int, default=100_000)
    parser.add_argument("--questions", type=int, default=150, help="planted facts in each language")
    parser.add_argument("--langchain", type=int, default=20, metavar="N", help="questions put to LangChain; 0: none")
    parser.add_argument("--rounds", type=int, default=15)
    options = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="understudy-bench-") as folder:
        server = EmbeddedPostgres(Path(folder))
        url = os.environ.get("PGVECTOR_URL")
        address = (lambda: plain(url)) if url else server.address
        store = PgPassageStore(address, tokeniser, schema_name=f"bench_{os.getpid()}")
        try:
            sizes = dict.fromkeys((min(10_000, options.passages), options.passages))
            corpora = [load(store, n, options.questions) for n in sizes]
            for corpus in corpora:
                report_found(store, corpus)
            if options.langchain:
                report_langchain(store, address(), corpora[0], options.langchain)
            for clients in (1, 4):
                report_times(measure(store, address, corpora, clients, options.rounds), clients)
        finally:
            with psycopg.connect(address(), autocommit=True) as connection:
                connection.execute(f"DROP SCHEMA IF EXISTS bench_{os.getpid()} CASCADE".encode())
            store.close()
            server.close()


if __name__ == "__main__":
    main()
