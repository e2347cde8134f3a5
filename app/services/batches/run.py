"""One batch while this process runs it: fed and asked until nothing is left or it is to end."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from decimal import Decimal

from app.domain.answers import Answer, Status
from app.domain.batch_store import BatchStore
from app.domain.batches import BatchRecord, BatchState, Cause, Tally, Why
from app.domain.chat import ChatRequest, Provider
from app.domain.message import Message
from app.domain.models import Capabilities, ModelRef
from app.services.batches.asking import Asking, broke
from app.services.batches.feeding import Begun, Feeding
from app.services.batches.judging import Doubts, Fate
from app.services.batches.lane import Ask, Backoff, Lane
from app.services.batches.lease import LOOK, Lease
from app.services.batches.outlook import seconds_left, waits_for
from app.services.batches.purse import Purse
from app.services.comparing.runs import RunEngine

log = logging.getLogger(__name__)

LOCAL = "local"


@dataclass(frozen=True, slots=True)
class Cast:
    """Who takes part, by contestant, and the most that a request costs."""

    providers: Sequence[Provider]
    accepts: Mapping[ModelRef, Capabilities]
    worst: Callable[[int, ChatRequest], Decimal]


class BatchRun:
    """Methods on the run engine's loop only, but for `record`, which may be read from any thread."""

    def __init__(
        self,
        record: BatchRecord,
        tallies: Sequence[Tally],
        cast: Cast,
        feeding: Callable[[Callable[[], bool]], Feeding],
        store: BatchStore,
        engine: RunEngine,
        owner: str,
        backoff: Backoff,
    ) -> None:
        plan = record.plan
        self._record, self._cast, self._engine = record, cast, engine
        self._lane_of = [_lane_of(record, n, cast) for n in range(len(plan.contestants))]
        lanes = {
            name: Lane(1, backoff, same_model_first=True) if name == LOCAL else Lane(plan.concurrency, backoff)
            for name in self._lane_of
        }
        self.purse = Purse(plan.budget_usd, record.progress.spent_usd or Decimal(0))
        doubts = Doubts(len(plan.contestants))
        for tally in tallies:
            if tally.done > tally.cached:
                doubts.prove(tally.contestant)
        self.asking = Asking(
            engine, lanes, self.purse, doubts, over=self._over, pause=self.pause, changed=self._look_on
        )
        self._lease = Lease(record, owner, store, self.asking)
        self._feeding = feeding(lambda: self.wanted is BatchState.RUNNING)
        self._feeder: asyncio.Task[None] | None = None
        self._open: dict[int, int] = {}
        self._ahead = 2 * plan.concurrency
        self._counts = record.progress
        self._over_by_contestant = [t.done + t.failed for t in tallies]
        self._finished = asyncio.Event()
        self.wanted = BatchState.RUNNING
        self.reason: Why | None = None

    @property
    def record(self) -> BatchRecord:
        """As it stands this moment."""
        spent = self.purse.spent
        progress = replace(
            self._counts,
            running=self.asking.running,
            spent_usd=spent if spent or self._record.progress.spent_usd is not None else self._counts.spent_usd,
            seconds_left=self._seconds_left(),
        )
        reason = self.reason or self._waits_for()
        if reason is None and self.wanted is not BatchState.RUNNING:
            reason = Why(Cause.FINISHING, Message("Waiting for the answers under way."))
        return replace(self._record, state=BatchState.RUNNING, progress=progress, reason=reason)

    # The whole of it

    async def run(self, opened: Sequence[Begun]) -> None:
        """Ask what is open, then what is pending; ends when the batch is nobody's any more."""
        keeper = asyncio.create_task(self._hold())
        try:
            for begun in opened:
                self._put(begun, opened=True)
            self.asking.pump()
            self._look_on()
            await self._finished.wait()
        finally:
            keeper.cancel()
            await self._lease.leave(self._engine, lambda: (self.wanted, self.reason))

    def pause(self, why: Why | None = None) -> None:
        """Send nothing more; what is under way is waited for."""
        if self.wanted is BatchState.RUNNING:
            self.wanted, self.reason = BatchState.PAUSED, why
            self.asking.halt()
            self._look_on()

    def stop(self) -> None:
        """Break off what is under way; nothing more is asked, ever."""
        self.wanted, self.reason = BatchState.STOPPED, None
        self.asking.cancel(leaving=False)
        self._look_on()

    def leave(self) -> None:
        """This process ends: what is under way is asked again by whoever resumes."""
        self.wanted = BatchState.INTERRUPTED
        self.asking.cancel(leaving=True)
        self._look_on()

    @property
    def _comparisons(self) -> int:
        """Those that are being asked; one that waits for others to be judged keeps nobody from these."""
        return len(self._open) - self.asking.doubts.waiting

    def _look_on(self) -> None:
        """Something changed: feed, decide about doubts, see whether it is over."""
        going = self.wanted is BatchState.RUNNING
        feeding = self._feeder is not None
        if going and not feeding and not self._feeding.empty and self._comparisons * 2 <= self._ahead:
            self._feeder = asyncio.get_running_loop().create_task(self._feed())
        elif going and not feeding and self._feeding.empty:
            if self.asking.doubting:
                self.asking.doubts.settle(Fate.KEEP)
            elif self.asking.idle and not self.asking.queued:
                self.wanted = BatchState.DONE
        if self.wanted is not BatchState.RUNNING and self._feeder is None and self.asking.idle:
            self._finished.set()

    async def _feed(self) -> None:
        try:
            # What waited to be judged when this was begun may not wait any more: there can be more than enough.
            begun, refused = await self._feeding.some(max(1, self._ahead - self._comparisons))
        except Exception as exc:
            log.exception("a batch could not be fed")
            self.pause(broke(exc))
        else:
            for one in begun:
                self._put(one)
            contestants = len(self._cast.providers)
            self._counts = replace(self._counts, failed=self._counts.failed + refused * contestants)
            self._over_by_contestant = [n + refused for n in self._over_by_contestant]
            if self._feeding.lost:
                self._lose()
            if self._feeding.given_up and self._feeding.trouble is not None:
                self.pause(self._feeding.trouble)
        self._feeder = None
        self.asking.pump()
        self._look_on()

    def _put(self, begun: Begun, *, opened: bool = False) -> None:
        for position, answer_id in enumerate(begun.answer_ids):
            if answer_id is None:
                if not opened:
                    self._count(position, Status.DONE, copied=True)
                continue
            request = begun.prepared.requests[position]
            self._open[begun.item.position] = self._open.get(begun.item.position, 0) + 1
            self.asking.put(
                Ask(
                    answer_id,
                    begun.item.position,
                    position,
                    self._lane_of[position],
                    self._cast.providers[position],
                    request,
                    self._cast.worst(position, request),
                    begun.prepared.notices,
                )
            )

    def _over(self, ask: Ask, answer: Answer) -> None:
        self._open[ask.item] -= 1
        if not self._open[ask.item]:
            del self._open[ask.item]
        if answer.cost_usd is not None and self._counts.spent_usd is None:
            self._counts = replace(self._counts, spent_usd=Decimal(0))
        self._count(ask.contestant, answer.status)

    def _count(self, contestant: int, status: Status, *, copied: bool = False) -> None:
        c = self._counts
        self._over_by_contestant[contestant] += 1
        self._counts = replace(
            c,
            done=c.done + (status is Status.DONE),
            stopped=c.stopped + (status is Status.CANCELLED),
            failed=c.failed + (status not in (Status.DONE, Status.CANCELLED)),
            cached=c.cached + copied,
        )

    # What others see and ask

    def _waits_for(self) -> Why | None:
        if self.wanted is not BatchState.RUNNING:
            return None
        return waits_for(self._engine.trouble, self._feeding.trouble, self.asking.lanes)

    def _seconds_left(self) -> float | None:
        if self.wanted is not BatchState.RUNNING or not self._counts.left:
            return None
        each = self._counts.answers // len(self._lane_of)
        return seconds_left(each, self._over_by_contestant, self._lane_of, self.asking.lanes)

    async def _hold(self) -> None:
        while True:
            await asyncio.sleep(LOOK)
            asked = await self._lease.look(self.reason or self._waits_for())
            if self._lease.lost:
                self._lose()
            elif asked == "pause":
                self.pause()
            elif asked == "stop" and self.wanted is not BatchState.STOPPED:
                self.stop()
            if self._engine.trouble is None:
                self.asking.pump()  # storing works again

    def _lose(self) -> None:
        log.warning("a batch is run by somebody else now")
        self._lease.lost = True
        self.leave()


def _lane_of(record: BatchRecord, contestant: int, cast: Cast) -> str:
    """Each endpoint has one; all that may share a machine have one together where answers come one at a time."""
    model = record.plan.contestants[contestant].model
    if record.plan.start == "one_at_a_time" and cast.accepts[model].local:
        return LOCAL
    return model.provider
