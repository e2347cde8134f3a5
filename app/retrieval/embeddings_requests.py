"""Requests to an embedding server that nobody has to wait for at the end.

A thread of `ThreadPoolExecutor` is joined when Python exits, and a server that hangs would hold the
exit for as long as its timeout is. These threads are daemons, and `close` ends the waiting for them.
"""

from __future__ import annotations

import threading
from collections import deque
from collections.abc import Callable, Sequence
from concurrent.futures import Future, InvalidStateError
from contextlib import suppress
from typing import Generic, TypeVar

from app.domain.errors import UserError
from app.domain.message import Message

A = TypeVar("A")
R = TypeVar("R")


class Requests(Generic[A, R]):
    """Calls `ask` in threads: at most `parallel` at once for `each`, and one of its own for every `one`."""

    def __init__(self, ask: Callable[[A], R], parallel: int) -> None:
        self._ask, self._parallel = ask, parallel
        self._lock = threading.Lock()
        self._threads = 0
        self._waiting: deque[tuple[A, Future[R]]] = deque()
        self._open: set[Future[R]] = set()
        self.closed = threading.Event()

    def each(self, given: Sequence[A]) -> list[R]:
        """The answers in order. Raises the first failure, and takes back what was not asked yet."""
        futures = [self._future() for _ in given]
        with self._lock:
            self._waiting.extend(zip(given, futures, strict=True))
            more = max(0, min(self._parallel - self._threads, len(futures)))
            self._threads += more
        for _ in range(more):
            self._thread(self._work)
        try:
            return [future.result() for future in futures]
        finally:
            for future in futures:
                future.cancel()

    def one(self, given: A) -> R:
        """Does not wait for those of `each`."""
        future = self._future()
        self._thread(self._answer, given, future)
        return future.result()

    def close(self) -> None:
        """Whoever waits gets a UserError now, and whoever comes later. Idempotent."""
        with self._lock:
            self.closed.set()
            unanswered = list(self._open)
        for future in unanswered:
            with suppress(InvalidStateError):
                future.set_exception(closing())

    def _future(self) -> Future[R]:
        future: Future[R] = Future()
        with self._lock:
            if self.closed.is_set():
                raise closing()
            self._open.add(future)
        future.add_done_callback(self._forget)
        return future

    def _forget(self, future: Future[R]) -> None:
        with self._lock:
            self._open.discard(future)

    def _work(self) -> None:
        while True:
            with self._lock:
                if not self._waiting:
                    self._threads -= 1
                    return
                given, future = self._waiting.popleft()
            self._answer(given, future)

    def _thread(self, work: Callable[..., None], *given: object) -> None:
        threading.Thread(target=work, args=given, name="understudy-embedding", daemon=True).start()

    def _answer(self, given: A, future: Future[R]) -> None:
        if future.done():  # closed, or taken back because another of the same call failed
            return
        try:
            answer = self._ask(given)
        except BaseException as exc:
            with suppress(InvalidStateError):
                future.set_exception(exc)
        else:
            with suppress(InvalidStateError):
                future.set_result(answer)


def closing() -> UserError:
    return UserError(Message("Understudy is shutting down."), Message("Start it again."))
