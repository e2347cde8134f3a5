"""Batches: a question set put to contestants — planned, estimated, run, paused, resumed, looked at."""

from __future__ import annotations

import concurrent.futures
import os
import socket
import threading
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import replace
from datetime import UTC, datetime
from decimal import Decimal
from functools import partial

from app.domain.batch_store import BatchStore
from app.domain.batches import BatchPlan, BatchRecord, BatchState, Failure, Tally, TermsSet, VerdictTerms, was_rated
from app.domain.errors import UnderstudyError, UserError
from app.domain.message import Message
from app.domain.questions import QuestionSet
from app.services.batches.checks import check_plan, check_terms
from app.services.batches.estimate import BatchEstimate
from app.services.batches.lease import LEASE
from app.services.batches.run import BatchRun
from app.services.batches.starting import Starting
from app.services.comparing.runs import RunEngine

DEFAULT_TERMS = VerdictTerms()
CLOSING = 10.0  # seconds that running batches get to be left when the process ends


class Batches:
    """Safe to call from any thread; no method waits for an answer but `wait`. Ids may be shortened.

    Each method that takes an id raises UserError for one that is unknown.
    """

    def __init__(
        self,
        store: BatchStore,
        starting: Starting,
        engine: RunEngine,
        check_collection: Callable[[str], object],
        owner: str,
        alive: Callable[[str], bool],
    ) -> None:
        """`owner` is this process; `alive` tells whether another one still runs; `check_collection` raises
        UserError for a collection that is not there."""
        self._store, self._made, self._engine = store, starting, engine
        self._check_collection = check_collection
        self._owner, self._alive = owner, alive
        self._runs: dict[str, tuple[BatchRun, concurrent.futures.Future[None]]] = {}
        # One for the table of runs, held for a moment; one for starting, which asks servers and the database.
        self._lock, self._starting = threading.Lock(), threading.Lock()

    # Before it starts

    def create(self, plan: BatchPlan, terms: VerdictTerms = DEFAULT_TERMS) -> BatchRecord:
        """Store what is to be done, and what the verdict will ask. Raises UserError for what cannot be done."""
        asked = self._made.questions(plan)
        plan = replace(plan, question_set=asked.name, version=asked.version)
        check_plan(plan, asked)
        check_terms(terms, len(plan.contestants))
        if plan.collection:
            self._check_collection(plan.collection)
        self._made.check(plan)
        return self._store.add(plan, terms)

    def estimate(self, plan: BatchPlan) -> BatchEstimate:
        """Blocks for as long as a few searches and the counting of every prompt take."""
        asked = self._made.questions(plan)
        check_plan(plan, asked)
        return self._made.estimate(plan, asked)

    def set_terms(self, batch_id: str, terms: VerdictTerms) -> None:
        """Ask something else of the verdict from now on; that it was changed, and after how many votes, stays."""
        record = self.get(batch_id)
        check_terms(terms, len(record.plan.contestants))
        self._store.set_terms(record.id, terms)

    def terms(self, batch_id: str) -> Sequence[TermsSet]:
        """All that were ever set, the oldest first."""
        return self._store.terms(self.get(batch_id).id)

    # Running it

    def start(self, batch_id: str, budget_usd: Decimal | None = None) -> BatchRecord:
        """Run it here from where it stands. `budget_usd` takes the place of the budget that it had.

        Raises UserError when it is over, or when another process runs it.
        """
        return self._set_going(batch_id, budget_usd)

    resume = start

    def retry(self, batch_id: str, budget_usd: Decimal | None = None) -> BatchRecord:
        """Ask the answers again that failed in a batch that is done and that nobody has rated; nothing else is asked.

        Whoever knows the votes could choose by it which questions the verdict is on. Answers that were cut,
        refused or empty stand. Raises UserError as `start` does, when it was rated, and when none failed.
        """
        return self._set_going(batch_id, budget_usd, failed=True)

    def _set_going(self, batch_id: str, budget_usd: Decimal | None, *, failed: bool = False) -> BatchRecord:
        with self._starting:
            record = self.get(batch_id)
            if self._here(record.id) is not None:
                return record
            if failed:
                self._check_retriable(record)
            else:
                self._check_startable(record)
            budget = record.plan.budget_usd if budget_usd is None else budget_usd
            self._made.check(replace(record.plan, budget_usd=budget))
            if not self._take(record, f"{socket.gethostname()}, pid {os.getpid()}", done=failed):
                raise _run_by_another(self._store.get(record.id))
            # Until its answers are open the owner that was killed over it stays on record, and with it what that
            # one may have spent; from then on that is written off, and a batch that was done has some to ask.
            back = [record]
            begun = replace(record, state=BatchState.INTERRUPTED if failed else record.state, owner=None)
            try:
                if budget_usd is not None:
                    self._store.set_budget(record.id, budget_usd)
                run, opened = self._made.run_of(
                    record, failed=failed, reopened=lambda: back.append(replace(begun, lease_until=None))
                )
            except BaseException:
                self._store.give_back(back[-1], self._owner)
                raise
            future = self._engine.spawn(run.run(opened))
            with self._lock:
                self._runs[record.id] = (run, future)
        future.add_done_callback(partial(self._ended, record.id))
        return run.record

    def pause(self, batch_id: str) -> None:
        """Ask nothing more; answers under way are waited for. Wherever it runs."""
        record = self.get(batch_id)
        if (run := self._here(record.id)) is not None:
            self._engine.call(_call(run.pause))
        elif record.state is BatchState.RUNNING:
            self._store.ask(record.id, "pause")

    def stop(self, batch_id: str) -> None:
        """Break it off for good; what was answered is kept. Wherever it runs."""
        record = self.get(batch_id)
        if (run := self._here(record.id)) is not None:
            self._engine.call(_call(run.stop))
        elif record.state is BatchState.RUNNING:
            self._store.ask(record.id, "stop")
        elif not record.state.over and self._take(record, ""):
            with suppress(UnderstudyError):  # who cannot tell what it may have cost can stop it all the same
                self._store.write_off(record.id, self._made.at_stake(record))
            self._store.cancel(record.id)
            self._store.leave(record.id, self._owner, BatchState.STOPPED, None)

    def wait(self, batch_id: str, timeout: float | None = None) -> BatchRecord:
        """Block while it runs in this process. TimeoutError after `timeout` seconds."""
        record = self.get(batch_id)
        with self._lock:
            running = self._runs.get(record.id)
        if running is not None:
            try:
                running[1].result(timeout)
            except concurrent.futures.TimeoutError:
                raise TimeoutError from None
            except concurrent.futures.CancelledError:
                pass
        return self.get(record.id)

    def close(self) -> None:
        """Leave what runs here to whoever resumes it: this process ends."""
        with self._lock:
            running = list(self._runs.values())
        for run, _ in running:
            self._engine.call(_call(run.leave))
        concurrent.futures.wait([future for _, future in running], CLOSING)

    # Looking at it

    def get(self, batch_id: str) -> BatchRecord:
        """As it stands this moment."""
        if (run := self._here(batch_id)) is not None:
            return run.record
        record = self._store.get(batch_id)
        run = self._here(record.id)
        return run.record if run is not None else self._seen(record)

    status = get

    def list(self, limit: int = 50, offset: int = 0) -> Sequence[BatchRecord]:
        """The newest first."""
        found = []
        for record in self._store.list(limit, offset):
            run = self._here(record.id)
            found.append(run.record if run is not None else self._seen(record))
        return tuple(found)

    def tallies(self, batch_id: str) -> Sequence[Tally]:
        """How each contestant fares, by position."""
        return self._store.tallies(self.get(batch_id).id)

    def failures(self, batch_id: str, limit: int = 200) -> Sequence[Failure]:
        """Answers that are over and not complete, with why."""
        return self._store.failures(self.get(batch_id).id, limit)

    def questions(self, record: BatchRecord) -> QuestionSet:
        return self._made.questions(record.plan)

    def rated(self, batch_id: str) -> bool:
        """Whether anybody has rated it: its failed answers are not asked again any more."""
        return self._store.rated(self.get(batch_id).id)

    # How

    def _here(self, batch_id: str) -> BatchRun | None:
        with self._lock:
            running = self._runs.get(batch_id)
        return running[0] if running else None

    def _ended(self, batch_id: str, _: concurrent.futures.Future[None]) -> None:
        with self._lock:
            self._runs.pop(batch_id, None)

    def _seen(self, record: BatchRecord) -> BatchRecord:
        """A batch whose process is gone is interrupted, whatever that process said last."""
        if record.state is not BatchState.RUNNING or self._held(record):
            return record
        progress = replace(record.progress, running=0, seconds_left=None)
        return replace(record, state=BatchState.INTERRUPTED, progress=progress, reason=None)

    def _take(self, record: BatchRecord, runner: str, *, done: bool = False) -> bool:
        return self._store.take(record.id, record.owner, self._owner, runner, datetime.now(UTC) + LEASE, done=done)

    def _held(self, record: BatchRecord) -> bool:
        if record.owner is None or record.lease_until is None or record.lease_until < datetime.now(UTC):
            return False
        return record.owner != self._owner and self._alive(record.owner)

    def _check_startable(self, record: BatchRecord) -> None:
        if record.state.over:
            raise UserError(
                Message("This batch is over."), Message("Make a new one; what was answered stays with this one.")
            )
        if record.state is BatchState.RUNNING:
            raise _run_by_another(record)

    def _check_retriable(self, record: BatchRecord) -> None:
        if record.state is BatchState.RUNNING:
            raise _run_by_another(record)
        if record.state is not BatchState.DONE:
            raise UserError(
                Message("Only a batch that is done asks its failed answers again."),
                Message("Let it finish first: python -m app batch resume {id}", id=record.id)
                if not record.state.over
                else Message("Make a new one; what was answered stays with this one."),
            )
        if not record.progress.retriable:
            raise UserError(
                Message("No answer of this batch can be asked again."),
                Message("Answers that were cut, refused or empty stand: they are what the model had to say."),
            )
        if self._store.rated(record.id):
            raise was_rated()


async def _call(deed: Callable[[], None]) -> None:
    deed()


def _run_by_another(record: BatchRecord) -> UserError:
    return UserError(
        Message("Batch {id} is being run by another process: {who}.", id=record.id, who=record.runner or "?"),
        Message("Watch it: python -m app batch status {id}", id=record.id),
    )
