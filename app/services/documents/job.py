"""One indexing while it runs: written by its threads, read and cancelled from any other."""

from __future__ import annotations

import secrets
import threading
import time
from collections.abc import Sequence
from dataclasses import replace

from app.domain.embedding import EmbeddingCost
from app.domain.indexing import FileProgress, FileStatus, IndexingState
from app.domain.message import Message

# How much of a file's way is over once it has been read: the rest is embedding.
READ_SHARE = 0.1
_TELLING = 1.0  # seconds before the time left is worth saying
_GUESS = 1 / 800  # passages a byte, before any file was read


class IndexingJob:
    """A page attaches to it by `id` and draws `state()`; nothing of it depends on being watched."""

    def __init__(self, collection: str, names: Sequence[str], sizes: Sequence[int] = ()) -> None:
        self.id = secrets.token_hex(8)
        self.collection = collection
        self.cancelled = threading.Event()
        self._lock = threading.Lock()
        self._over = threading.Event()
        self._files = [FileProgress(name, size) for name, size in zip(names, sizes or [0] * len(names), strict=True)]
        self._started = time.monotonic()
        self._ended: float | None = None
        self._problem: Message | None = None
        self._cost = EmbeddingCost(0, None, "estimated")
        self._version = 0

    def cancel(self) -> None:
        """Stop soon: documents that are stored stay, nothing else does."""
        self.cancelled.set()
        self._changed()

    def wait(self, timeout: float | None = None) -> bool:
        """Whether it was over within `timeout` seconds."""
        return self._over.wait(timeout)

    @property
    def over(self) -> bool:
        return self._over.is_set()

    @property
    def version(self) -> int:
        return self._version

    def state(self) -> IndexingState:
        with self._lock:
            files = tuple(self._files)
            fraction = 1.0 if self._ended else _fraction(files)
            seconds = (self._ended or time.monotonic()) - self._started
            left = None
            if self._ended is None and seconds >= _TELLING and fraction > 0.01:
                left = seconds * (1 - fraction) / fraction
            return IndexingState(
                self.collection,
                files,
                fraction,
                seconds,
                left,
                self._ended is not None,
                self.cancelled.is_set(),
                self._cost,
                self._problem,
                self._version,
            )

    def file(self, index: int) -> FileProgress:
        return self._files[index]

    def add(self, name: str, size: int = 0) -> None:
        """One more file, behind the others."""
        with self._lock:
            self._files.append(FileProgress(name, size))
            self._version += 1

    def update(
        self,
        index: int,
        status: FileStatus | None = None,
        *,
        name: str | None = None,
        fraction: float | None = None,
        pages: int | None = None,
        passages: int | None = None,
        notices: Sequence[Message] | None = None,
        replaced: bool | None = None,
    ) -> None:
        """Note how far a file has come. One that is over does not change any more."""
        with self._lock:
            file = self._files[index]
            if file.status.over:
                return
            self._files[index] = replace(
                file,
                name=name or file.name,
                status=status or file.status,
                fraction=file.fraction if fraction is None else min(fraction, 1.0),
                pages=file.pages if pages is None else pages,
                passages=file.passages if passages is None else passages,
                notices=file.notices if notices is None else tuple(notices),
                replaced=file.replaced if replaced is None else replaced,
            )
            self._version += 1

    def end_file(
        self, index: int, status: FileStatus, reason: Message | None = None, remedy: Message | None = None
    ) -> None:
        """A file is over; the first to say so is believed."""
        with self._lock:
            file = self._files[index]
            if file.status.over:
                return
            self._files[index] = replace(file, status=status, fraction=1.0, reason=reason, remedy=remedy)
            self._version += 1

    def spend(self, cost: EmbeddingCost) -> None:
        with self._lock:
            self._cost = cost
            self._version += 1

    def stop(self, problem: Message, remedy: Message) -> None:
        """Something that every further file would meet: all that is not over fails with it."""
        with self._lock:
            self._problem = self._problem or problem
        for index in range(len(self._files)):
            self.end_file(index, FileStatus.FAILED, problem, remedy)

    @property
    def stopped(self) -> bool:
        """Whether no more work should begin."""
        return self.cancelled.is_set() or self._problem is not None

    def finish(self) -> None:
        for index in range(len(self._files)):
            self.end_file(index, FileStatus.CANCELLED)
        with self._lock:
            self._ended = time.monotonic()
            self._version += 1
        self._over.set()

    def _changed(self) -> None:
        with self._lock:
            self._version += 1


def _fraction(files: Sequence[FileProgress]) -> float:
    """The share of the work that is done, in passages; of files not yet read, as many as their size suggests."""
    read = [file for file in files if file.passages and file.size]
    rate = sum(f.passages for f in read) / sum(f.size for f in read) if read else _GUESS
    # A file that cost nothing (a duplicate, a bad one) weighs little, but not nothing: it was looked at.
    weights = [float(f.passages) if f.passages else 0.1 if f.status.over else max(f.size * rate, 1.0) for f in files]
    total = sum(weights)
    return sum(w * f.fraction for w, f in zip(weights, files, strict=True)) / total if total else 1.0
