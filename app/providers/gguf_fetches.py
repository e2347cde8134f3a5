"""The fetches of model files under way in this process."""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable, Mapping
from pathlib import Path

from app.domain.errors import UserError
from app.domain.message import Message
from app.providers import catalogue
from app.providers.catalogue import Entry
from app.providers.gguf_fetch import Cancelled, Stage, fetch

log = logging.getLogger(__name__)


class Fetch:
    """A fetch under way in a thread of its own. A page finds it again after a reload; read it from any thread.

    `stage` is waiting (another process fetches the same), downloading, unpacking or done; `bytes` of
    `total` belong to the stage. When `over`: `path` is the file, or `error` says why there is none,
    or neither: it was cancelled.
    """

    def __init__(
        self,
        entry: Entry,
        folder: Path,
        pip: tuple[str, ...] | None = None,
        arrived: Callable[[], object] = lambda: None,
    ) -> None:
        self.entry = entry
        self._arrived = arrived
        self.stage: Stage = "downloading"
        self.bytes = 0
        self.total = entry.download
        self.path: Path | None = None
        self.error: UserError | None = None
        self._folder, self._pip = folder, pip
        self._cancel = threading.Event()
        self._over = threading.Event()
        self._thread = threading.Thread(target=self._run, name=f"fetch {entry.key}", daemon=True)
        self._thread.start()

    @property
    def over(self) -> bool:
        return self._over.is_set()

    @property
    def cancelled(self) -> bool:
        return self.over and self.path is None and self.error is None

    @property
    def fraction(self) -> float:
        """0–1 over the whole way, of which unpacking is the smaller part."""
        done = self.bytes / self.total if self.total else 0.0
        return {"waiting": 0.0, "downloading": 0.9 * done, "unpacking": 0.9 + 0.1 * done, "done": 1.0}[self.stage]

    def cancel(self) -> None:
        """Stop soon and leave nothing behind; `wait` to see the end of it."""
        self._cancel.set()

    def wait(self, timeout: float | None = None) -> bool:
        """Whether it is over within `timeout` seconds (None: however long it takes)."""
        return self._over.wait(timeout)

    def _run(self) -> None:
        try:
            self.path = fetch(
                self.entry, self._folder, progress=self._note, cancelled=self._cancel.is_set, pip=self._pip
            )
            self._arrived()
        except Cancelled:
            pass
        except UserError as exc:
            self.error = exc
        except Exception as exc:
            log.exception("fetching %s broke", self.entry.key)
            self.error = UserError(
                Message("Something broke inside Understudy: {detail}", detail=f"{type(exc).__name__}: {exc}"[:300]),
                Message("Try again; if it happens twice, report it with this text."),
            )
        finally:
            self._over.set()

    def _note(self, stage: Stage, done: int, total: int) -> None:
        self.stage, self.bytes, self.total = stage, done, total


class Fetches:
    """The fetches of this process, one at a time for each entry. Any thread."""

    def __init__(
        self, folder: Path, pip: tuple[str, ...] | None = None, *, arrived: Callable[[], object] = lambda: None
    ) -> None:
        """`arrived` is called when a file is in place, before its fetch is over."""
        self.folder = folder
        self._pip = pip
        self._arrived = arrived
        self._lock = threading.Lock()
        self._fetches: dict[str, Fetch] = {}

    @property
    def catalogue(self) -> Mapping[str, Entry]:
        """What can be fetched, by key."""
        return catalogue.CATALOGUE

    def entry(self, key: str) -> Entry:
        """What would be fetched: for its size and licence, before. Raises UserError for an unknown key."""
        return catalogue.entry(key)

    def start(self, key: str) -> Fetch:
        """Begin to fetch, or attach to the fetch that is under way. Raises UserError for an unknown key."""
        wanted = catalogue.entry(key)
        with self._lock:
            running = self._fetches.get(key)
            if running is None or running.over:
                running = self._fetches[key] = Fetch(wanted, self.folder, self._pip, self._arrived)
            return running

    def get(self, key: str) -> Fetch | None:
        """The last fetch of `key` in this process, running or over; None if there was none."""
        with self._lock:
            return self._fetches.get(key)

    def close(self) -> None:
        """Cancel what runs, and wait until pip is gone."""
        with self._lock:
            running = [f for f in self._fetches.values() if not f.over]
        for one in running:
            one.cancel()
        for one in running:
            one.wait(5)
