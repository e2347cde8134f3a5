"""Which collections there are, for a page that must not wait for the document server."""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass

from app.domain.documents import CollectionRecord, PassageStore
from app.domain.errors import UnderstudyError, UserError
from app.domain.message import Message

log = logging.getLogger(__name__)

# Seconds. A server that is down is left alone for longer: asking it holds up every page.
FRESH = 1.0
FRESH_PROBLEM = 10.0


@dataclass(frozen=True, slots=True)
class Listed:
    """`pending`: the server has not answered yet; `problem`: why it cannot be asked, beside what was known."""

    collections: tuple[CollectionRecord, ...] = ()
    pending: bool = False
    problem: UnderstudyError | None = None

    @property
    def names(self) -> list[str]:
        return [record.name for record in self.collections]


class Listing:
    """Asks the passage store in a thread of its own. Safe to call from any thread."""

    def __init__(self, store: PassageStore, begun: Callable[[], bool]) -> None:
        """`begun` tells whether there can be any collection: where there is none, no server is started."""
        self._store, self._begun = store, begun
        self._lock = threading.Lock()
        self._last = Listed()
        self._until = 0.0
        self._asking: threading.Event | None = None

    def look(self, wait: float = 0.5) -> Listed:
        """What there is now; what was known, marked as pending, when the answer takes longer than `wait` seconds."""
        if not self._begun():
            return Listed()
        with self._lock:
            if self._asking is None and time.monotonic() < self._until:
                return self._last
            if self._asking is None:
                self._asking = threading.Event()
                threading.Thread(
                    target=self._ask, args=(self._asking,), name="understudy-collections", daemon=True
                ).start()
            asking = self._asking
        if asking.wait(wait):
            return self._last
        return Listed(self._last.collections, True, self._last.problem)

    def _ask(self, done: threading.Event) -> None:
        try:
            found = Listed(tuple(self._store.collections()))
        except UnderstudyError as problem:
            found = Listed(self._last.collections, problem=problem)
        except Exception as exc:
            log.error("collections could not be listed: %s", type(exc).__name__, exc_info=exc)
            unforeseen = UserError(
                Message("The collections cannot be listed: {what}.", what=type(exc).__name__),
                Message("See what `python -m app collections list` says."),
            )
            found = Listed(self._last.collections, problem=unforeseen)
        with self._lock:
            self._last, self._asking = found, None
            self._until = time.monotonic() + (FRESH_PROBLEM if found.problem else FRESH)
        done.set()
