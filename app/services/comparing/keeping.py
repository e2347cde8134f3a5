"""Answers on their way to the disk: those that end together in one commit, those that grow now and then.

Everything here happens on the run engine's loop; the writing itself in one thread, so that an
answer's states reach the database in the order they happened.
"""

from __future__ import annotations

import asyncio
import concurrent.futures
import contextlib
import logging
from collections.abc import Callable, Mapping
from typing import TypeVar

from app.domain.errors import UnderstudyError
from app.domain.message import Message
from app.domain.store import RunStore
from app.services.comparing.live import LiveAnswer

log = logging.getLogger(__name__)
T = TypeVar("T")

# How often unfinished text goes to disk: what a kill -9 can cost.
SAVE_EVERY = 0.5
# Where many answers end at once they are stored together: how long the first of them waits.
GATHER = 0.01


class Keeper:
    """`live` are the buffers of running answers, by id; `not_before` says when a growing one is worth writing."""

    def __init__(self, store: RunStore, live: Mapping[str, LiveAnswer], let_go: Callable[[str], None]) -> None:
        """`let_go` is told the id of each answer that was stored."""
        self._store, self._live, self._let_go = store, live, let_go
        self._writer = concurrent.futures.ThreadPoolExecutor(1, thread_name_prefix="understudy-writer")
        self._ended: dict[str, tuple[LiveAnswer, asyncio.Future[None]]] = {}
        self._storing: asyncio.Task[None] | None = None
        self._saved: dict[str, int] = {}
        self.not_before: dict[str, float] = {}
        self.trouble: Message | None = None

    async def writing(self, work: Callable[[], T]) -> T:
        """Run `work` in the thread that writes."""
        return await asyncio.get_running_loop().run_in_executor(self._writer, work)

    async def keep(self, answer_id: str, live: LiveAnswer) -> None:
        """Store a finished answer, however long the disk makes us try; until then it lives in memory."""
        loop = asyncio.get_running_loop()
        stored: asyncio.Future[None] = loop.create_future()
        self._ended[answer_id] = (live, stored)
        if self._storing is None or self._storing.done():
            self._storing = loop.create_task(self._store_ended())
        await stored

    def forget(self, answer_id: str) -> None:
        self._saved.pop(answer_id, None)
        self.not_before.pop(answer_id, None)

    def cancel(self) -> list[asyncio.Task[None]]:
        """The loop ends: nothing more is stored. Returns what has to be waited for."""
        if self._storing is None:
            return []
        self._storing.cancel()
        return [self._storing]

    def close(self) -> None:
        self._writer.shutdown(wait=True)

    async def _store_ended(self) -> None:
        """Write what has ended until nothing is left: one commit for all that ended during the last."""
        wait = 0.2
        while self._ended:
            group = {answer_id: live for answer_id, (live, _) in self._ended.items()}
            try:
                await self.writing(lambda group=group: self._save(group))  # type: ignore[misc]
            except Exception as exc:
                stored = set[str]()
                if isinstance(exc, LookupError) and len(group) > 1:
                    # One that has no record must not keep the others from theirs.
                    stored = await self.writing(lambda group=group: self._save_each(group))  # type: ignore[misc]
                log.error("%d answers could not be stored: %s", len(group) - len(stored), type(exc).__name__)
                self.trouble = _not_stored(exc)
                for answer_id in group.keys() - stored:
                    group[answer_id].trouble(self.trouble)
                self._stored({answer_id: group[answer_id] for answer_id in stored})
                await asyncio.sleep(wait)
                wait = min(wait * 2, 5.0)
            else:
                wait, self.trouble = 0.2, None
                self._stored(group)
                if len(group) > 1 or self._ended:
                    await asyncio.sleep(GATHER)

    def _stored(self, group: Mapping[str, LiveAnswer]) -> None:
        for answer_id, live in group.items():
            _, waited_for = self._ended.pop(answer_id)
            self._let_go(answer_id)
            live.mark_stored()
            if not waited_for.done():
                waited_for.set_result(None)

    def _save(self, group: Mapping[str, LiveAnswer]) -> None:
        self._store.save_answers({answer_id: live.answer for answer_id, live in group.items()})

    def _save_each(self, group: Mapping[str, LiveAnswer]) -> set[str]:
        stored = set()
        for answer_id, live in group.items():
            with contextlib.suppress(LookupError):
                self._store.save_answers({answer_id: live.answer})
                stored.add(answer_id)
        return stored

    async def save_regularly(self) -> None:
        """Write what has grown since, for ever."""
        loop, took = asyncio.get_running_loop(), 0.0
        while True:
            # With very many answers saving takes its time: never more than a tenth of ours.
            await asyncio.sleep(max(SAVE_EVERY, 9 * took))
            # A copy: scripts put new answers in while this looks.
            growing = {
                answer_id: live
                for answer_id, live in list(self._live.items())
                if not live.status.over
                and live.version != self._saved.get(answer_id, 0)
                and self.not_before.get(answer_id, 0.0) <= loop.time()
            }
            if not growing:
                continue
            began = loop.time()
            versions = {answer_id: live.version for answer_id, live in growing.items()}
            try:
                await self.writing(lambda growing=growing: self._save_progress(growing))  # type: ignore[misc]
                self._saved.update(versions)
            except Exception as exc:
                log.warning("text so far could not be stored: %s", type(exc).__name__)
            took = loop.time() - began

    def _save_progress(self, growing: Mapping[str, LiveAnswer]) -> None:
        states = {answer_id: live.snapshot() for answer_id, live in growing.items()}
        self._store.save_progress({key: answer for key, answer in states.items() if not answer.status.over})


def _not_stored(exc: Exception) -> Message:
    if isinstance(exc, UnderstudyError):
        return Message("This answer is not stored yet: {reason} {remedy}", reason=exc.message, remedy=exc.remedy)
    return Message("This answer is not stored yet ({reason}); it is tried again.", reason=type(exc).__name__)
