"""The engine: how a connection is set up, and how a transaction begins.

Durability on SQLite: WAL, so that a process killed with -9 loses nothing that was committed. A
finished answer, a comparison or a rating is also flushed to the disk (synchronous=FULL), so that it
outlives a power cut; the partial text of a running answer is not (synchronous=NORMAL): it comes
twice a second, and a flush costs milliseconds that the stream would feel.
"""

from __future__ import annotations

import json
import sqlite3
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TypeAlias, TypeVar

from sqlalchemy import URL, Connection, Engine, create_engine, event, make_url
from sqlalchemy.engine.interfaces import DBAPIConnection
from sqlalchemy.exc import ArgumentError, DBAPIError, NoSuchModuleError
from sqlalchemy.orm import Session
from sqlalchemy.pool import ConnectionPoolEntry

from app.domain.errors import UserError
from app.domain.message import Message
from storage import problems
from storage.migrate import migrate

T = TypeVar("T")
Database: TypeAlias = Engine

BUSY_SECONDS = 15.0
_WRITE = "understudy_write"  # execution option: "durable" or "quick"; absent for reading
_POSTGRES = "postgresql+psycopg"


def open_database(url: str, home: Path) -> Engine:
    """The engine for `url`, its tables brought to this version's form; safe when two processes start at once.

    Creates `home` and the database's folder, readable by this user alone. Raises UserError.
    """
    place = _parse(url)
    _make_folder(home)
    if place.get_backend_name() == "sqlite":
        _make_folder(Path(str(place.database)).expanduser().absolute().parent)
    engine = make_engine(place)
    try:
        with problems.explained(engine):
            migrate(engine)
    except OSError as error:
        engine.dispose()
        raise problems.folder_not_writable(problems.where(place), error) from None
    except BaseException:
        engine.dispose()
        raise
    return engine


def make_engine(url: URL) -> Engine:
    """An engine with our connection settings, and no promise about its tables."""
    if url.get_backend_name() != "sqlite":
        return create_engine(url, pool_pre_ping=True, hide_parameters=True, json_serializer=_dumps)
    engine = create_engine(
        url,
        hide_parameters=True,  # an error must not carry a prompt into a log
        json_serializer=_dumps,
        pool_size=8,
        max_overflow=56,
        connect_args={"timeout": BUSY_SECONDS, "isolation_level": None},
    )
    event.listen(engine, "connect", _set_up_sqlite)
    event.listen(engine, "begin", _begin_sqlite)
    return engine


@contextmanager
def reading(engine: Engine) -> Iterator[Session]:
    """A session that sees one state of the database from its first statement on."""
    with problems.explained(engine), Session(engine) as session:
        yield session


def write(engine: Engine, work: Callable[[Connection], T], *, durable: bool = True) -> T:
    """Run `work` in one write transaction, again if another writer was in the way. Raises UserError.

    `durable`: on the disk when this returns, not only safe from the end of this process.
    """
    option = {_WRITE: "durable" if durable else "quick"}
    deadline = time.monotonic() + 2 * BUSY_SECONDS
    with problems.explained(engine):
        while True:
            try:
                with engine.connect().execution_options(**option) as connection, connection.begin():
                    if not durable and engine.dialect.name == "postgresql":
                        # As SQLite does for it: the next durable commit takes it to the disk.
                        connection.exec_driver_sql("SET LOCAL synchronous_commit TO OFF")
                    return work(connection)
            except DBAPIError as error:
                if not problems.is_busy(error) or time.monotonic() > deadline:
                    raise
                time.sleep(0.02)


def _parse(url: str) -> URL:
    try:
        place = make_url(url.strip())
    except ArgumentError:
        raise _bad_url() from None
    if place.drivername in ("postgres", "postgresql"):
        place = place.set(drivername=_POSTGRES)
    if place.drivername not in ("sqlite", "sqlite+pysqlite", _POSTGRES):
        raise _bad_url()
    if place.get_backend_name() == "sqlite" and (place.database or ":memory:") == ":memory:":
        raise _bad_url()
    try:
        place.get_dialect()
    except NoSuchModuleError:
        raise _bad_url() from None
    return place


def _bad_url() -> UserError:
    # The value itself is not shown: it may hold a password.
    return UserError(
        Message("DATABASE_URL is not the address of a database that Understudy can use."),
        Message(
            "Write {file} or {server}, or unset it.",
            file="sqlite:////folder/understudy.db",
            server="postgresql://user:password@host/name",
        ),
    )


def _make_folder(folder: Path) -> None:
    try:
        # Prompts and documents are nobody else's: a new folder is for this user alone.
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        probe = folder / f".writable-{time.monotonic_ns()}"
        probe.touch()
        probe.unlink()
    except OSError as error:
        raise problems.folder_not_writable(str(folder), error) from None


def _dumps(value: object) -> str:
    return json.dumps(value, ensure_ascii=False, allow_nan=False, separators=(",", ":"))


def _set_up_sqlite(dbapi: DBAPIConnection, _: ConnectionPoolEntry) -> None:
    assert isinstance(dbapi, sqlite3.Connection)
    cursor = dbapi.cursor()
    cursor.execute("PRAGMA foreign_keys=ON")
    cursor.execute("PRAGMA journal_mode=WAL")
    cursor.execute("PRAGMA cache_size=-16000")  # KiB, negative: a search reads tens of MB
    cursor.close()


def _begin_sqlite(connection: Connection) -> None:
    # The driver begins nothing by itself (isolation_level None): it would begin reading and turn to
    # writing later, which fails at once, unwaited, when somebody else wrote in between.
    kind = connection.get_execution_options().get(_WRITE)
    if kind is None:
        connection.exec_driver_sql("BEGIN")
        return
    connection.exec_driver_sql(f"PRAGMA synchronous={'FULL' if kind == 'durable' else 'NORMAL'}")
    connection.exec_driver_sql("BEGIN IMMEDIATE")
