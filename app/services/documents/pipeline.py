"""Reading, embedding and storing side by side, so that only embedding — the slowest — is ever waited for."""

from __future__ import annotations

import logging
import threading
import time
from collections import deque
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

import numpy as np

from app.domain.documents import Chunk, Document, Embedder, PassageStore, Put, Unstorable, Vectors
from app.domain.embedding import CountingEmbedder
from app.domain.errors import Fault, ProviderError, UnderstudyError, UserError
from app.domain.indexing import FileStatus
from app.domain.loading import Cancelled
from app.domain.message import Message
from app.services.documents.job import READ_SHARE, IndexingJob

log = logging.getLogger(__name__)

AHEAD = 600  # passages read and not yet embedded: enough that embedding never waits, little memory
_UNSTORED = 300  # passages embedded and not yet stored
# A call to the embedder aims at this: long enough to be efficient, short enough to cancel and to show.
# At the end of each some cores wait for the last: of four they were busy for 84 % of the time at 64 passages.
_CALL_SECONDS = 1.5
_SMALLEST, _LARGEST = 16, 1024
# Faults of one passage; any other would meet every file.
_OF_ONE = (Fault.CONTEXT_OVERFLOW, Fault.CONTENT_FILTER, Fault.REFUSED_PARAMETER)


@dataclass(eq=False)
class Prepared:
    """A document that was read and cut, on its way through embedding; `index` is its place in the job."""

    index: int
    document: Document
    chunks: Sequence[Chunk]
    vectors: list[Vectors] = field(default_factory=list)
    taken: int = 0  # passages handed to the embedder
    embedded: int = 0
    moved: str = ""  # the document that this content was found under, if it is to leave it

    @property
    def whole(self) -> bool:
        return self.embedded == len(self.chunks)


Read = Callable[[int], Prepared | None]
"""Reads and cuts one file of a job; None when there is nothing to do. Raises UnderstudyError or Cancelled."""
Through = Callable[[Read, Sequence[int]], None]
"""Takes the files at these places of a job from reading to storing."""


class _Queue:
    """Documents in order, bounded by their passages; `put` waits for room, `take` for anything at all."""

    def __init__(self, job: IndexingJob, bound: int) -> None:
        self._job, self._bound = job, bound
        self._items: deque[Prepared] = deque()
        self._weight = 0
        self._closed = False
        self._condition = threading.Condition()

    def put(self, item: Prepared) -> None:
        with self._condition:
            while self._weight >= self._bound and not self._job.stopped:
                self._condition.wait(0.1)
            self._items.append(item)
            self._weight += len(item.chunks)
            self._condition.notify_all()

    def close(self) -> None:
        with self._condition:
            self._closed = True
            self._condition.notify_all()

    def take(self, *, wait: bool) -> Prepared | None:
        """The next document; None when there is none now (`wait` False) or will never be."""
        with self._condition:
            while wait and not self._items and not self._closed:
                self._condition.wait()
            if not self._items:
                return None
            item = self._items.popleft()
            self._weight -= len(item.chunks)
            self._condition.notify_all()
            return item


