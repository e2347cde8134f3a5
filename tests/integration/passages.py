"""A passage store for a test, and things to put in it.

One embedded server serves the whole run, each test in a schema of its own; with
UNDERSTUDY_TEST_PGVECTOR_URL (a server with pgvector) the same tests run there.
"""

from __future__ import annotations

import atexit
import hashlib
import os
import secrets
import shutil
import tempfile
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from functools import lru_cache
from pathlib import Path
from urllib.parse import urlencode

import numpy as np
import psycopg
from psycopg.conninfo import conninfo_to_dict

from app.domain.documents import Chunk, Chunking, Collection, CollectionRecord, Document, Vector, Vectors
from app.domain.models import ModelRef
from app.retrieval.tokenising import tokeniser
from storage.postgres.address import plain
from storage.postgres.embedded import EmbeddedPostgres
from storage.postgres.passages import PgPassageStore

SERVER = os.environ.get("UNDERSTUDY_TEST_PGVECTOR_URL", "")
DIMENSION = 32
MODEL = ModelRef("test", "hashes")


@lru_cache(maxsize=1)
def address() -> Callable[[], str]:
    """The server's connection parameters; an embedded one is stopped when the run ends."""
    if SERVER:
        url = plain(SERVER)
        return lambda: url
    home = Path(tempfile.mkdtemp(prefix="understudy-test-"))
    server = EmbeddedPostgres(home)
    atexit.register(shutil.rmtree, home, ignore_errors=True)
    atexit.register(server.close)
    return server.address


def url() -> str:
    """The server as PGVECTOR_URL names it."""
    if SERVER:
        return SERVER
    at = conninfo_to_dict(address()())
    query = urlencode({name: at[name] for name in ("host", "port") if name in at})
    return f"postgresql://{at['user']}@/{at['dbname']}?{query}"


@contextmanager
def schema() -> Iterator[str]:
    """The name of a schema that does not exist yet; dropped in the end."""
    name = f"test_{secrets.token_hex(6)}"
    try:
        yield name
    finally:
        with psycopg.connect(address()(), autocommit=True) as connection:
            connection.execute(f"DROP SCHEMA IF EXISTS {name} CASCADE".encode())


@contextmanager
def store(name: str | None = None) -> Iterator[PgPassageStore]:
    """A store in a schema of its own, or in that of `name`."""
    if name is None:
        with schema() as fresh, store(fresh) as opened:
            yield opened
        return
    opened = PgPassageStore(address(), tokeniser, place="test", schema_name=name)
    try:
        yield opened
    finally:
        opened.close()


def collection(name: str = "handbook", dimension: int = DIMENSION) -> Collection:
    return Collection(name, MODEL, dimension, Chunking(200, 20))


def embed(texts: Sequence[str], dimension: int = DIMENSION) -> Vectors:
    """Vectors that depend on the text alone: equal texts are nearest to each other."""
    return np.stack([_direction(text, dimension) for text in texts]) if texts else np.zeros((0, dimension), np.float32)


def document(name: str, *texts: str) -> tuple[Document, list[Chunk]]:
    """A document of one page a text, a passage each."""
    chunks, starts, place = [], [], 0
    for page, text in enumerate(texts, start=1):
        starts.append(place)
        chunks.append(Chunk(text, place, place + len(text), page))
        place += len(text) + 1
    body = "\n".join(texts)
    digest = hashlib.sha256(body.encode("utf-8", "replace")).hexdigest()
    return Document(name, digest, "text/plain", len(body), body, tuple(starts)), chunks


def put(opened: PgPassageStore, name: str, *texts: str, into: str = "handbook", dimension: int = DIMENSION) -> object:
    whole, chunks = document(name, *texts)
    return opened.put(into, whole, chunks, embed(texts, dimension))


def postings(schema: str, identity: int) -> str:
    """SQL: (term, id) of every term of every passage of a collection."""
    return f"(SELECT term, id + (unnest(packed) >> 16) AS id FROM {schema}.postings_{identity})"


def miscounted(record: CollectionRecord) -> str:
    """SQL: the number of terms of a collection whose passages are not as many as counted, or about to be."""
    counted = (
        f"SELECT term, passages AS n FROM {record.schema}.terms_{record.id} UNION ALL"
        f" SELECT g.term, g.n FROM {record.schema}.uncounted, unnest(terms, counts) AS g(term, n)"
        f" WHERE collection_id = {record.id}"
    )
    return (
        f"SELECT count(*) FROM (SELECT term, sum(n) AS n FROM ({counted}) c GROUP BY term) c FULL JOIN"
        f" (SELECT term, count(*) AS n FROM {postings(record.schema, record.id)} p GROUP BY term) p USING (term)"
        " WHERE coalesce(c.n, 0) <> coalesce(p.n, 0)"
    )


def _direction(text: str, dimension: int) -> Vector:
    seed = int.from_bytes(hashlib.sha256(text.encode("utf-8", "replace")).digest()[:8], "big")
    vector = np.random.default_rng(seed).normal(size=dimension).astype(np.float32)
    return vector / np.linalg.norm(vector)
