"""What a database says when it fails, in words that name the way out."""

from __future__ import annotations

import errno
import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager

from sqlalchemy import URL, Engine
from sqlalchemy.exc import DBAPIError, IntegrityError, OperationalError

from app.domain.errors import UserError
from app.domain.message import Message

_BUSY = (sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED)


def sqlite_code(error: BaseException | None) -> int:
    """SQLite's primary result code (the extended ones hold it in their low byte); 0 when it is not SQLite's."""
    return int(getattr(error, "sqlite_errorcode", 0) or 0) & 0xFF


def is_busy(error: DBAPIError) -> bool:
    """Whether another writer was in the way: asking again may succeed."""
    return sqlite_code(error.orig) in _BUSY


def where(url: URL) -> str:
    """The database by file or by server, without user and password."""
    if url.get_backend_name() == "sqlite":
        return str(url.database)
    return f"{url.host or 'localhost'}:{url.port or 5432}/{url.database or ''}"


def folder_not_writable(folder: str, error: OSError) -> UserError:
    if error.errno in (errno.ENOSPC, errno.EDQUOT):
        return disk_full(folder)
    why = error.strerror or type(error).__name__
    return UserError(
        Message("Understudy cannot write to the folder {folder}: {why}.", folder=folder, why=why),
        Message("Make it writable, or set UNDERSTUDY_HOME to a folder that is."),
    )


def disk_full(place: str) -> UserError:
    return UserError(
        Message("The disk that holds {place} is full: nothing more can be stored.", place=place),
        Message("Free some space there and ask again; what was stored before is safe."),
    )


def from_newer_version(place: str) -> UserError:
    return UserError(
        Message("The database {place} was written by a newer version of Understudy.", place=place),
        Message("Install that version, or set UNDERSTUDY_HOME to another folder to begin anew."),
    )


def _first_line(error: DBAPIError) -> str:
    # The driver's own words only: SQLAlchemy's text adds the statement with prompts and answers in it.
    lines = str(error.orig).strip().splitlines()
    return lines[0][:300] if lines else type(error.orig).__name__


def _of_sqlite(code: int, place: str, error: DBAPIError) -> UserError | None:
    if code == sqlite3.SQLITE_FULL:
        return disk_full(place)
    if code in (sqlite3.SQLITE_NOTADB, sqlite3.SQLITE_CORRUPT):
        return UserError(
            Message("{place} is not a database, or it is damaged.", place=place),
            Message("Move that file away (Understudy then begins a new one), or put a backup in its place."),
        )
    if code in (sqlite3.SQLITE_CANTOPEN, sqlite3.SQLITE_READONLY, sqlite3.SQLITE_PERM):
        return UserError(
            Message("The database {place} cannot be opened for writing.", place=place),
            Message("Make the file and its folder writable, or set UNDERSTUDY_HOME to a folder that is."),
        )
    if code in _BUSY:
        return UserError(
            Message("Another program has kept the database {place} locked for too long.", place=place),
            Message("Close the other program (a database browser, a backup) and try again."),
        )
    if code == sqlite3.SQLITE_IOERR:
        return UserError(
            Message("The disk failed while reading or writing {place}: {why}.", place=place, why=_first_line(error)),
            Message("Check the disk and its free space, then start again; what was stored before is safe."),
        )
    return None


def explain(error: DBAPIError, url: URL) -> UserError | None:
    """The UserError that says what to do about `error`; None when nobody but us can."""
    place = where(url)
    if url.get_backend_name() == "sqlite":
        return _of_sqlite(sqlite_code(error.orig), place, error)
    state = getattr(error.orig, "sqlstate", None)
    if state == "53100":  # disk_full
        return disk_full(place)
    if isinstance(error, OperationalError) and (state is None or state[:2] in ("08", "28", "3D", "57")):
        return UserError(
            Message("The database server {place} cannot be used: {why}.", place=place, why=_first_line(error)),
            Message("Check that it runs and that DATABASE_URL is right, or unset DATABASE_URL to use a file."),
        )
    return None


@contextmanager
def explained(engine: Engine) -> Iterator[None]:
    """Raise what the person can fix as UserError; let the rest through as it is."""
    try:
        yield
    except IntegrityError:
        raise
    except DBAPIError as error:
        known = explain(error, engine.url)
        if known is None:
            raise
        raise known from None
