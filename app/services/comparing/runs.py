"""The run engine: one event loop in a background thread that talks to the models.

A run is detached from the screen. Panes find its buffers by answer id; closing a tab stops nothing.
"""

from __future__ import annotations

import asyncio
import concurrent.futures
import logging
import threading
from collections.abc import Callable, Coroutine, Sequence
from dataclasses import dataclass, replace
from typing import TypeVar

from app.domain.answers import Status
from app.domain.chat import ChatRequest, Provider
from app.domain.comparisons import StartMode
from app.domain.errors import AnswerError, Fault, ProviderError
from app.domain.message import Message
from app.domain.store import RunStore
from app.services.comparing.answering import Answering
from app.services.comparing.keeping import Keeper
from app.services.comparing.live import LiveAnswer

log = logging.getLogger(__name__)
T = TypeVar("T")

# Threads for what blocks: searches of several batches must not keep addresses from being looked up, nor leases
# from being renewed. Python's own number is six on two cores.
THREADS = 32

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
        self._live: dict[str, LiveAnswer] = {}
        self._tasks: dict[str, asyncio.Task[None]] = {}
        self._keeper = Keeper(store, self._live, self.drop)
        self._loop = asyncio.new_event_loop()
        self._loop.set_default_executor(concurrent.futures.ThreadPoolExecutor(THREADS, "understudy-blocking"))
        self._thread = threading.Thread(target=self._serve, name="understudy-runs", daemon=True)
        self._started = threading.Event()
        self._closed = False

    def start(self) -> None:
        self._thread.start()
        self._started.wait()

    def _serve(self) -> None:
        asyncio.set_event_loop(self._loop)
        self._loop.call_soon(self._started.set)
        saver = self._loop.create_task(self._keeper.save_regularly())
        self._loop.run_forever()
        saver.cancel()
        self._loop.run_until_complete(asyncio.gather(saver, *self._keeper.cancel(), return_exceptions=True))
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
        await self._keeper.keep(job.answer_id, job.live)

    # For whoever asks many and decides about each: on the loop only.

    async def ask(self, job: Job) -> ProviderError | None:
        """Ask once, without asking again; the answer is in the job's buffer. Follow it with `keep` or `drop`.

        Returns what the provider failed with. Cancelled as any answer is, by `stop`.
        """
        task = asyncio.current_task()
        assert task is not None
        self._live[job.answer_id], self._tasks[job.answer_id] = job.live, task
        self._keeper.not_before[job.answer_id] = self._loop.time() + SLOW
        return await self._answering.answer(job.provider, job.request, job.live, attempts=1)

    def drop(self, answer_id: str) -> None:
        """Forget what came of an answer: it is asked anew."""
        self._live.pop(answer_id, None)
        self._tasks.pop(answer_id, None)
        self._keeper.forget(answer_id)

    async def keep(self, job: Job) -> None:
        """Store a finished answer, however long the disk makes us try; until then it lives in memory."""
        await self._keeper.keep(job.answer_id, job.live)

    async def writing(self, work: Callable[[], T]) -> T:
        """Run `work` in the thread that writes answers, so that it never waits for a lock that they hold."""
        return await self._keeper.writing(work)

    @property
    def trouble(self) -> Message | None:
        """Why finished answers cannot be stored at this moment."""
        return self._keeper.trouble

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
        self._keeper.close()


def _broken(exc: Exception) -> AnswerError:
    return AnswerError(
        Fault.INTERNAL,
        Message("Something broke inside Understudy: {detail}", detail=type(exc).__name__),
        Message("Ask again; if it happens twice, report it with this text."),
    )
