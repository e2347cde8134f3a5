"""PGVECTOR_URL, read and shown without its password."""

from __future__ import annotations

import psycopg
from psycopg.conninfo import conninfo_to_dict

from app.domain.errors import UserError
from app.domain.message import Message


def plain(url: str) -> str:
    """The address as libpq takes it: SQLAlchemy's `postgresql+psycopg://` too. Raises UserError."""
    scheme, mark, rest = url.strip().partition("://")
    address = f"{scheme.split('+')[0]}://{rest}" if mark else scheme
    try:
        if mark and scheme.split("+")[0] not in ("postgres", "postgresql"):
            raise psycopg.ProgrammingError
        conninfo_to_dict(address)
    except psycopg.ProgrammingError:
        # Neither the address nor libpq's words, which repeat it: it may hold a password.
        raise UserError(
            Message("PGVECTOR_URL is not the address of a PostgreSQL server."),
            Message(
                "Write {server}, or unset it to use the built-in one.", server="postgresql://user:password@host/name"
            ),
        ) from None
    return address


def where(address: str) -> str:
    """The server, port and database, for people."""
    parts = conninfo_to_dict(address)
    return f"{parts.get('host') or 'localhost'}:{parts.get('port') or 5432}/{parts.get('dbname') or ''}"
