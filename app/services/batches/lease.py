"""Whose a running batch is: the lease renewed, what others ask of it heard, and its end stored.

On the run engine's loop; the store is asked in threads.
"""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import Callable
from contextlib import suppress
from datetime import UTC, datetime, timedelta

from app.domain.batch_store import BatchStore
from app.domain.batches import BatchRecord, BatchState, Request, Why
from app.services.batches.asking import Asking
from app.services.comparing.runs import RunEngine

log = logging.getLogger(__name__)

LEASE = timedelta(seconds=60)
RENEW, LOOK = 15.0, 1.0  # seconds between two renewals of the lease, two looks at what others ask
LEAVING = 5.0  # seconds that storing the end of a batch may take


class Lease:
    """`lost` says that the batch is somebody else's: then nothing more of it is stored here."""

    def __init__(self, record: BatchRecord, owner: str, store: BatchStore, asking: Asking) -> None:
        self._batch, self._owner, self._store, self._asking = record.id, owner, store, asking
        self._told = record.reason
        self._renewed = time.monotonic()
        self.lost = False

    async def look(self, reason: Why | None) -> Request | None:
        """Renew it when it is time, and tell others that the batch waits; returns what they ask of it."""
        now = time.monotonic()
        until = datetime.now(UTC) + LEASE if now - self._renewed >= RENEW else None
        try:
            ours, asked = await asyncio.to_thread(self._store.beat, self._batch, self._owner, until)
            if ours and (reason is None) != (self._told is None):
                await asyncio.to_thread(self._store.note, self._batch, self._owner, reason)
                self._told = reason
            await self._write_off()
        except Exception as exc:
            log.warning("a batch's lease could not be renewed: %s", type(exc).__name__)
            # The database is away from everybody, or full: nobody else takes it before the lease is over.
            ours, asked = now - self._renewed < LEASE.total_seconds(), None
        else:
            self._renewed = now if until is not None else self._renewed
        self.lost = self.lost or not ours
        return asked

    async def _write_off(self) -> None:
        """On record while it runs: whoever resumes after a kill -9 must know what was spent for nothing."""
        lost = self._asking.take_lost()
        if not lost:
            return
        try:
            await asyncio.to_thread(self._store.write_off, self._batch, lost)
        except Exception:
            self._asking.lost += lost
            raise

    async def leave(self, engine: RunEngine, end: Callable[[], tuple[BatchState, Why | None]]) -> None:
        """It is nobody's from now on, and stands as `end` says; tried until it is stored or takes too long."""
        if self.lost:
            return
        with suppress(TimeoutError):
            async with asyncio.timeout(LEAVING):
                while True:
                    try:
                        await engine.writing(lambda: self._store_end(*end()))
                        return
                    except Exception as exc:
                        log.error("the end of a batch could not be stored: %s", type(exc).__name__)
                        await asyncio.sleep(0.5)

    def _store_end(self, state: BatchState, reason: Why | None) -> None:
        if lost := self._asking.lost:
            self._store.write_off(self._batch, lost)
            self._asking.take_lost()
        if state is BatchState.STOPPED:
            self._store.cancel(self._batch)
        self._store.leave(self._batch, self._owner, state, reason)
