"""The passage store: collections, documents and passages in PostgreSQL with pgvector."""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace as replace_fields
from pathlib import Path
from typing import TypeVar, cast

import numpy as np
import psycopg
from psycopg import sql

from app.domain.documents import (
    Candidate,
    Chunk,
    Collection,
    CollectionRecord,
    Document,
    DocumentRecord,
    Outdated,
    Put,
    Stored,
    StoredPassage,
    Tokenisers,
    Unstorable,
    Vector,
    Vectors,
    Wanted,
)
from app.domain.errors import UserError
from app.domain.message import Message
from storage.postgres import collecting, rows, schema, searching, upkeep, writing
from storage.postgres.address import plain, where
from storage.postgres.checks import checked, no_document, normal, same_settings
from storage.postgres.connections import Connection, Connections, words
from storage.postgres.embedded import EmbeddedPostgres
from storage.postgres.postings import average_length, term_id, weigh
from storage.postgres.rows import Kept
from storage.postgres.schema import SCHEMA
from storage.postgres.tidying import Tidying
from storage.postgres.versions import contents, free, versions

T = TypeVar("T")

_REMEMBERED = 5.0  # seconds

SERVER_REMEDY = Message(
    "Check that it runs and that PGVECTOR_URL is right, or unset PGVECTOR_URL to use the built-in one."
)
EMBEDDED_REMEDY = Message(
    "Try again; if it stays so, see data/server.log there, or set PGVECTOR_URL to another server."
)


