"""The run engine: one event loop in a background thread that talks to the models.

A run is detached from the screen. Panes find its buffers by answer id; closing a tab stops nothing.
"""

from __future__ import annotations

import asyncio
import concurrent.futures
import contextlib
import logging
import threading
from collections.abc import Callable, Coroutine, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import TypeVar

from app.domain.answers import Status
from app.domain.chat import ChatRequest, Provider
from app.domain.comparisons import StartMode
from app.domain.errors import AnswerError, Fault, ProviderError, UnderstudyError
from app.domain.message import Message
from app.domain.store import RunStore
from app.services.answering import Answering
from app.services.live import LiveAnswer

log = logging.getLogger(__name__)
T = TypeVar("T")

# How often unfinished text goes to disk: what a kill -9 can cost.
SAVE_EVERY = 0.5
# Where many answers end at once they are stored together: how long the first of them waits.
GATHER = 0.01
# What is asked anew after a kill -9 is not worth writing half: not before it has taken so long.
SLOW = 2.0


@dataclass(frozen=True, slots=True)
class Job:
    """One answer to get: where its record is, whom to ask, and what."""

    answer_id: str
    provider: Provider
    request: ChatRequest
    live: LiveAnswer


class RunEngine:
    """Owns the loop, the tasks and the buffers of running answers. Safe to call from any thread."""

    def __init__(self, answering: Answering, store: RunStore) -> None:
        self._answering = answering
        self._store = store
        self._live: dict[str, LiveAnswer] = {}
        self._tasks: dict[str, asyncio.Task[None]] = {}
        self._saved: dict[str, int] = {}
        self._patient: dict[str, float] = {}
        self._ended: dict[str, tuple[LiveAnswer, asyncio.Future[None]]] = {}
        self._storing: asyncio.Task[None] | None = None
        self._trouble: Message | None = None
        # One writer thread: an answer's states reach the database in the order they happened.
        self._writer = concurrent.futures.ThreadPoolExecutor(1, thread_name_prefix="understudy-writer")
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._serve, name="understudy-runs", daemon=True)
        self._started = threading.Event()
        self._closed = False

    def start(self) -> None:
        self._thread.start()
        self._started.wait()

    def _serve(self) -> None:
        asyncio.set_event_loop(self._loop)
        self._loop.call_soon(self._started.set)
        saver = self._loop.create_task(self._save_regularly())
        self._loop.run_forever()
        ending = [task for task in (saver, self._storing) if task is not None]
        for task in ending:
            task.cancel()
        self._loop.run_until_complete(asyncio.gather(*ending, return_exceptions=True))
        self._loop.run_until_complete(self._loop.shutdown_asyncgens())
        self._loop.close()

    def call(self, work: Coroutine[object, object, T], timeout: float | None = None) -> T:
        """Run a coroutine on the loop and wait for it; TimeoutError cancels it."""
        future = asyncio.run_coroutine_threadsafe(work, self._loop)
        try:
            return future.result(timeout)
        except concurrent.futures.TimeoutError:
            future.cancel()
            raise TimeoutError from None

    def spawn(self, work: Coroutine[object, object, T]) -> concurrent.futures.Future[T]:
        """Run a coroutine on the loop without waiting."""
        return asyncio.run_coroutine_threadsafe(work, self._loop)

    def submit(self, jobs: Sequence[Job], start: StartMode = "together") -> None:
        """Start answering. The buffers can be read from the moment this returns."""
        for job in jobs:
            self._live[job.answer_id] = job.live
        self._loop.call_soon_threadsafe(self._begin, tuple(jobs), start)

    def _begin(self, jobs: Sequence[Job], start: StartMode) -> None:
        before: asyncio.Event | None = None
        for job in jobs:
            answered = asyncio.Event()
            self._tasks[job.answer_id] = self._loop.create_task(self._run(job, before, answered))
            before = answered if start == "one_at_a_time" else None

    async def _run(self, job: Job, before: asyncio.Event | None, answered: asyncio.Event) -> None:
        try:
            if before is not None:
                await before.wait()
            await self._answering.answer(job.provider, job.request, job.live)
        except asyncio.CancelledError:
            # Stopped while it waited for its turn.
            job.live.finish(replace(job.live.snapshot(), status=Status.CANCELLED))
        except Exception as exc:
            log.exception("an answer broke the engine")
            job.live.finish(replace(job.live.snapshot(), status=Status.FAILED, error=_broken(exc)))
        answered.set()
        await self.keep(job)

    # For whoever asks many and decides about each: on the loop only.

    async def ask(self, job: Job) -> ProviderError | None:
        """Ask once, without asking again; the answer is in the job's buffer. Follow it with `keep` or `drop`.

        Returns what the provider failed with. Cancelled as any answer is, by `stop`.
        """
        task = asyncio.current_task()
        assert task is not None
        self._live[job.answer_id], self._tasks[job.answer_id] = job.live, task
        self._patient[job.answer_id] = self._loop.time() + SLOW
        return await self._answering.answer(job.provider, job.request, job.live, attempts=1)

    def drop(self, answer_id: str) -> None:
        """Forget what came of an answer: it is asked anew."""
        for kept in (self._live, self._tasks, self._saved, self._patient):
            kept.pop(answer_id, None)

    async def keep(self, job: Job) -> None:
        """Store a finished answer, however long the disk makes us try; until then it lives in memory."""
        stored: asyncio.Future[None] = self._loop.create_future()
        self._ended[job.answer_id] = (job.live, stored)
        if self._storing is None or self._storing.done():
            self._storing = self._loop.create_task(self._store_ended())
        await stored

    async def writing(self, work: Callable[[], T]) -> T:
        """Run `work` in the thread that writes answers, so that it never waits for a lock that they hold."""
        return await self._loop.run_in_executor(self._writer, work)

    @property
    def trouble(self) -> Message | None:
        """Why finished answers cannot be stored at this moment."""
        return self._trouble

    async def _store_ended(self) -> None:
        """Write what has ended until nothing is left: one commit for all that ended during the last."""
        wait = 0.2
        while self._ended:
            group = {answer_id: live for answer_id, (live, _) in self._ended.items()}
            try:
                await self._loop.run_in_executor(self._writer, self._save, group)
            except Exception as exc:
                stored = set[str]()
                if isinstance(exc, LookupError) and len(group) > 1:
                    # One that has no record must not keep the others from theirs.
                    stored = await self._loop.run_in_executor(self._writer, self._save_each, group)
                log.error("%d answers could not be stored: %s", len(group) - len(stored), type(exc).__name__)
                self._trouble = _not_stored(exc)
                for answer_id in group.keys() - stored:
                    group[answer_id].trouble(self._trouble)
                self._let_go({answer_id: group[answer_id] for answer_id in stored})
                await asyncio.sleep(wait)
                wait = min(wait * 2, 5.0)
            else:
                wait, self._trouble = 0.2, None
                self._let_go(group)
                if len(group) > 1 or self._ended:
                    await asyncio.sleep(GATHER)

    def _let_go(self, stored: Mapping[str, LiveAnswer]) -> None:
        for answer_id, live in stored.items():
            _, waited_for = self._ended.pop(answer_id)
            self.drop(answer_id)
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

    async def _save_regularly(self) -> None:
        took = 0.0
        while True:
            # With very many answers saving takes its time: never more than a tenth of ours.
            await asyncio.sleep(max(SAVE_EVERY, 9 * took))
            # A copy: scripts put new answers in while this looks.
            growing = {
                answer_id: live
                for answer_id, live in list(self._live.items())
                if not live.status.over
                and live.version != self._saved.get(answer_id, 0)
                and self._patient.get(answer_id, 0.0) <= self._loop.time()
            }
            if not growing:
                continue
            began = self._loop.time()
            versions = {answer_id: live.version for answer_id, live in growing.items()}
            try:
                await self._loop.run_in_executor(self._writer, self._save_progress, growing)
                self._saved.update(versions)
            except Exception as exc:
                log.warning("text so far could not be stored: %s", type(exc).__name__)
            took = self._loop.time() - began

    def _save_progress(self, growing: Mapping[str, LiveAnswer]) -> None:
        states = {answer_id: live.snapshot() for answer_id, live in growing.items()}
        self._store.save_progress({key: answer for key, answer in states.items() if not answer.status.over})

    def live(self, answer_id: str) -> LiveAnswer | None:
        """The buffer of an answer that is running or not yet stored, else None: read the record then."""
        return self._live.get(answer_id)

    def wait(self, answer_ids: Sequence[str], timeout: float | None = None) -> None:
        """Block until these answers are over and stored; TimeoutError after `timeout` seconds."""

        async def ended() -> None:
            tasks = [task for answer_id in answer_ids if (task := self._tasks.get(answer_id))]
            if tasks:
                await asyncio.wait(tasks)

        self.call(ended(), timeout)

    def stop(self, answer_ids: Sequence[str]) -> None:
        """Cancel upstream. What has arrived is kept, with status cancelled."""

        self._loop.call_soon_threadsafe(self._cancel, tuple(answer_ids))

    def _cancel(self, answer_ids: Sequence[str]) -> None:
        for answer_id in answer_ids:
            task, live = self._tasks.get(answer_id), self._live.get(answer_id)
            # A finished answer is on its way to the disk: leave that alone.
            if task and live and not live.status.over:
                # After its first step: a task that is cancelled before it never gets to store anything.
                self._loop.call_soon(task.cancel)

    @property
    def busy(self) -> int:
        """How many answers are running."""
        return len(self._live)

    def close(self, providers: Sequence[Provider] = (), timeout: float = 5.0) -> None:
        """Cancel what runs, store it, let providers go, end the thread. Idempotent."""
        if self._closed or not self._thread.is_alive():
            return
        self._closed = True

        async def wind_up() -> None:
            running = list(self._tasks.values())
            self._cancel(list(self._tasks))
            if running:
                await asyncio.wait(running, timeout=timeout / 2)
            await asyncio.gather(*(p.aclose() for p in providers), return_exceptions=True)

        try:
            self.call(wind_up(), timeout)
        except TimeoutError:
            log.warning("some work did not end within %.0f s", timeout)
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join(timeout)
        self._writer.shutdown(wait=True)


def _broken(exc: Exception) -> AnswerError:
    return AnswerError(
        Fault.INTERNAL,
        Message("Something broke inside Understudy: {detail}", detail=type(exc).__name__),
        Message("Ask again; if it happens twice, report it with this text."),
    )


def _not_stored(exc: Exception) -> Message:
    if isinstance(exc, UnderstudyError):
        return Message("This answer is not stored yet: {reason} {remedy}", reason=exc.message, remedy=exc.remedy)
    return Message("This answer is not stored yet ({reason}); it is tried again.", reason=type(exc).__name__)
