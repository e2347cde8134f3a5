"""The tables of documents: what is there once, and what each collection has of its own.

A collection has tables of its own because everything that ranks belongs to it: its vectors have one
dimension, its graph of neighbours (HNSW) need not be filtered, the frequencies of its terms are
those that BM25 means, and deleting it drops files instead of rows.
"""

from __future__ import annotations

import hashlib

import psycopg
from psycopg import sql

from app.domain.errors import UserError
from app.domain.message import Message
from storage.postgres.connections import Connection

SCHEMA = "understudy"
MOST_DIMENSIONS = 4000  # of an HNSW index over halfvec; above, vectors are compared one by one
LEAST_PGVECTOR = (0, 8)

# Each step brings a schema from the version before to its own (from 1). Never edit one that was released.
_STEPS: tuple[str, ...] = (
    """
    CREATE TABLE {schema}.collections (
        id int GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
        name text NOT NULL UNIQUE,
        embedding text NOT NULL,
        dimension int NOT NULL,
        chunk_size int NOT NULL,
        chunk_overlap int NOT NULL,
        chunk_unit text NOT NULL,
        tokeniser text NOT NULL,
        created_at timestamptz NOT NULL DEFAULT now(),
        documents int NOT NULL DEFAULT 0,
        passages int NOT NULL DEFAULT 0,
        characters bigint NOT NULL DEFAULT 0,
        last_passage int NOT NULL DEFAULT 0
    );
    CREATE TABLE {schema}.documents (
        id int GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
        collection_id int NOT NULL REFERENCES {schema}.collections ON DELETE CASCADE,
        name text NOT NULL,
        digest text NOT NULL,
        media_type text NOT NULL,
        size bigint NOT NULL,
        body text NOT NULL,
        page_starts int[] NOT NULL,
        headings jsonb NOT NULL,
        passages int NOT NULL,
        characters int NOT NULL,
        indexed_at timestamptz NOT NULL DEFAULT now(),
        UNIQUE (collection_id, name),
        UNIQUE (collection_id, digest)
    );
    """,
    """
    ALTER TABLE {schema}.documents ADD COLUMN origin text NOT NULL DEFAULT '';
    DO $$
    DECLARE own int;
    BEGIN
        FOR own IN SELECT id FROM {schema}.collections LOOP
            EXECUTE format('ALTER TABLE %I.passages_%s SET ({upkeep})', {name}, own);
            EXECUTE format('ALTER TABLE %I.postings_%s SET ({upkeep})', {name}, own);
        END LOOP;
    END $$;
    """,
    # A row for each term of a document (postings.py) where there was one for each term of a passage.
    """
    DO $$
    DECLARE own int;
    BEGIN
        FOR own IN SELECT id FROM {schema}.collections LOOP
            EXECUTE format($of$
                ALTER TABLE %1$I.%2$I RENAME TO %3$I;
                CREATE TABLE %1$I.%2$I (
                    term int NOT NULL, document_id int NOT NULL, id int NOT NULL, packed int[] NOT NULL
                ) WITH ({upkeep});
                ALTER TABLE %1$I.%2$I ALTER packed SET STORAGE EXTERNAL;
                INSERT INTO %1$I.%2$I
                    SELECT term, document_id, min(id), array_agg(
                        (id - part) << 16 | greatest(1, least(65535, round(weight * 65535)::int)) ORDER BY id)
                    FROM (
                        SELECT term, document_id, id, weight,
                            min(id) OVER (PARTITION BY term, document_id, nth / 250, (id - first) / 32768) AS part
                        FROM (
                            SELECT term, document_id, id, weight, min(id) OVER terms AS first,
                                row_number() OVER terms - 1 AS nth
                            FROM %1$I.%3$I
                            WINDOW terms AS (PARTITION BY term, document_id ORDER BY id)
                        ) numbered
                    ) parts
                    GROUP BY term, document_id, part ORDER BY document_id, term;
                DROP TABLE %1$I.%3$I;
                CREATE UNIQUE INDEX ON %1$I.%2$I (term, document_id, id) INCLUDE (packed);
                CREATE INDEX ON %1$I.%2$I USING brin (document_id) WITH (pages_per_range = 16, autosummarize = on);
                $of$, {name}, 'postings_' || own, 'postings_' || own || '_old');
        END LOOP;
    END $$;
    """,
    # `uncounted`: passages of documents whose terms wait to be counted (counting.py).
    """
    ALTER TABLE {schema}.collections ADD COLUMN uncounted int NOT NULL DEFAULT 0;
    CREATE TABLE {schema}.uncounted (
        document_id int PRIMARY KEY,
        collection_id int NOT NULL REFERENCES {schema}.collections ON DELETE CASCADE,
        terms int[] NOT NULL,
        counts int[] NOT NULL
    ) WITH (toast_tuple_target = 8160);
    ALTER TABLE {schema}.uncounted ALTER terms SET STORAGE EXTERNAL, ALTER counts SET STORAGE EXTERNAL;
    CREATE INDEX ON {schema}.uncounted (collection_id);
    """,
    # Whether a collection's vectors are halfvec; what is there stays as it is.
    """
    ALTER TABLE {schema}.collections ADD COLUMN half boolean NOT NULL DEFAULT true;
    UPDATE {schema}.collections SET half = dimension > 2000;
    """,
)

