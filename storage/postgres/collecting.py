"""A collection's row and its tables, made and dropped together: each in one transaction that its caller holds."""

from __future__ import annotations

from psycopg import sql

from app.domain.documents import Collection
from storage.postgres import schema
from storage.postgres.connections import Connection


def add(connection: Connection, name: str, collection: Collection) -> bool:
    """Make a collection; False when one of this name is there already. `name` is the schema's."""
    chunking = collection.chunking
    row = connection.execute(
        sql.SQL(
            "INSERT INTO {} (name, embedding, dimension, chunk_size, chunk_overlap, chunk_unit, tokeniser)"
            " VALUES (%s, %s, %s, %s, %s, %s, %s) ON CONFLICT DO NOTHING RETURNING id"
        ).format(sql.Identifier(name, "collections")),
        [
            collection.name,
            str(collection.embedding),
            collection.dimension,
            chunking.size,
            chunking.overlap,
            chunking.unit,
            collection.tokeniser.value,
        ],
    ).fetchone()
    if row is None:
        return False
    schema.create_tables(connection, name, int(str(row[0])), collection.dimension)
    return True


def drop(connection: Connection, name: str, identity: int) -> None:
    """Delete a collection with its documents."""
    connection.execute(sql.SQL("DELETE FROM {} WHERE id = %s").format(sql.Identifier(name, "collections")), [identity])
    schema.drop_tables(connection, name, identity)
