"""Comparisons of a batch, made as they are needed: a few ahead of what is being asked."""

from __future__ import annotations

import asyncio
import time
from collections import deque
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from typing import TypeVar

from app.domain.batch_store import BatchStore
from app.domain.batches import BatchItem, BatchRecord, Cause, CopiedAnswer, NewComparison, Why
from app.domain.errors import AnswerError, UnderstudyError
from app.domain.message import Message
from app.domain.questions import QuestionSet
from app.services.batches.lane import Backoff
from app.services.batches.requests import Prepared, Preparing, shuffled
from app.services.comparing.runs import RunEngine

T = TypeVar("T")

SEARCHES = 4  # at once: an embedding server has others to serve too
LARGEST = 64  # comparisons stored in one go


@dataclass(frozen=True, slots=True)
class Begun:
    """A comparison that was stored: the ids of its answers by contestant, None for those that are there already."""

    item: BatchItem
    prepared: Prepared
    answer_ids: tuple[str | None, ...]


class Feeding:
    """Takes items off `pending`, prepares and stores them; on the loop, what blocks in threads."""

    def __init__(
        self,
        record: BatchRecord,
        owner: str,
        asked: QuestionSet,
        pending: Sequence[BatchItem],
        preparing: Preparing,
        store: BatchStore,
        engine: RunEngine,
        backoff: Backoff,
        going: Callable[[], bool],
    ) -> None:
        self._record, self._owner, self._asked = record, owner, asked
        self._pending = deque(pending)
        self._preparing, self._store, self._engine = preparing, store, engine
        self._backoff, self._going = backoff, going
        self._searches = asyncio.Semaphore(SEARCHES)
        self.trouble: Why | None = None
        self.given_up = False
        self.lost = False

    @property
    def empty(self) -> bool:
        return not self._pending

    async def some(self, most: int) -> tuple[list[Begun], int]:
        """About `most` comparisons more, and how many items could not be asked.

        Afterwards `lost` says that the batch is somebody else's, `given_up` that it did not work for too long.
        """
        items = self._next(min(most, LARGEST))
        questions = list(dict.fromkeys(item.question for item in items))
        prepared = await self._patiently(lambda: self._prepare(questions), Cause.SOURCES)
        if prepared is None:
            self._pending.extendleft(reversed(items))
            return [], 0
        ready = [(item, p) for item in items if isinstance(p := prepared[item.question], Prepared)]
        refused = [(item, p) for item in items if isinstance(p := prepared[item.question], AnswerError)]
        begun = await self._patiently(lambda: self._begin(ready), Cause.STORAGE) if ready else []
        if begun is None or await self._patiently(lambda: self._refuse(refused), Cause.STORAGE) is None:
            self._pending.extendleft(reversed(items if begun is None else [item for item, _ in refused]))
            return begun or [], 0
        return begun, len(refused)

    def _next(self, most: int) -> list[BatchItem]:
        """All repeats of a question together: they share what was found for it."""
        items: list[BatchItem] = []
        while self._pending and (len(items) < most or items[-1].question == self._pending[0].question):
            items.append(self._pending.popleft())
        return items

    async def _prepare(self, questions: Sequence[int]) -> dict[int, Prepared | AnswerError]:
        rows = self._asked.questions
        if not self._record.plan.collection:
            return await asyncio.to_thread(lambda: {q: self._preparing.prepare(rows[q]) for q in questions})

        async def one(question: int) -> Prepared | AnswerError:
            async with self._searches:
                return await asyncio.to_thread(self._preparing.prepare, rows[question])

        return dict(zip(questions, await asyncio.gather(*map(one, questions)), strict=True))

    async def _begin(self, ready: Sequence[tuple[BatchItem, Prepared]]) -> list[Begun]:
        spare: dict[str, list[CopiedAnswer]] = {}
        if self._record.plan.cache:
            digests = [digest for _, p in ready for digest in p.digests]
            found = await asyncio.to_thread(self._store.copies, self._record.id, digests)
            spare = {digest: list(reversed(answers)) for digest, answers in found.items()}
        new = []
        for item, p in ready:
            # Each is taken out: no answer serves twice in one batch.
            copies = tuple(spare[d].pop() if spare.get(d) else None for d in p.digests)
            new.append(NewComparison(item.position, p.comparison, shuffled(len(p.requests)), p.digests, copies))
        stored = await self._engine.writing(lambda: self._store.begin(self._record.id, self._owner, new))
        if stored is None:
            self.lost = True
            return []
        return [
            Begun(item, p, tuple(None if copy else i for i, copy in zip(ids, n.copies, strict=True)))
            for (item, p), n, ids in zip(ready, new, stored, strict=True)
        ]

    async def _refuse(self, refused: Sequence[tuple[BatchItem, AnswerError]]) -> bool:
        for item, error in refused:
            await self._engine.writing(
                lambda item=item, error=error: self._store.refuse(self._record.id, item.position, error)  # type: ignore[misc]
            )
        return True

    async def _patiently(self, work: Callable[[], Awaitable[T]], cause: Cause) -> T | None:
        """Try until it works, with growing pauses; None when the batch is not to go on, or nobody waits any longer.

        `cause` is what to call the trouble.
        """
        wait, since = self._backoff.first, time.monotonic()
        while True:
            try:
                done = await work()
            except Exception as exc:
                if not isinstance(exc, UnderstudyError):
                    raise
                self.trouble = Why(cause, Message("{reason} {remedy}", reason=exc.message, remedy=exc.remedy))
                if time.monotonic() - since > self._backoff.give_up:
                    self.given_up = True
                    return None
            else:
                self.trouble = None
                return done
            pause = time.monotonic() + wait
            while time.monotonic() < pause:
                if not self._going():
                    return None
                await asyncio.sleep(min(0.2, wait))
            wait = min(wait * 2, self._backoff.longest)
