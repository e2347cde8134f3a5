"""The asking side of a running batch: requests queue for their endpoints and are sent as these can bear it."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable
from decimal import Decimal

from app.domain.answers import Answer, Status
from app.domain.batches import Cause, Why
from app.domain.errors import Fault
from app.domain.message import Message
from app.services.batches.judging import Doubts, Fate, judge
from app.services.batches.lane import Ask, Lane
from app.services.batches.purse import Purse, at_most
from app.services.comparing.live import LiveAnswer
from app.services.comparing.runs import Job, RunEngine

log = logging.getLogger(__name__)

BUDGET_REACHED = Why(Cause.BUDGET, Message("The budget is reached: the next answer could pass it."))


def broke(exc: BaseException) -> Why:
    """What is said of a mistake of ours."""
    detail = type(exc).__name__
    return Why(Cause.INTERNAL, Message("Something broke inside Understudy: {detail}", detail=detail))


class Asking:
    """Everything on the run engine's loop. `over` is called with each answer once it is stored, `pause` with why
    nothing more should be asked, `changed` whenever something ended."""

    def __init__(
        self,
        engine: RunEngine,
        lanes: dict[str, Lane],
        purse: Purse,
        doubts: Doubts,
        *,
        over: Callable[[Ask, Answer], None],
        pause: Callable[[Why], None],
        changed: Callable[[], None],
    ) -> None:
        self._engine = engine
        self.lanes = lanes
        self._purse = purse
        self.doubts = doubts
        self._over, self._pause, self._changed = over, pause, changed
        self._tasks: set[asyncio.Task[None]] = set()
        self._under_way: dict[str, Ask] = {}
        self._timer: asyncio.TimerHandle | None = None
        self.going = True
        self.leaving = False
        self.lost = Decimal(0)

    @property
    def running(self) -> int:
        return len(self._under_way)

    @property
    def queued(self) -> int:
        return sum(len(lane.queue) for lane in self.lanes.values())

    @property
    def idle(self) -> bool:
        """Whether nothing is under way and all that ended is stored."""
        return not self._tasks

    @property
    def doubting(self) -> bool:
        """Whether all that is left is waiting for others to tell what their failures mean."""
        return bool(self._tasks) and not self.queued and len(self._tasks) == self.doubts.waiting

    def take_lost(self) -> Decimal:
        """What was spent for nothing since the last time, USD."""
        lost, self.lost = self.lost, Decimal(0)
        return lost

    def put(self, ask: Ask) -> None:
        """One more for its endpoint's queue; `pump` sends it."""
        self.lanes[ask.lane].queue.append(ask)

    def halt(self) -> None:
        """Send nothing more; what is under way goes on."""
        self.going = False
        if self._timer is not None:
            self._timer.cancel()
        self.doubts.settle(Fate.AGAIN)

    def cancel(self, *, leaving: bool) -> None:
        """Break off what is under way. `leaving`: it is asked again another time, so that nothing is stored of it."""
        self.halt()
        self.leaving = leaving
        self._engine.stop(list(self._under_way))

    def pump(self) -> None:
        """Send what may be sent now, and come back when an endpoint that is spared may be asked again."""
        if not self.going or self._engine.trouble is not None:
            return
        waits = []
        for lane in self.lanes.values():
            if lane.given_up and lane.trouble is not None:
                self._pause(Why(Cause.ENDPOINT, Message("{reason} It did not get better.", reason=lane.trouble)))
                return
            while (ask := lane.next()) is not None:
                if not self._purse.take(ask.worst):
                    lane.back(ask)
                    if self._purse.idle:
                        self._pause(BUDGET_REACHED)
                        return
                    break
                self._send(ask, lane)
            if lane.queue and lane.wait:
                waits.append(lane.wait)
        if waits:
            if self._timer is not None:
                self._timer.cancel()
            self._timer = asyncio.get_running_loop().call_later(min(waits) + 0.001, self.pump)

    def _send(self, ask: Ask, lane: Lane) -> None:
        task = asyncio.get_running_loop().create_task(self._ask(ask, lane))
        self._tasks.add(task)
        task.add_done_callback(self._ended)

    def _ended(self, task: asyncio.Task[None]) -> None:
        self._tasks.discard(task)
        if not task.cancelled() and (broken := task.exception()) is not None:
            log.error("a batch broke", exc_info=broken)
            self._pause(broke(broken))
        self._changed()

    async def _doubted(self, ask: Ask, kind: Fault) -> Fate:
        """Wait until the answers of others tell what this failure means."""
        if not self.going:
            return Fate.AGAIN
        told = self.doubts.tell(ask.contestant, kind)
        self.pump()
        self._changed()
        return await told

    async def _ask(self, ask: Ask, lane: Lane) -> None:
        job = Job(ask.answer_id, ask.provider, ask.request, LiveAnswer(ask.notices))
        self._under_way[ask.answer_id] = ask
        try:
            failure = await self._engine.ask(job)
        finally:
            del self._under_way[ask.answer_id]
            lane.running -= 1
        answer = job.live.answer
        cost = at_most(answer, ask.worst, failure)
        self._purse.settle(ask.worst, cost)
        fate = judge(ask, lane, answer, failure, proven=self.doubts.proven(ask.contestant))
        if answer.status in (Status.DONE, Status.TRUNCATED):
            self.doubts.prove(ask.contestant)
        if answer.status is Status.CANCELLED and self.leaving:
            fate = Fate.AGAIN
        if fate is Fate.DOUBT:
            assert answer.error is not None
            fate = await self._doubted(ask, answer.error.kind)
        if fate is Fate.PAUSE:
            assert answer.error is not None
            said = Message("{reason} {remedy}", reason=answer.error.message, remedy=answer.error.remedy)
            self._pause(Why(Cause.SETUP, said))
        if fate is Fate.KEEP:
            lane.ended()
            self.pump()
            self.lost += cost - (answer.cost_usd or Decimal(0))
            await self._engine.keep(job)
            self._over(ask, answer)
        else:
            self._engine.drop(ask.answer_id)
            self.lost += cost
            # Behind the others: where one request is what the server chokes on, they show that it lives.
            lane.queue.append(ask)
        self.pump()
