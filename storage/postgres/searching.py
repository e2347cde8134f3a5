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
    filtered = bool(wanted.documents)
    dense: dict[int, float] = {}
    words: dict[int, float] = {}
    settings = f"SET LOCAL hnsw.ef_search = {min(MOST_EF, max(LEAST_EF, wanted.depth))}"
    # A filter, or a depth over the limit, leaves fewer than asked for unless the search goes on.
    if filtered or wanted.depth > MOST_EF:
        settings += "; SET LOCAL hnsw.iterative_scan = strict_order"
    near = best = None
    # One exchange: what begins and ends the transaction and both searches go out together.
    with connection.pipeline(), connection.transaction():
        if wanted.vector is not None:
            for setting in settings.split("; "):
                connection.execute(setting.encode())
            near = connection.execute(
                _dense(place, filtered),
                {
                    "vector": as_stored(wanted.vector, place.dimension),
                    "depth": wanted.depth,
                    "documents": list(wanted.documents),
                },
                binary=True,
            )
        if terms:
            best = connection.execute(
                _keyword(place, filtered),
                {
                    "terms": list(terms),
                    "collection": place.collection,
                    "documents": list(wanted.documents),
                    "shortlist": max(keyword.SHORTLIST, 2 * wanted.depth),
                    "depth": wanted.depth,
                },
                binary=True,
            )
    if near is not None:
        dense = dict(cast(list[tuple[int, float]], near.fetchall()))
    if best is not None:
        words = dict(cast(list[tuple[int, float]], best.fetchall()))
    return [Candidate(i, dense.get(i), words.get(i)) for i in {**dense, **words}]


def as_stored(vector: Vector, dimension: int) -> Any:
    """A vector as the server takes it; halves where the collection's table has them."""
    return HalfVector(vector) if dimension > schema.MOST_DIMENSIONS_VECTOR else vector


@lru_cache(maxsize=256)
def _dense(place: Place, filtered: bool) -> bytes:
    only = "WHERE document_id = ANY(%(documents)s)" if filtered else ""
    statement = sql.SQL(
        "SELECT id, 1 - (embedding <=> %(vector)s) FROM {} {} ORDER BY embedding <=> %(vector)s LIMIT %(depth)s"
    ).format(schema.passages_table(place.schema, place.collection), sql.SQL(only))
    return statement.as_bytes(None)


@lru_cache(maxsize=256)
def _keyword(place: Place, filtered: bool) -> bytes:
    return keyword.statement(
        schema.postings_table(place.schema, place.collection),
        schema.terms_table(place.schema, place.collection),
        sql.Identifier(place.schema, "collections"),
        filtered=filtered,
    ).as_bytes(None)
