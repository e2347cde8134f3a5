"""Where documents are kept and how that is, for whoever looks into a trouble: nothing is started or made for it."""

from __future__ import annotations

import os
import re
from contextlib import suppress
from pathlib import Path

import psycopg

from app.domain.store import DocumentsState
from storage.postgres.address import plain, where
from storage.postgres.connections import words
from storage.postgres.schema import SCHEMA

_PATIENCE = 5  # seconds
_WHOM = re.compile(r'\b(user|role) "[^"]*"')

_ASK = """
    SELECT current_setting('server_version'),
        coalesce((SELECT extversion FROM pg_extension WHERE extname = 'vector'),
            (SELECT default_version FROM pg_available_extensions WHERE name = 'vector')),
        to_regnamespace(%(schema)s) IS NOT NULL,
        (SELECT coalesce(sum(pg_total_relation_size(oid)), 0)::bigint FROM pg_class
            WHERE relnamespace = to_regnamespace(%(schema)s) AND relkind = 'r')
"""


def condition(home: Path, url: str | None) -> DocumentsState:
    """Of the server at `url`, or of the embedded one of `home`. Raises UserError for a `url` that is none."""
    return _embedded(home / "postgres") if url is None else _server(plain(url))


def _embedded(folder: Path) -> DocumentsState:
    version = None
    with suppress(OSError):
        version = (folder / "data" / "PG_VERSION").read_text("ascii").strip()
    return DocumentsState(str(folder), "embedded", version is not None, _size(folder), version)


def _server(address: str) -> DocumentsState:
    place = where(address)
    try:
        with psycopg.connect(address, autocommit=True, connect_timeout=_PATIENCE) as connection:
            row = connection.execute(_ASK, {"schema": SCHEMA}).fetchone()
    except psycopg.Error as error:
        return DocumentsState(place, "server", problem=_WHOM.sub(r"the \1", words(error)))
    assert row is not None
    version, pgvector, begun, size = row
    return DocumentsState(place, "server", bool(begun), int(size), str(version), pgvector and str(pgvector))


def _size(folder: Path) -> int:
    total = 0
    for path, _, files in os.walk(folder):
        for file in files:
            with suppress(OSError):  # a server that runs removes files meanwhile
                total += Path(path, file).stat().st_size
    return total
