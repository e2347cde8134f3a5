"""How a document goes into a collection, and out: each in one transaction that its caller holds."""

from __future__ import annotations

import uuid
from collections.abc import Sequence

from pgvector.psycopg import HalfVector  # type: ignore[import-untyped]
from psycopg import sql
from psycopg.types.json import Jsonb

from app.domain.documents import Chunk, Document, Vectors
from storage.postgres import schema
from storage.postgres.connections import Connection
from storage.postgres.keyword import Postings

# In the order of COPY.
_PASSAGE = "id, langchain_id, content, embedding, document_id, document, page, heading, start_offset, end_offset"


def insert(
    connection: Connection,
    name: str,
    collection: int,
    document: Document,
    chunks: Sequence[Chunk],
    vectors: Vectors,
    postings: Postings,
) -> int:
    """Store a document with its passages; returns its id. `name` is the schema's."""
    collections, documents = sql.Identifier(name, "collections"), sql.Identifier(name, "documents")
    row = connection.execute(
        sql.SQL(
            "INSERT INTO {} (collection_id, name, digest, media_type, size, body, page_starts, headings, passages,"
            " characters) VALUES (%s, %s, %s, %s, %s, %s, %s, %s, %s, %s) RETURNING id"
        ).format(documents),
        [
            collection,
            document.name,
            document.digest,
            document.media_type,
            document.size,
            clean(document.text),
            list(document.page_starts),
            Jsonb([[h.start, h.level, clean(h.text)] for h in document.headings]),
            len(chunks),
            len(document.text),
        ],
    ).fetchone()
    assert row is not None
    identity = int(str(row[0]))
    row = connection.execute(
        sql.SQL(
            "UPDATE {} SET documents = documents + 1, passages = passages + %(n)s, characters = characters + %(size)s,"
            " last_passage = last_passage + %(n)s WHERE id = %(id)s RETURNING last_passage - %(n)s + 1"
        ).format(collections),
        {"n": len(chunks), "size": len(document.text), "id": collection},
    ).fetchone()
    assert row is not None
    first = int(str(row[0]))
    _copy_passages(connection, name, collection, identity, document.name, first, chunks, vectors)
    copy = sql.SQL("COPY {} (term, id, weight, document_id) FROM STDIN (FORMAT binary)")
    with connection.cursor().copy(copy.format(schema.postings_table(name, collection))) as stream:
        stream.write(postings.copy(first, identity))
    _count(connection, name, collection, *postings.frequencies())
    return identity


def remove(connection: Connection, name: str, collection: int, document: int) -> None:
    """Delete a document with its passages."""
    documents, collections = sql.Identifier(name, "documents"), sql.Identifier(name, "collections")
    row = connection.execute(
        sql.SQL("DELETE FROM {} WHERE id = %s RETURNING passages, characters").format(documents), [document]
    ).fetchone()
    if row is None:
        return
    connection.execute(
        sql.SQL(
            "UPDATE {} SET documents = documents - 1, passages = passages - %s, characters = characters - %s"
            " WHERE id = %s"
        ).format(collections),
        [row[0], row[1], collection],
    )
    connection.execute(
        sql.SQL("DELETE FROM {} WHERE document_id = %s").format(schema.passages_table(name, collection)), [document]
    )
    connection.execute(
        sql.SQL(
            "WITH gone AS (DELETE FROM {postings} WHERE document_id = %s RETURNING term),"
            " counted AS (SELECT term, count(*)::int AS n FROM gone GROUP BY term)"
            " UPDATE {terms} t SET passages = t.passages - counted.n FROM counted WHERE t.term = counted.term"
        ).format(postings=schema.postings_table(name, collection), terms=schema.terms_table(name, collection)),
        [document],
    )


def clean(text: str) -> str:
    """PostgreSQL keeps no NUL and no half of a surrogate pair; what takes their place keeps every offset."""
    return text.replace("\0", " ").encode("utf-8", "replace").decode()


def _copy_passages(
    connection: Connection,
    name: str,
    collection: int,
    document_id: int,
    document: str,
    first: int,
    chunks: Sequence[Chunk],
    vectors: Vectors,
) -> None:
    half = vectors.shape[1] > schema.MOST_DIMENSIONS_VECTOR
    kind = "halfvec" if half else "vector"
    copy = sql.SQL("COPY {} ({}) FROM STDIN (FORMAT binary)")
    with connection.cursor().copy(copy.format(schema.passages_table(name, collection), sql.SQL(_PASSAGE))) as stream:
        stream.set_types(["int4", "uuid", "text", kind, "int4", "text", "int4", "text", "int4", "int4"])
        for n, (chunk, vector) in enumerate(zip(chunks, vectors, strict=True)):
            stream.write_row(
                (
                    first + n,
                    uuid.uuid4(),
                    clean(chunk.text),
                    HalfVector(vector) if half else vector,
                    document_id,
                    document,
                    chunk.page,
                    clean(chunk.heading),
                    chunk.start,
                    chunk.end,
                )
            )


def _count(connection: Connection, name: str, collection: int, terms: list[int], counts: list[int]) -> None:
    connection.execute(
        sql.SQL(
            "INSERT INTO {terms} AS t SELECT * FROM unnest(%s::int[], %s::int[])"
            " ON CONFLICT (term) DO UPDATE SET passages = t.passages + excluded.passages"
        ).format(terms=schema.terms_table(name, collection)),
        [terms, counts],
    )
