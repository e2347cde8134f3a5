"""In how many passages of a collection each term occurs, which is what makes a word rare.

Most of a document's terms are in others too, so that counting each document at once changes the same
rows over and over. A document's counts wait in a row of their own until those that wait are an eighth
of what is counted, or RECENT passages. A question may therefore take a term for a little rarer than it is;
a term that no row counts yet is looked up (keyword.py).
"""

from __future__ import annotations

from collections.abc import Sequence

from psycopg import sql

from storage.postgres import schema
from storage.postgres.connections import Connection

SHARE = 8
RECENT = 2000  # passages


def note(
    connection: Connection, name: str, collection: int, document: int, terms: Sequence[int], counts: Sequence[int]
) -> None:
    """Keep a new document's terms, to be counted with those of others. `name` is the schema's."""
    query = sql.SQL("INSERT INTO {} VALUES (%s, %s, %s::int[], %s::int[])").format(_uncounted(name))
    # As text: the driver takes longer to pack a list than the server to read it.
    listed = [f"{{{','.join(map(str, numbers))}}}" for numbers in (terms, counts)]
    connection.execute(query, [document, collection, *listed])


def enough(passages: int, waiting: int) -> bool:
    """Whether those that wait should be counted, in a collection of so many passages."""
    return waiting >= RECENT or waiting * SHARE > passages - waiting


def count(connection: Connection, name: str, collection: int) -> None:
    """Count what waits. Its caller holds the collection's lock."""
    connection.execute(
        # Of a row that ON CONFLICT meets the lock is logged too; nobody else writes here.
        sql.SQL(
            "WITH waiting AS (DELETE FROM {uncounted} WHERE collection_id = %s RETURNING terms, counts),"
            " given AS (SELECT term, sum(n)::int AS n FROM waiting, unnest(terms, counts) AS g(term, n) GROUP BY term),"
            " known AS (UPDATE {terms} t SET passages = t.passages + g.n FROM given g WHERE t.term = g.term"
            " RETURNING t.term)"
            " INSERT INTO {terms} SELECT term, n FROM given WHERE term NOT IN (SELECT term FROM known)"
        ).format(uncounted=_uncounted(name), terms=schema.terms_table(name, collection)),
        [collection],
    )
    connection.execute(sql.SQL("UPDATE {} SET uncounted = 0 WHERE id = %s").format(_collections(name)), [collection])


def forget(connection: Connection, name: str, collection: int, document: int, passages: int) -> None:
    """Delete a document's postings, and what was counted of them."""
    postings = schema.postings_table(name, collection)
    query = sql.SQL("DELETE FROM {} WHERE document_id = %s").format(_uncounted(name))
    if connection.execute(query, [document]).rowcount:
        connection.execute(
            sql.SQL("UPDATE {} SET uncounted = uncounted - %s WHERE id = %s").format(_collections(name)),
            [passages, collection],
        )
        connection.execute(sql.SQL("DELETE FROM {} WHERE document_id = %s").format(postings), [document])
        return
    connection.execute(
        sql.SQL(
            "WITH gone AS (DELETE FROM {postings} WHERE document_id = %s RETURNING term, cardinality(packed) AS n),"
            " counted AS (SELECT term, sum(n)::int AS n FROM gone GROUP BY term)"
            " UPDATE {terms} t SET passages = t.passages - counted.n FROM counted WHERE t.term = counted.term"
        ).format(postings=postings, terms=schema.terms_table(name, collection)),
        [document],
    )


def _uncounted(name: str) -> sql.Identifier:
    return sql.Identifier(name, "uncounted")


def _collections(name: str) -> sql.Identifier:
    return sql.Identifier(name, "collections")