# A dead vector is still walked past in the graph of neighbours: a fiftieth of them is worth a vacuum.
_UPKEEP = sql.SQL("autovacuum_vacuum_scale_factor = 0.02, autovacuum_vacuum_threshold = 200")


def prepare(connection: Connection, schema: str = SCHEMA) -> None:
    """Bring the server to this version's form, once, however many processes start at the same time.

    Raises UserError when pgvector is missing or too old, or the schema is newer than we are.
    """
    with connection.transaction():
        connection.execute("SELECT pg_advisory_xact_lock(%s, 0)", [lock_key(schema)])
        _extension(connection)
        if connection.execute("SELECT to_regnamespace(%s) IS NULL", [schema]).fetchone() == (True,):
            connection.execute(sql.SQL("CREATE SCHEMA {}").format(sql.Identifier(schema)))
        version = sql.Identifier(schema, "version")
        connection.execute(sql.SQL("CREATE TABLE IF NOT EXISTS {} (version int NOT NULL)").format(version))
        row = connection.execute(sql.SQL("SELECT version FROM {}").format(version)).fetchone()
        present = int(str(row[0])) if row else 0
        if present > len(_STEPS):
            raise UserError(
                Message("The documents were stored by a newer version of Understudy."),
                Message("Install that version, or set PGVECTOR_URL or UNDERSTUDY_HOME to begin anew elsewhere."),
            )
        for step in _STEPS[present:]:
            names = {"schema": sql.Identifier(schema), "name": sql.Literal(schema), "upkeep": _UPKEEP}
            connection.execute(sql.SQL(step).format(**names))
        if present < len(_STEPS):
            connection.execute(sql.SQL("DELETE FROM {}").format(version))
            connection.execute(sql.SQL("INSERT INTO {} VALUES (%s)").format(version), [len(_STEPS)])


