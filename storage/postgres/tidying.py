"""Upkeep a little later, in a thread of its own: whoever deletes documents neither waits for it nor forgets it."""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable

import psycopg

from app.domain.errors import UserError

log = logging.getLogger(__name__)

PAUSE = 5.0  # seconds without another deletion: who deletes one document often deletes more


class Tidying:
    """What waits to be tidied up, by collection; each once, when nothing more was asked for a while."""

    def __init__(self, tidy: Callable[[int], None]) -> None:
        self._tidy = tidy
        self._timers: dict[int, threading.Timer] = {}
        self._lock = threading.Lock()
        self._closed = False

    def soon(self, collection: int) -> None:
        with self._lock:
            if self._closed:
                return
            timer = threading.Timer(PAUSE, self._run, [collection])
            timer.name, timer.daemon = "understudy-tidying", True
            self._drop(collection)
            self._timers[collection] = timer
            timer.start()

    def done(self, collection: int) -> None:
        """It was tidied up otherwise."""
        with self._lock:
            self._drop(collection)

    def close(self) -> None:
        """Begin no more. What is in the middle of it ends with its connection, and harms nothing."""
        with self._lock:
            self._closed = True
            for collection in list(self._timers):
                self._drop(collection)

    def _drop(self, collection: int) -> None:
        timer = self._timers.pop(collection, None)
        if timer is not None:
            timer.cancel()

    def _run(self, collection: int) -> None:
        try:
            self._tidy(collection)
        except (UserError, psycopg.Error) as error:  # the server itself does it in the end
            log.info("a collection was not tidied up: %s", type(error).__name__)
