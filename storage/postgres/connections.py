"""Connections to the server that holds the documents, kept for the next use, and its errors in our words."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

import psycopg
from pgvector.psycopg import register_vector  # type: ignore[import-untyped]
from psycopg.pq import TransactionStatus

from app.domain.errors import UserError
from app.domain.message import Message

Connection = psycopg.Connection[tuple[object, ...]]

CONNECT_SECONDS = 10
_ATTEMPTS, _PAUSE = 3, 0.3  # to connect; seconds between
_FRESH = 5.0  # seconds for which a connection that was used is taken to be alive
# Connection, authorisation, no such database, out of memory or connections, shut down, broken disk.
_UNREACHABLE = ("08", "28", "3D", "53", "57", "58")


class Connections:
    """As many connections as there are threads at once; the last one used is the next to be used.

    `address` is asked for the parameters whenever a connection is opened: an embedded server that
    died is started again by that. `prepare` runs once, on the first connection.
    """

    def __init__(
        self, address: Callable[[], str], place: str, remedy: Message, prepare: Callable[[Connection], None]
    ) -> None:
        self._address = address
        self._place = place
        self._remedy = remedy
        self._prepare = prepare
        self._prepared = False
        self._preparing = threading.Lock()
        self._idle: list[tuple[Connection, float]] = []
        self._closed = False

    @contextmanager
    def use(self) -> Iterator[Connection]:
        """A connection in autocommit. Raises UserError for what a person can put right."""
        try:
            connection = self._take()
        except psycopg.Error as error:
            raise self._unreachable(error) from None
        try:
            yield connection
        except psycopg.Error as error:
            known = self._explain(error)
            if known is None:
                raise
            raise known from None
        finally:
            self._give(connection)

    def close(self) -> None:
        """Close what is idle; what is in use is closed when it comes back."""
        self._closed = True
        self._drop_idle()

    def _take(self) -> Connection:
        while True:
            try:
                connection, used = self._idle.pop()
            except IndexError:
                return self._open()
            if time.monotonic() - used < _FRESH:
                return connection
            try:
                connection.execute("SELECT 1")
            except psycopg.Error:
                connection.close()
                continue
            return connection

    def _open(self) -> Connection:
        if self._closed:
            # A thread that is late must not start the server again, with nobody left to stop it.
            raise UserError(Message("Understudy is shutting down."), Message("Start it again."))
        connection = self._connect()
        try:
            with self._preparing:
                if not self._prepared:
                    self._prepare(connection)
                    self._prepared = True
            register_vector(connection)
        except BaseException:
            connection.close()
            raise
        return connection

    def _connect(self) -> Connection:
        for attempt in range(_ATTEMPTS):
            try:
                return psycopg.connect(
                    self._address(), autocommit=True, connect_timeout=CONNECT_SECONDS, application_name="understudy"
                )
            except psycopg.OperationalError:
                # A server that is just going down or coming up: soon it will be one or the other.
                if attempt == _ATTEMPTS - 1:
                    raise
                time.sleep(_PAUSE)
        raise AssertionError("unreachable")

    def _give(self, connection: Connection) -> None:
        broken = connection.broken
        healthy = not connection.closed and connection.info.transaction_status == TransactionStatus.IDLE
        if healthy and not self._closed:
            self._idle.append((connection, time.monotonic()))
        else:
            connection.close()
            if broken:
                self._drop_idle()  # the server went away, and with it the others

    def _drop_idle(self) -> None:
        while self._idle:
            self._idle.pop()[0].close()

    def _unreachable(self, error: psycopg.Error) -> UserError:
        return UserError(
            Message("The document server {place} cannot be used: {why}", place=self._place, why=words(error)),
            self._remedy,
        )

    def _explain(self, error: psycopg.Error) -> UserError | None:
        state = error.sqlstate
        if state == "53100":
            return UserError(
                Message(
                    "The disk of the document server {place} is full: nothing more can be stored.", place=self._place
                ),
                Message("Free some space there and try again; what was stored before is safe."),
            )
        if isinstance(error, psycopg.OperationalError) and (state is None or state[:2] in _UNREACHABLE):
            return self._unreachable(error)
        if state == "42501":
            return UserError(
                Message("The document server {place} does not allow this: {why}", place=self._place, why=words(error)),
                Message("Let its administrator grant the user of PGVECTOR_URL what is missing, or unset PGVECTOR_URL."),
            )
        return None


def words(error: psycopg.Error) -> str:
    # libpq never repeats the password. Its second line often holds the reason.
    lines = str(error).strip().splitlines()
    return " ".join(line.strip() for line in lines[:3])[:300] if lines else type(error).__name__