class PgPassageStore:
    """A PassageStore. Nothing is opened, and no server started, before the first call."""

    def __init__(
        self,
        address: Callable[[], str],
        tokenisers: Tokenisers,
        *,
        place: str = "",
        remedy: Message = SERVER_REMEDY,
        release: Callable[[], None] = lambda: None,
        schema_name: str = SCHEMA,
    ) -> None:
        """`address` gives libpq's connection parameters, `release` is called at the end."""
        self._schema = schema_name
        self._tokenisers = tokenisers
        self._release = release
        self._connections = Connections(address, place, remedy, lambda c: schema.prepare(c, schema_name))
        self._known: dict[str, tuple[Kept, float]] = {}
        self._gone: Counter[int] = Counter()  # passages deleted since they were last tidied up, by collection
        self._tidying = Tidying(self._tidy)

    def close(self) -> None:
        self._tidying.close()
        self._connections.close()
        self._release()

    # Collections

    def create(self, collection: Collection) -> CollectionRecord:
        name = normal(collection.name)
        if not name or len(name) > 200 or not 0 < collection.dimension <= 16_000:
            raise UserError(
                Message("“{name}” cannot be the name of a collection.", name=name[:80]),
                Message("Give it a name of 1 to 200 characters."),
            )
        with self._connections.use() as connection:
            with connection.transaction():
                made = collecting.add(connection, self._schema, replace_fields(collection, name=name))
            record = self._read(connection, name)
        if not made and not same_settings(record.collection, collection):
            raise UserError(
                Message("There is a collection “{name}” already, with other settings.", name=name),
                Message("Choose another name, or delete it first: `collections delete NAME`."),
            )
        return record

    def collection(self, name: str) -> CollectionRecord:
        with self._connections.use() as connection:
            return self._read(connection, normal(name))

    def settings(self, name: str) -> Collection:
        return self._cached(name).collection

    def collections(self) -> Sequence[CollectionRecord]:
        with self._connections.use() as connection:
            return rows.collections(connection, self._schema)

    def delete_collection(self, name: str) -> None:
        with self._connections.use() as connection:
            record = self._read(connection, normal(name))
            with connection.transaction():
                self._lock(connection, record.id)
                collecting.drop(connection, self._schema, record.id)
        self._known.pop(record.name, None)

    def rename(self, name: str, to: str, *, replace: bool = False) -> CollectionRecord:
        old, new = normal(name), normal(to)
        with self._connections.use() as connection:
            record = self._read(connection, old)
            try:
                with connection.transaction():
                    if replace and new != old:
                        for other in rows.collections(connection, self._schema, "WHERE name = %s", [new]):
                            self._lock(connection, other.id)
                            now, ours = (contents(connection, self._schema, i) for i in (other.id, record.id))
                            if now != ours:
                                raise Outdated(
                                    Message("The collection “{name}” changed while it was indexed anew.", name=new),
                                    Message("Do it again."),
                                )
                            collecting.drop(connection, self._schema, other.id)
                    connection.execute(
                        sql.SQL("UPDATE {} SET name = %s WHERE id = %s").format(self._table("collections")),
                        [new, record.id],
                    )
            except psycopg.errors.UniqueViolation:
                raise UserError(
                    Message("There is a collection “{name}” already.", name=new), Message("Choose another name.")
                ) from None
            self._known.clear()
            return self._read(connection, new)

    # Documents

    def put(
        self, collection: str, document: Document, chunks: Sequence[Chunk], vectors: Vectors, *, moved: str = ""
    ) -> Stored:
        record = self._cached(collection)
        found = checked(vectors, len(chunks), record)
        tokeniser = self._tokenisers(record.collection.tokeniser)
        average = average_length(record.collection.chunking)
        postings = weigh(tokeniser, [chunk.in_context for chunk in chunks], average)
        named = replace_fields(document, name=normal(document.name))

        def work(connection: Connection, record: Kept) -> Stored:
            with connection.transaction():
                # One writer at a time in a collection: two that count the same terms would wait for each other.
                self._lock(connection, record.id, later=True)
                same, older = versions(connection, self._schema, record.id, named.name, named.origin, named.digest)
                self._remove(connection, record.id, older)
                if same is not None and not (moved and same.name == normal(moved)):
                    return Stored(Put.DUPLICATE, same, bool(older))
                if same is not None:
                    self._remove(connection, record.id, [same])
                # A version that is replaced hands its name on, which need not be the one asked for.
                name = older[0].name if older else free(connection, self._schema, record.id, named.name)
                given = replace_fields(named, name=name)
                identity = writing.insert(connection, self._schema, record, given, chunks, found, postings)
                stored = rows.documents(connection, self._schema, "WHERE d.id = %s", [identity])[0]
            return Stored(Put.REPLACED if older else Put.STORED, stored, bool(older))

        try:
            return self._in(collection, work)
        except (psycopg.DataError, psycopg.errors.ProgramLimitExceeded) as error:
            raise Unstorable(
                Message("The document server does not take it: {why}", why=words(error)),
                Message("Open it and save it anew, or leave it out."),
            ) from None

    def recognise(self, collection: str, name: str, origin: str, digest: str) -> Stored | None:
        def work(connection: Connection, record: Kept) -> Stored | None:
            with connection.transaction():
                self._lock(connection, record.id)
                same, older = versions(connection, self._schema, record.id, normal(name), origin, digest)
                if same is None:
                    return None
                self._remove(connection, record.id, older)
                return Stored(Put.DUPLICATE, same, bool(older))

        return self._in(collection, work)

    def finish(self, collection: str) -> None:
        self._in(collection, self._finish)

    def documents(self, collection: str) -> Sequence[DocumentRecord]:
        with self._connections.use() as connection:
            record = self._read(connection, normal(collection))
            return rows.documents(connection, self._schema, "WHERE d.collection_id = %s", [record.id])

    def document(self, collection: str, name: str) -> DocumentRecord:
        with self._connections.use() as connection:
            record = self._read(connection, normal(collection))
            where = "WHERE d.collection_id = %s AND d.name = %s"
            found = rows.documents(connection, self._schema, where, [record.id, normal(name)])
        if not found:
            raise no_document(name)
        return found[0]

    def read(self, document_id: int) -> Document:
        with self._connections.use() as connection:
            found = rows.document(connection, self._schema, document_id)
        if found is None:
            raise no_document(str(document_id))
        return found

    def passages(self, document_id: int) -> Sequence[StoredPassage]:
        with self._connections.use() as connection:
            collection = self._collection_of(connection, document_id)
            where = "document_id = %s ORDER BY id"
            return rows.passages(connection, self._schema, collection, where, document_id)

    def delete_document(self, document_id: int) -> None:
        with self._connections.use() as connection:
            collection = self._collection_of(connection, document_id)
            with connection.transaction():
                self._lock(connection, collection)
                self._remove(
                    connection, collection, rows.documents(connection, self._schema, "WHERE d.id = %s", [document_id])
                )
            if upkeep.is_worn(connection, self._schema, collection, self._gone[collection]):
                self._tidying.soon(collection)

    # Search

    def search(self, collection: str, wanted: Wanted) -> Sequence[Candidate]:
        record = self._cached(collection)
        if wanted.vector is not None:
            wanted = replace_fields(wanted, vector=checked(wanted.vector.reshape(1, -1), 1, record)[0])
        terms: list[int] = []
        if wanted.words is not None:
            words = self._tokenisers(record.collection.tokeniser).question(wanted.words)
            terms = list(dict.fromkeys(map(term_id, words)))

        def work(connection: Connection, record: Kept) -> list[Candidate]:
            place = searching.Place(self._schema, record.id, record.half)
            return searching.candidates(connection, place, wanted, terms)

        return self._in(collection, work)

    def fetch(self, collection: str, ids: Sequence[int]) -> Sequence[StoredPassage]:
        def work(connection: Connection, record: Kept) -> list[StoredPassage]:
            return rows.passages(connection, self._schema, record.id, "id = ANY(%s)", list(ids))

        found = {passage.id: passage for passage in self._in(collection, work)}
        return [found[i] for i in ids if i in found]

    def vectors(self, collection: str, ids: Sequence[int]) -> Mapping[int, Vector]:
        def work(connection: Connection, record: Kept) -> dict[int, Vector]:
            query = sql.SQL("SELECT id, embedding::vector FROM {} WHERE id = ANY(%s)")
            table = schema.passages_table(self._schema, record.id)
            found = connection.execute(query.format(table), [list(ids)], binary=True)
            return {cast(int, i): cast(Vector, np.asarray(vector, np.float32)) for i, vector in found}

        return self._in(collection, work)

    # Inside

    def _in(self, collection: str, work: Callable[[Connection, Kept], T]) -> T:
        """Run `work` on a collection that may have been replaced under its name by another process."""
        record = self._cached(collection)
        with self._connections.use() as connection:
            try:
                return work(connection, record)
            except (psycopg.errors.UndefinedTable, psycopg.errors.ForeignKeyViolation):
                self._known.pop(record.name, None)
                now = self._read(connection, record.name)
                if not same_settings(now.collection, record.collection):
                    raise UserError(
                        Message("The collection “{name}” was indexed anew meanwhile.", name=record.name),
                        Message("Do it again."),
                    ) from None
                return work(connection, now)

    def _finish(self, connection: Connection, record: Kept) -> None:
        self._tidying.done(record.id)
        upkeep.finish(connection, self._schema, record, self._gone.pop(record.id, 0))

    def _tidy(self, collection: int) -> None:
        with self._connections.use() as connection:
            for record in rows.collections(connection, self._schema, "WHERE id = %s", [collection]):
                self._finish(connection, record)

    def _cached(self, name: str) -> Kept:
        """The collection as it was some seconds ago: its settings never change, but its name may pass to another."""
        name = normal(name)
        known = self._known.get(name)
        if known is not None and time.monotonic() - known[1] < _REMEMBERED:
            return known[0]
        with self._connections.use() as connection:
            return self._read(connection, name)

    def _read(self, connection: Connection, name: str) -> Kept:
        found = rows.collections(connection, self._schema, "WHERE name = %s", [name])
        if not found:
            self._known.pop(name, None)
            raise UserError(
                Message("There is no collection “{name}”.", name=name[:200]),
                Message("See what there is: `collections list`; or make one: `index PATH --collection NAME`."),
            )
        self._known[name] = found[0], time.monotonic()
        return found[0]

    def _collection_of(self, connection: Connection, document_id: int) -> int:
        query = sql.SQL("SELECT collection_id FROM {} WHERE id = %s").format(self._table("documents"))
        row = connection.execute(query, [document_id]).fetchone()
        if row is None:
            raise no_document(str(document_id))
        return cast(int, row[0])

    def _remove(self, connection: Connection, collection: int, documents: Sequence[DocumentRecord]) -> None:
        for document in documents:
            writing.remove(connection, self._schema, collection, document.id)
            self._gone[collection] += document.passages

    def _lock(self, connection: Connection, collection: int, *, later: bool = False) -> None:
        schema.lock(connection, self._schema, collection, later=later)

    def _table(self, name: str) -> sql.Identifier:
        return sql.Identifier(self._schema, name)


def open_passages(home: Path, url: str | None, tokenisers: Tokenisers) -> PgPassageStore:
    """The store at `url`, or in the embedded server of `home` when there is none. Opens nothing yet."""
    if url is None:
        server = EmbeddedPostgres(home)
        return PgPassageStore(
            server.address, tokenisers, place=server.place, remedy=EMBEDDED_REMEDY, release=server.close
        )
    address = plain(url)
    return PgPassageStore(lambda: address, tokenisers, place=where(address))
