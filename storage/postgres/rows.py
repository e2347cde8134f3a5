"""Rows as the value types of the domain, and the statements that read them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, cast

from psycopg import sql

from app.domain.documents import (
    Chunking,
    Collection,
    CollectionRecord,
    Document,
    DocumentRecord,
    StoredPassage,
    TokeniserName,
    Unit,
)
from app.domain.loading import Heading
from app.domain.models import ModelRef
from storage.postgres import schema
from storage.postgres.connections import Connection

Row = tuple[Any, ...]

_COLLECTIONS = """
    SELECT id, name, embedding, dimension, chunk_size, chunk_overlap, chunk_unit, tokeniser, created_at,
        documents, passages, characters,
        coalesce(pg_total_relation_size(to_regclass(format('%%I.passages_%%s', {schema}::text, id))), 0)
        + coalesce(pg_total_relation_size(to_regclass(format('%%I.postings_%%s', {schema}::text, id))), 0)
        + coalesce(pg_total_relation_size(to_regclass(format('%%I.terms_%%s', {schema}::text, id))), 0),
        to_regclass(format('%%I.passages_%%s_hnsw', {schema}::text, id)) IS NOT NULL, half
    FROM {collections} {where} ORDER BY name
"""
_DOCUMENTS = """
    SELECT d.id, c.name, d.name, d.digest, d.media_type, d.size, cardinality(d.page_starts), d.passages,
        d.characters, d.indexed_at, d.origin
    FROM {documents} d JOIN {collections} c ON c.id = d.collection_id {where} ORDER BY d.name
"""


@dataclass(frozen=True, slots=True)
class Kept(CollectionRecord):
    """`half`: its vectors are halfvec, in half precision, as those of all that were made since."""

    half: bool = True


def collections(connection: Connection, name: str, where: str = "", values: Sequence[object] = ()) -> list[Kept]:
    query = sql.SQL(_COLLECTIONS).format(
        schema=sql.Literal(name), collections=sql.Identifier(name, "collections"), where=sql.SQL(where)
    )
    return [_collection(name, row) for row in connection.execute(query, list(values))]


def documents(connection: Connection, name: str, where: str, values: Sequence[object]) -> list[DocumentRecord]:
    query = sql.SQL(_DOCUMENTS).format(
        documents=sql.Identifier(name, "documents"),
        collections=sql.Identifier(name, "collections"),
        where=sql.SQL(where),
    )
    return [_document(row) for row in connection.execute(query, list(values))]


def document(connection: Connection, name: str, identity: int) -> Document | None:
    query = sql.SQL("SELECT name, digest, media_type, size, body, page_starts, headings, origin FROM {} WHERE id = %s")
    row = connection.execute(query.format(sql.Identifier(name, "documents")), [identity]).fetchone()
    if row is None:
        return None
    title, digest, kind, size, body, starts, headings, origin = cast(Row, row)
    return Document(title, digest, kind, size, body, tuple(starts), tuple(Heading(*h) for h in headings), origin)


def passages(connection: Connection, name: str, collection: int, where: str, value: object) -> list[StoredPassage]:
    query = sql.SQL(
        "SELECT id, document_id, document, content, start_offset, end_offset, page, heading FROM {} WHERE {}"
    ).format(schema.passages_table(name, collection), sql.SQL(where))
    return [StoredPassage(*cast(Row, row)) for row in connection.execute(query, [value], binary=True)]


def _collection(name: str, row: tuple[object, ...]) -> Kept:
    identity, title, embedding, dimension, size, overlap, unit, tokeniser, created, docs, found, chars, disk, *rest = (
        cast(Row, row)
    )
    hnsw, half = rest
    return Kept(
        id=identity,
        collection=Collection(
            title,
            ModelRef.parse(embedding),
            dimension,
            Chunking(size, overlap, cast(Unit, unit)),
            TokeniserName(tokeniser),
        ),
        created_at=cast(datetime, created),
        documents=docs,
        passages=found,
        characters=chars,
        bytes=disk,
        schema=name,
        table=f"passages_{identity}",
        indexed=hnsw,
        half=half,
    )


def _document(row: tuple[object, ...]) -> DocumentRecord:
    identity, collection, title, digest, kind, size, pages, found, chars, indexed, origin = cast(Row, row)
    return DocumentRecord(identity, collection, title, digest, kind, size, pages or None, found, chars, indexed, origin)