class Pipeline:
    """Takes files of a job from reading to storing, in the calling thread and two more."""

    def __init__(
        self,
        job: IndexingJob,
        collection: str,
        read: Read,
        embedder: Embedder,
        store: PassageStore,
        spend: Callable[[Sequence[str], int | None], None],
    ) -> None:
        self._job, self._collection, self._read = job, collection, read
        self._embedder, self._store, self._spend = embedder, store, spend
        self._to_embed = _Queue(job, AHEAD)
        self._to_store = _Queue(job, _UNSTORED)
        self._slab = _SMALLEST
        self._worked = False  # whether the model has embedded anything yet

    def run(self, places: Sequence[int]) -> None:
        """The files at these places. All are over then, but for those that `read` put off or cancelling left."""
        reader = threading.Thread(target=self._guarded, args=(self._read_all, places), name="understudy-reading")
        writer = threading.Thread(target=self._guarded, args=(self._store_all,), name="understudy-storing")
        reader.start()
        writer.start()
        self._guarded(self._embed_all)
        reader.join()
        self._to_store.close()
        writer.join()

    def _guarded(self, work: Callable[..., None], *arguments: object) -> None:
        try:
            work(*arguments)
        except Cancelled:
            return
        except UnderstudyError as exc:
            self._job.stop(exc.message, exc.remedy)
        except Exception as exc:
            log.error("indexing stopped: %s", type(exc).__name__, exc_info=exc)
            self._job.stop(*internal(exc))

    def _read_all(self, places: Sequence[int]) -> None:
        try:
            for index in places:
                if self._job.stopped:
                    return
                try:
                    prepared = self._read(index)
                except Cancelled:
                    return
                except UnderstudyError as exc:
                    self._job.end_file(index, FileStatus.FAILED, exc.message, exc.remedy)
                    continue
                except Exception as exc:
                    log.error("a file could not be indexed: %s", type(exc).__name__, exc_info=exc)
                    self._job.end_file(index, FileStatus.FAILED, *internal(exc))
                    continue
                if prepared is not None:
                    self._to_embed.put(prepared)
        finally:
            self._to_embed.close()

    def _embed_all(self) -> None:
        """Passages of several small documents share a call, those of a large one take several."""
        waiting: deque[Prepared] = deque()
        while not self._job.stopped:
            rest = sum(len(p.chunks) - p.taken for p in waiting)
            while rest < self._slab:
                prepared = self._to_embed.take(wait=not rest)
                if prepared is None:
                    break
                self._job.update(prepared.index, FileStatus.EMBEDDING)
                waiting.append(prepared)
                rest += len(prepared.chunks)
            if not waiting:
                return
            slab: list[tuple[Prepared, int, int]] = []
            room = self._slab
            while waiting and room:
                prepared = waiting[0]
                count = min(room, len(prepared.chunks) - prepared.taken)
                slab.append((prepared, prepared.taken, prepared.taken + count))
                prepared.taken += count
                room -= count
                if prepared.taken == len(prepared.chunks):
                    waiting.popleft()
            for prepared in self._embed_slab(slab):
                self._to_store.put(prepared)

    def _embed_slab(self, slab: Sequence[tuple[Prepared, int, int]]) -> list[Prepared]:
        """Embed parts of documents in one call; returns those that are whole now."""
        parts = [part for part in slab if not self._job.file(part[0].index).status.over]
        texts = [chunk.in_context for prepared, start, end in parts for chunk in prepared.chunks[start:end]]
        if not texts:
            return []
        started = time.monotonic()
        try:
            vectors = self._embed(texts)
        except ProviderError as exc:
            # A model that worked and now sends something odd has met an odd passage.
            if exc.kind not in _OF_ONE and not (exc.kind is Fault.BAD_WIRE and self._worked):
                raise
            if len(parts) > 1:  # find out whose passage it was
                return [done for part in parts for done in self._embed_slab([part])]
            self._job.end_file(parts[0][0].index, FileStatus.FAILED, exc.message, exc.remedy)
            return []
        if len(parts) == len(slab):
            self._fit(time.monotonic() - started)
        whole, at = [], 0
        for prepared, start, end in parts:
            prepared.vectors.append(vectors[at : at + end - start])
            prepared.embedded += end - start
            at += end - start
            share = READ_SHARE + (0.98 - READ_SHARE) * prepared.embedded / len(prepared.chunks)
            self._job.update(prepared.index, fraction=share)
            if prepared.whole:
                whole.append(prepared)
        return whole

    def _embed(self, texts: Sequence[str]) -> Vectors:
        tokens: int | None = None
        try:
            if isinstance(self._embedder, CountingEmbedder):
                embedded = self._embedder.embed_counted(texts)
                vectors, tokens = embedded.vectors, embedded.tokens
            else:
                vectors = self._embedder.embed(texts)
        except UserError:
            if self._job.cancelled.is_set():  # it was closed under us
                raise Cancelled from None
            raise
        self._worked = True
        self._spend(texts, tokens)
        return vectors

    def _fit(self, seconds: float) -> None:
        """Larger calls while they are quick, smaller ones when they are slow."""
        if seconds < _CALL_SECONDS / 2:
            self._slab = min(self._slab * 2, _LARGEST)
        elif seconds > _CALL_SECONDS * 2:
            self._slab = max(self._slab // 2, _SMALLEST)

    def _store_all(self) -> None:
        while (prepared := self._to_store.take(wait=True)) is not None:
            # What was embedded is stored even when somebody cancels now: it is whole, and was paid for.
            if self._job.file(prepared.index).status.over:
                continue
            self._job.update(prepared.index, FileStatus.STORING)
            try:
                self._store_one(prepared)
            except Unstorable as exc:
                self._job.end_file(prepared.index, FileStatus.FAILED, exc.message, exc.remedy)
            except UnderstudyError:
                raise  # the server is gone or full, or the collection another: every file would meet that
            except Exception as exc:
                log.error("a file could not be stored: %s", type(exc).__name__, exc_info=exc)
                self._job.end_file(prepared.index, FileStatus.FAILED, *internal(exc))

    def _store_one(self, prepared: Prepared) -> None:
        vectors = np.concatenate(prepared.vectors)
        stored = self._store.put(self._collection, prepared.document, prepared.chunks, vectors, moved=prepared.moved)
        self._job.update(prepared.index, replaced=stored.replaced)
        if stored.outcome is Put.DUPLICATE:
            reason = already(stored.record.name, replaced=stored.replaced)
            self._job.end_file(prepared.index, FileStatus.DUPLICATE, reason)
        else:
            self._job.update(prepared.index, name=stored.record.name)
            self._job.end_file(prepared.index, FileStatus.INDEXED)


def already(name: str, *, replaced: bool = False) -> Message:
    if replaced:
        return Message(
            "The same content is there already, as {name}; the older version of this file is gone.", name=name
        )
    return Message("The same content is there already, as {name}.", name=name)


def internal(exc: Exception) -> tuple[Message, Message]:
    return (
        Message("Something unforeseen happened ({kind}).", kind=type(exc).__name__),
        Message("The log has more; please report it."),
    )
