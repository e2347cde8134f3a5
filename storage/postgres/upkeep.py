"""What a collection needs after many changes: an index of neighbours when it pays, and its statistics."""

from __future__ import annotations

import logging

import psycopg
from psycopg import sql

from storage.postgres import counting, schema
from storage.postgres.connections import Connection
from storage.postgres.rows import Kept

log = logging.getLogger(__name__)

# Below, comparing every vector takes a few milliseconds, finds all, and costs nothing to keep.
HNSW_FROM = 5000
# Dead passages, as a share of the living, from which building the graph anew takes less time than VACUUM
# takes to mend it: at 2 % of 20,000 it was 2 s against 3, at 20 % 2 s against 7.
WORN = 0.02
MB = 1 << 20


def finish(connection: Connection, name: str, record: Kept, gone: int) -> None:
    """All that a collection needs after many puts and deletions; `gone`: passages deleted since the last time."""
    with connection.transaction():
        schema.lock(connection, name, record.id)
        counting.count(connection, name, record.id)
    build_index(connection, name, record, gone)
    tidy(connection, name, record.id)


def build_index(connection: Connection, name: str, record: Kept, gone: int = 0) -> bool:
    """Build HNSW if the collection is large enough and has none, or a worn one; returns whether it did.

    Cosine, so that LangChain's PGVectorStore uses it too. `gone`: passages deleted that the server's
    statistics may not know of yet. Searches go on meanwhile: the old one is dropped in the end.
    """
    collection = record.id
    if record.collection.dimension > schema.MOST_DIMENSIONS:
        return False
    with connection.transaction():
        schema.lock(connection, name, collection)
        index = sql.Identifier(name, index_name(collection))
        row = connection.execute(
            sql.SQL(
                "SELECT passages, to_regclass(%s) IS NOT NULL, coalesce(pg_stat_get_dead_tuples(to_regclass(%s)), 0)"
                " FROM {} WHERE id = %s"
            ).format(sql.Identifier(name, "collections")),
            [
                index.as_string(connection),
                schema.passages_table(name, collection).as_string(connection),
                collection,
            ],
        ).fetchone()
        if row is None:
            return False
        passages, there, dead = int(str(row[0])), bool(row[1]), max(gone, int(str(row[2])))
        if (dead < max(1, WORN * passages)) if there else (passages < HNSW_FROM):
            return False
        worn = sql.Identifier(name, f"{index_name(collection)}_worn")
        if there:
            rename = sql.SQL("ALTER INDEX {} RENAME TO {}")
            connection.execute(rename.format(index, sql.Identifier(f"{index_name(collection)}_worn")))
        try:
            _create(connection, name, record, passages, parallel=True)
        except (psycopg.errors.DiskFull, psycopg.errors.OutOfMemory):
            # A container's /dev/shm is too small to build with several processes.
            _create(connection, name, record, passages, parallel=False)
        if there:
            connection.execute(sql.SQL("DROP INDEX {}").format(worn))
    return True


def is_worn(connection: Connection, name: str, collection: int, gone: int) -> bool:
    """Whether so many passages were deleted that searches feel it."""
    query = sql.SQL("SELECT passages FROM {} WHERE id = %s").format(sql.Identifier(name, "collections"))
    row = connection.execute(query, [collection]).fetchone()
    return row is not None and gone >= max(1, WORN * int(str(row[0])))


def tidy(connection: Connection, name: str, collection: int) -> None:
    """Fresh statistics and visibility: searches then read the indexes alone."""
    tables = [of(name, collection) for of in (schema.passages_table, schema.postings_table, schema.terms_table)]
    for table in tables:
        connection.execute(sql.SQL("VACUUM (ANALYZE) {}").format(table))


def index_name(collection: int) -> str:
    return f"passages_{collection}_hnsw"


def _create(connection: Connection, name: str, record: Kept, passages: int, *, parallel: bool) -> None:
    needed = memory(passages, record.collection.dimension, half=record.half)
    with connection.transaction():
        connection.execute(f"SET LOCAL maintenance_work_mem = '{needed}MB'".encode())
        if not parallel:
            connection.execute("SET LOCAL max_parallel_maintenance_workers = 0")
        connection.execute(
            sql.SQL("CREATE INDEX {} ON {} USING hnsw (embedding {}) WITH (m = 16, ef_construction = 64)").format(
                sql.Identifier(index_name(record.id)),
                schema.passages_table(name, record.id),
                sql.SQL("halfvec_cosine_ops" if record.half else "vector_cosine_ops"),
            )
        )


def memory(passages: int, dimension: int, *, half: bool) -> int:
    """Megabytes to build the whole graph in memory (it is three times as slow once it does not fit)."""
    each = dimension * (2 if half else 4) + 500
    return max(64, min(1024, passages * each * 13 // 10 // MB + 16))
