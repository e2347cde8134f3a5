"""Which stored documents are the same content or the same file as one that comes, and which names are free."""

from __future__ import annotations

from psycopg import sql

from app.domain.documents import DocumentRecord
from app.domain.filenames import free_name, is_same_file
from storage.postgres import rows
from storage.postgres.connections import Connection


def versions(
    connection: Connection, schema: str, collection: int, name: str, origin: str, digest: str
) -> tuple[DocumentRecord | None, list[DocumentRecord]]:
    """The document with this content, and the others that are older versions of the same file."""
    there = rows.documents(
        connection,
        schema,
        "WHERE d.collection_id = %s AND (d.digest = %s OR d.name = %s OR (d.origin = %s AND d.origin <> ''))",
        [collection, digest, name, origin],
    )
    same = next((d for d in there if d.digest == digest), None)
    return same, [d for d in there if d is not same and is_same_file(name, origin, d.name, d.origin)]


def free(connection: Connection, schema: str, collection: int, name: str) -> str:
    """`name`, or one like it that no document of the collection has."""
    query = sql.SQL("SELECT FROM {} WHERE collection_id = %s AND name = %s").format(documents(schema))
    return free_name(name, lambda wanted: bool(connection.execute(query, [collection, wanted]).rowcount))


def contents(connection: Connection, schema: str, collection: int) -> set[tuple[object, ...]]:
    """Name and digest of each document."""
    query = sql.SQL("SELECT name, digest FROM {} WHERE collection_id = %s").format(documents(schema))
    return set(connection.execute(query, [collection]))


def documents(schema: str) -> sql.Identifier:
    return sql.Identifier(schema, "documents")
