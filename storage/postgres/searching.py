"""What dense and keyword search find in a collection, in one exchange with the server."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from enum import Enum
from functools import lru_cache
from typing import Any, cast

from pgvector.psycopg import HalfVector  # type: ignore[import-untyped]
from psycopg import sql

from app.domain.documents import Candidate, Vector, Wanted
from storage.postgres import keyword, schema
from storage.postgres.connections import Connection
from storage.postgres.keyword import Among

LEAST_EF = 64  # recall@10 of 0.997 at 100,000 passages and @50 of 0.96; 100 took a third longer for 0.997 and 0.98
MOST_EF = 1000  # pgvector's limit; beyond it the search goes on by itself (iterative scan)
MOST_SCANNED = 20_000  # passages that such a search looks at; comparing all that are left is quicker then


class _Reach(Enum):
    """How far a dense search goes along the index."""

    NEAR = "near"  # as far as ef_search, which is as many as are wanted and more
    ON = "on"  # until there are enough that pass, or MOST_SCANNED were looked at
    ALL = "all"  # past the index: every vector


@dataclass(frozen=True, slots=True)
class Place:
    """Where a collection's passages are."""

    schema: str
    collection: int
    half: bool


def candidates(connection: Connection, place: Place, wanted: Wanted, terms: Sequence[int]) -> list[Candidate]:
    """The nearest to `wanted.vector` and the best for `terms`, at most `wanted.depth` of each.

    As many as that, as long as there are as many: when the index gives up before (a filter that few
    pass, neighbours deleted since), every vector that is left is compared.
    """
    dense: dict[int, float] = {}
    words: dict[int, float] = {}
    if wanted.vector is None and not terms:
        return []
    shortlist = max(keyword.SHORTLIST, 2 * wanted.depth)
    values = {
        "vector": None if wanted.vector is None else as_stored(wanted.vector, half=place.half),
        "ef": str(min(MOST_EF, max(LEAST_EF, wanted.depth))),
        "scanned": str(max(MOST_SCANNED, wanted.depth)),
        "terms": list(terms),
        "collection": place.collection,
        "documents": list(wanted.documents),
        "shortlist": shortlist,
        "depth": wanted.depth,
    }
    among = Among.of(len(wanted.documents))
    reach = None
    if wanted.vector is not None:
        # Going on costs a fifth more from the start, as the search keeps what it passes over.
        reach = _Reach.ON if among is not Among.ALL or wanted.depth > MOST_EF else _Reach.NEAR
    # As numbers in the statement its limits let the server plan it once for all questions, which saves a
    # tenth of the time. With a filter it must plan each: the best way depends on which documents pass.
    limits = () if among is not Among.ALL else (("depth", wanted.depth), ("shortlist", shortlist))
    prepare = None if among is Among.ALL else False
    statement = _statement(place, reach, bool(terms), among, limits)
    found = connection.execute(statement, values, prepare=prepare, binary=True)
    for near, identity, score in cast("list[tuple[bool, int, float]]", found.fetchall()):
        (dense if near else words)[identity] = score
    if wanted.vector is not None and len(dense) < wanted.depth:
        statement = _statement(place, _Reach.ALL, False, among, limits)
        found = connection.execute(statement, values, prepare=prepare, binary=True)
        dense = {identity: score for _, identity, score in cast("list[tuple[bool, int, float]]", found.fetchall())}
    return [Candidate(i, dense.get(i), words.get(i)) for i in {**dense, **words}]


def as_stored(vector: Vector, *, half: bool) -> Any:
    """A vector as the server takes it; halves where the collection's table has them."""
    return HalfVector(vector) if half else vector


@lru_cache(maxsize=256)
def _statement(
    place: Place, reach: _Reach | None, words: bool, among: Among, limits: tuple[tuple[str, int], ...]
) -> bytes:
    """One statement for both searches: one exchange with the server, and one state of the collection.

    `limits` are parameters that are written into it.
    """
    passages = schema.passages_table(place.schema, place.collection)
    parts = []
    if reach is not None:
        parts.append(_dense(passages, reach, among))
    if words:
        parts.append(
            keyword.statement(
                schema.postings_table(place.schema, place.collection),
                schema.terms_table(place.schema, place.collection),
                sql.Identifier(place.schema, "collections"),
                among,
            )
        )
    statement = sql.SQL(" UNION ALL ").join(parts).as_bytes(None)
    for name, value in limits:
        statement = statement.replace(f"%({name})s".encode(), str(int(value)).encode())
    return statement


def _dense(passages: sql.Identifier, reach: _Reach, among: Among) -> sql.Composed:
    """(true, id, cosine similarity), nearest first.

    The settings of the index are those of this statement alone, and made before its scan begins: by
    SET in the session they would be lost behind a pooler, by SET LOCAL they would take a transaction
    and three more exchanges.
    """
    only = sql.SQL("" if among is Among.ALL else "AND document_id = ANY(%(documents)s::int[])")
    return sql.SQL(
        """
        (SELECT true, near.id, 1 - near.distance
        FROM (SELECT {settings} AS done OFFSET 0) settings
        CROSS JOIN LATERAL (
            SELECT id, embedding <=> %(vector)s AS distance FROM {passages}
            WHERE settings.done IS NOT NULL {only}
            ORDER BY {distance} LIMIT %(depth)s
        ) near)
        """
    ).format(
        settings=sql.SQL(_SETTINGS[reach]),
        passages=passages,
        only=only,
        # No index has the order of a sum.
        distance=sql.SQL("(embedding <=> %(vector)s) + 0" if reach is _Reach.ALL else "embedding <=> %(vector)s"),
    )


_EF = "set_config('hnsw.ef_search', %(ef)s, true)"
_SETTINGS = {
    _Reach.NEAR: _EF,
    _Reach.ON: f"{_EF} || set_config('hnsw.iterative_scan', 'strict_order', true)"
    " || set_config('hnsw.max_scan_tuples', %(scanned)s, true)",
    _Reach.ALL: "true",
}
