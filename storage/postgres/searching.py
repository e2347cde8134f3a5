"""What dense and keyword search find in a collection, in one exchange with the server."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Any, cast

from pgvector.psycopg import HalfVector  # type: ignore[import-untyped]
from psycopg import sql

from app.domain.documents import Candidate, Vector, Wanted
from storage.postgres import keyword, schema
from storage.postgres.connections import Connection

LEAST_EF = 100  # recall@10 of 0.99 at 100,000 passages; 40, the server's default, gave 0.965
MOST_EF = 1000  # pgvector's limit; beyond it the search goes on by itself (iterative scan)


@dataclass(frozen=True, slots=True)
class Place:
    """Where a collection's passages are."""

    schema: str
    collection: int
    dimension: int


def candidates(connection: Connection, place: Place, wanted: Wanted, terms: Sequence[int]) -> list[Candidate]:
    """The nearest to `wanted.vector` and the best for `terms`, at most `wanted.depth` of each."""
    dense: dict[int, float] = {}
    words: dict[int, float] = {}
    if wanted.vector is None and not terms:
        return []
    found = connection.execute(
        _statement(place, wanted.vector is not None, bool(terms), bool(wanted.documents)),
        {
            "vector": None if wanted.vector is None else as_stored(wanted.vector, place.dimension),
            "ef": str(min(MOST_EF, max(LEAST_EF, wanted.depth))),
            # A filter, a depth over the limit and rows deleted since leave fewer than asked for unless it goes on.
            "goes_on": "strict_order",
            "terms": list(terms),
            "collection": place.collection,
            "documents": list(wanted.documents),
            "shortlist": max(keyword.SHORTLIST, 2 * wanted.depth),
            "depth": wanted.depth,
        },
        binary=True,
    )
    for near, identity, score in cast("list[tuple[bool, int, float]]", found.fetchall()):
        (dense if near else words)[identity] = score
    return [Candidate(i, dense.get(i), words.get(i)) for i in {**dense, **words}]


def as_stored(vector: Vector, dimension: int) -> Any:
    """A vector as the server takes it; halves where the collection's table has them."""
    return HalfVector(vector) if dimension > schema.MOST_DIMENSIONS_VECTOR else vector


@lru_cache(maxsize=256)
def _statement(place: Place, near: bool, words: bool, filtered: bool) -> bytes:
    """One statement for both searches: one exchange with the server, and one state of the collection."""
    parts = []
    if near:
        parts.append(_dense(schema.passages_table(place.schema, place.collection), filtered))
    if words:
        parts.append(
            keyword.statement(
                schema.postings_table(place.schema, place.collection),
                schema.terms_table(place.schema, place.collection),
                sql.Identifier(place.schema, "collections"),
                filtered=filtered,
            )
        )
    return sql.SQL(" UNION ALL ").join(parts).as_bytes(None)


def _dense(passages: sql.Identifier, filtered: bool) -> sql.Composed:
    """(true, id, cosine similarity), nearest first.

    The settings of the index are those of this statement alone, and made before its scan begins: by
    SET in the session they would be lost behind a pooler, by SET LOCAL they would take a transaction
    and three more exchanges.
    """
    only = sql.SQL("AND document_id = ANY(%(documents)s)" if filtered else "")
    return sql.SQL(
        """
        (SELECT true, near.id, 1 - near.distance
        FROM (SELECT set_config('hnsw.ef_search', %(ef)s, true) || set_config('hnsw.iterative_scan', %(goes_on)s, true)
            AS done OFFSET 0) settings
        CROSS JOIN LATERAL (
            SELECT id, embedding <=> %(vector)s AS distance FROM {passages}
            WHERE settings.done IS NOT NULL {only}
            ORDER BY embedding <=> %(vector)s LIMIT %(depth)s
        ) near)
        """
    ).format(passages=passages, only=only)
