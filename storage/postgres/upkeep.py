"""What a collection needs after many changes: an index of neighbours when it pays, and its statistics."""

from __future__ import annotations

import logging

import psycopg
from psycopg import sql

from storage.postgres import schema
from storage.postgres.connections import Connection

log = logging.getLogger(__name__)

# Below, comparing every vector takes a few milliseconds, finds all, and costs nothing to keep.
HNSW_FROM = 5000
MB = 1 << 20


def build_index(connection: Connection, name: str, collection: int, dimension: int) -> bool:
    """Build HNSW if the collection is large enough and has none; returns whether it did.

    Cosine, so that LangChain's PGVectorStore uses it too.
    """
    if dimension > schema.MOST_DIMENSIONS_HALFVEC:
        return False
    with connection.transaction():
        connection.execute("SELECT pg_advisory_xact_lock(%s, %s)", [schema.lock_key(name), collection])
        row = connection.execute(
            sql.SQL("SELECT passages, to_regclass(%s) IS NULL FROM {} WHERE id = %s").format(
                sql.Identifier(name, "collections")
            ),
            [sql.Identifier(name, index_name(collection)).as_string(connection), collection],
        ).fetchone()
        if row is None or not row[1] or int(str(row[0])) < HNSW_FROM:
            return False
        try:
            _create(connection, name, collection, dimension, int(str(row[0])), parallel=True)
        except (psycopg.errors.DiskFull, psycopg.errors.OutOfMemory):
            # A container's /dev/shm is too small to build with several processes.
            _create(connection, name, collection, dimension, int(str(row[0])), parallel=False)
    return True


def tidy(connection: Connection, name: str, collection: int) -> None:
    """Fresh statistics and visibility: searches then read the indexes alone."""
    tables = [of(name, collection) for of in (schema.passages_table, schema.postings_table, schema.terms_table)]
    for table in tables:
        connection.execute(sql.SQL("VACUUM (ANALYZE) {}").format(table))


def index_name(collection: int) -> str:
    return f"passages_{collection}_hnsw"


def _create(
    connection: Connection, name: str, collection: int, dimension: int, passages: int, *, parallel: bool
) -> None:
    half = dimension > schema.MOST_DIMENSIONS_VECTOR
    with connection.transaction():
        connection.execute(f"SET LOCAL maintenance_work_mem = '{memory(passages, dimension, half=half)}MB'".encode())
        if not parallel:
            connection.execute("SET LOCAL max_parallel_maintenance_workers = 0")
        connection.execute(
            sql.SQL("CREATE INDEX {} ON {} USING hnsw (embedding {}) WITH (m = 16, ef_construction = 64)").format(
                sql.Identifier(index_name(collection)),
                schema.passages_table(name, collection),
                sql.SQL("halfvec_cosine_ops" if half else "vector_cosine_ops"),
            )
        )


def memory(passages: int, dimension: int, *, half: bool) -> int:
    """Megabytes to build the whole graph in memory (it is three times as slow once it does not fit)."""
    each = dimension * (2 if half else 4) + 500
    return max(64, min(1024, passages * each * 13 // 10 // MB + 16))