def create_tables(connection: Connection, schema: str, identity: int, dimension: int) -> None:
    """The tables of a new collection.

    `postings` holds each term's weights in a document, settled when it is stored (the rarity of the
    term is brought in by the question), so that no row ever changes; its index carries all that a
    search reads.

    Vectors are kept in half precision: the index takes half the room and is quicker to build and to
    search, and the nearest are the same but for ties (`python -m benchmarks.search` has the recall).
    """
    connection.execute(
        sql.SQL(
            """
            CREATE TABLE {passages} (
                id int PRIMARY KEY,
                langchain_id uuid NOT NULL UNIQUE,
                content text NOT NULL,
                embedding halfvec({dimension}) NOT NULL,
                document_id int NOT NULL,
                document text NOT NULL,
                page int,
                heading text NOT NULL,
                start_offset int NOT NULL,
                end_offset int NOT NULL
            ) WITH (toast_tuple_target = 8160, {upkeep});
            CREATE INDEX ON {passages} (document_id, id);
            CREATE TABLE {postings} (
                term int NOT NULL, document_id int NOT NULL, id int NOT NULL, packed int[] NOT NULL
            ) WITH ({upkeep});
            ALTER TABLE {postings} ALTER packed SET STORAGE EXTERNAL;
            CREATE UNIQUE INDEX ON {postings} (term, document_id, id) INCLUDE (packed);
            CREATE INDEX ON {postings} USING brin (document_id) WITH (pages_per_range = 16, autosummarize = on);
            CREATE TABLE {terms} (term int PRIMARY KEY, passages int NOT NULL) WITH (fillfactor = 70);
            """
        ).format(
            passages=passages_table(schema, identity),
            postings=postings_table(schema, identity),
            terms=terms_table(schema, identity),
            dimension=sql.Literal(dimension),
            upkeep=_UPKEEP,
        )
    )


def drop_tables(connection: Connection, schema: str, identity: int) -> None:
    tables = [of(schema, identity) for of in (passages_table, postings_table, terms_table)]
    connection.execute(sql.SQL("DROP TABLE IF EXISTS {}").format(sql.SQL(", ").join(tables)))


def passages_table(schema: str, identity: int) -> sql.Identifier:
    return sql.Identifier(schema, f"passages_{identity}")


def postings_table(schema: str, identity: int) -> sql.Identifier:
    return sql.Identifier(schema, f"postings_{identity}")


def terms_table(schema: str, identity: int) -> sql.Identifier:
    return sql.Identifier(schema, f"terms_{identity}")


def lock(connection: Connection, schema: str, collection: int, *, later: bool = False) -> None:
    """One writer at a time in a collection, until the transaction ends.

    `later`: it need not wait for the disk. What it writes is whole or not there after a power cut or a
    killed server; the last half second of such are safe with the next that does wait (upkeep.finish).
    """
    wait = ", set_config('synchronous_commit', 'off', true)" if later else ""
    connection.execute(f"SELECT pg_advisory_xact_lock(%s, %s){wait}".encode(), [lock_key(schema), collection])


def lock_key(schema: str) -> int:
    """The first half of our advisory locks: others may use the same database."""
    return int.from_bytes(hashlib.sha256(f"understudy:{schema}".encode()).digest()[:4], "big", signed=True)


def _extension(connection: Connection) -> None:
    remedy = Message(
        "Let its administrator run `{command}` there (the image pgvector/pgvector has it), or unset PGVECTOR_URL.",
        command="CREATE EXTENSION vector",
    )
    version = _version(connection)
    if version is None:
        try:
            with connection.transaction():
                _create_extension(connection)
        except (psycopg.errors.UndefinedFile, psycopg.errors.FeatureNotSupported):
            raise UserError(Message("The document server has no pgvector."), remedy) from None
        except psycopg.errors.InsufficientPrivilege:
            raise UserError(Message("pgvector is not switched on in the document server's database."), remedy) from None
        version = _version(connection) or ""
    if tuple(int(part) for part in version.split(".")[:2]) < LEAST_PGVECTOR:
        raise UserError(
            Message(
                "The document server has pgvector {version}; {needed} or newer is needed.",
                version=version,
                needed="0.8",
            ),
            Message(
                "Update it there and run `{command}`, or unset PGVECTOR_URL.", command="ALTER EXTENSION vector UPDATE"
            ),
        )


def _create_extension(connection: Connection) -> None:
    connection.execute("CREATE EXTENSION IF NOT EXISTS vector")


def _version(connection: Connection) -> str | None:
    row = connection.execute("SELECT extversion FROM pg_extension WHERE extname = 'vector'").fetchone()
    return str(row[0]) if row else None
