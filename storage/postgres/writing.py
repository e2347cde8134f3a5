"""How a document goes into a collection, and out: each in one transaction that its caller holds."""

from __future__ import annotations

import uuid
from collections.abc import Iterator, Sequence
from itertools import islice
from struct import Struct
from typing import Any

import numpy.typing as npt
from psycopg import sql
from psycopg.types.json import Jsonb

from app.domain.documents import Chunk, Document, Vectors
from storage.postgres import counting, schema
from storage.postgres.connections import Connection
from storage.postgres.postings import HEADER, TRAILER, Postings
from storage.postgres.rows import Kept

# In the order of COPY.
_PASSAGE = "id, langchain_id, content, embedding, document_id, document, page, heading, start_offset, end_offset"
_BEGIN, _VECTOR, _INT = Struct(">hiii"), Struct(">ihh"), Struct(">ii")
_NULL = (-1).to_bytes(4, "big", signed=True)
_ROWS_AT_ONCE = 200


def insert(
    connection: Connection,
    name: str,
    record: Kept,
    document: Document,
    chunks: Sequence[Chunk],
    vectors: Vectors,
    postings: Postings,
) -> int:
    """Store a document with its passages; returns its id. `name` is the schema's."""
    collection = record.id
    collections, documents = sql.Identifier(name, "collections"), sql.Identifier(name, "documents")
    row = connection.execute(
        sql.SQL(
            "INSERT INTO {} (collection_id, name, digest, media_type, size, body, page_starts, headings, passages,"
            " characters, origin) VALUES (%s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s) RETURNING id"
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
            document.origin,
        ],
    ).fetchone()
    assert row is not None
    identity = int(str(row[0]))
    row = connection.execute(
        sql.SQL(
            "UPDATE {} SET documents = documents + 1, passages = passages + %(n)s, characters = characters + %(size)s,"
            " uncounted = uncounted + %(n)s, last_passage = last_passage + %(n)s WHERE id = %(id)s"
            " RETURNING last_passage - %(n)s + 1, passages, uncounted"
        ).format(collections),
        {"n": len(chunks), "size": len(document.text), "id": collection},
    ).fetchone()
    assert row is not None
    first, passages, waiting = (int(str(value)) for value in row)
    rows = _rows(identity, document.name, first, chunks, vectors.astype(">f2" if record.half else ">f4"))
    copy = sql.SQL("COPY {} ({}) FROM STDIN (FORMAT binary)")
    columns = sql.SQL("term, document_id, id, packed")
    with connection.cursor().copy(copy.format(schema.postings_table(name, collection), columns)) as stream:
        stream.write(postings.copy(first, identity))
        # While the server is busy with the longer part the rows of the other are packed.
        packed = b"".join(islice(rows, _ROWS_AT_ONCE))
    with connection.cursor().copy(copy.format(schema.passages_table(name, collection), sql.SQL(_PASSAGE))) as stream:
        stream.write(HEADER)
        while packed:
            stream.write(packed)
            packed = b"".join(islice(rows, _ROWS_AT_ONCE))
        stream.write(TRAILER)
    counting.note(connection, name, collection, identity, *postings.frequencies())
    if counting.enough(passages, waiting):
        counting.count(connection, name, collection)
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
    counting.forget(connection, name, collection, document, int(str(row[0])))


def clean(text: str) -> str:
    """PostgreSQL keeps no NUL and no half of a surrogate pair; what takes their place keeps every offset."""
    return text.replace("\0", " ").encode("utf-8", "replace").decode()


def _rows(
    document_id: int, document: str, first: int, chunks: Sequence[Chunk], vectors: npt.NDArray[Any]
) -> Iterator[bytes]:
    """Rows in COPY's binary form: each field with its length before it (−1 for NULL), big-endian, as `vectors` are.

    Packed here because the driver takes twice as long, a value at a time.
    """
    dimension = vectors.shape[1]
    title = _text(document)
    for n, (chunk, vector) in enumerate(zip(chunks, vectors, strict=True)):
        values = vector.tobytes()
        yield _BEGIN.pack(10, 4, first + n, 16) + uuid.uuid4().bytes + _text(clean(chunk.text))
        # pgvector: the number of dimensions, two bytes unused, then the values.
        yield _VECTOR.pack(4 + len(values), dimension, 0) + values + _INT.pack(4, document_id) + title
        yield _NULL if chunk.page is None else _INT.pack(4, chunk.page)
        yield _text(clean(chunk.heading)) + _INT.pack(4, chunk.start) + _INT.pack(4, chunk.end)


def _text(text: str) -> bytes:
    data = text.encode()
    return len(data).to_bytes(4, "big") + data
