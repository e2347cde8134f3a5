"""The run engine: detached from whoever watches."""

import asyncio
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from decimal import Decimal

import pytest

from app.domain.answers import Status, Usage
from app.domain.chat import ChatRequest, Finished, TextDelta
from app.domain.models import ModelRef
from app.services.comparing.answering import Answering, Patience
from app.services.comparing.live import LiveAnswer
from app.services.comparing.runs import Job, RunEngine
from tests.unit.scripted import FOREVER, CentPrices, MemoryRuns, ScriptedProvider, WordTokens

SHORT = [TextDelta("Hi"), Finished("stop")]


@contextmanager
def running(store: MemoryRuns) -> Iterator[RunEngine]:
    engine = RunEngine(Answering(CentPrices(), WordTokens(), Patience()), store)
    engine.start()
    try:
        yield engine
    finally:
        engine.close()


def job(answer_id: str, provider: ScriptedProvider) -> Job:
    return Job(answer_id, provider, ChatRequest("one", ()), LiveAnswer())


def until(condition) -> None:  # type: ignore[no-untyped-def]
    deadline = time.monotonic() + 5
    while not condition():
        assert time.monotonic() < deadline, "waited 5 s in vain"
        time.sleep(0.005)


def test_a_finished_answer_is_stored_when_wait_returns() -> None:
    store = MemoryRuns()
    with running(store) as engine:
        engine.submit([job("a", ScriptedProvider(SHORT))])
        engine.wait(["a"], timeout=5)
        assert store.states["a"][-1].status is Status.DONE
        assert engine.live("a") is None


def test_answers_run_together() -> None:
    with running(MemoryRuns()) as engine:
        jobs = [job(name, ScriptedProvider([TextDelta("x"), FOREVER])) for name in "abc"]
        engine.submit(jobs)
        until(lambda: all(j.live.started for j in jobs))


def test_one_at_a_time_starts_the_next_only_when_the_last_is_over() -> None:
    with running(MemoryRuns()) as engine:
        first, second = job("a", ScriptedProvider([TextDelta("x"), FOREVER])), job("b", ScriptedProvider(SHORT))
        engine.submit([first, second], "one_at_a_time")
        until(lambda: first.live.started)
        assert second.live.status is Status.WAITING
        engine.stop(["a"])
        engine.wait(["a", "b"], timeout=5)
        assert second.live.status is Status.DONE


def test_stop_cancels_upstream_within_a_second_and_keeps_the_text() -> None:
    store, provider = MemoryRuns(), ScriptedProvider([TextDelta("So far"), FOREVER])
    with running(store) as engine:
        one = job("a", provider)
        engine.submit([one])
        until(lambda: one.live.started)
        engine.stop(["a"])
        engine.wait(["a"], timeout=1)
        assert (store.states["a"][-1].status, store.states["a"][-1].text) == (Status.CANCELLED, "So far")
        assert provider.released == 1


def test_stopping_one_that_waits_for_its_turn_never_asks_its_model() -> None:
    with running(MemoryRuns()) as engine:
        waiting = ScriptedProvider(SHORT)
        first, second = job("a", ScriptedProvider([TextDelta("x"), FOREVER])), job("b", waiting)
        engine.submit([first, second], "one_at_a_time")
        until(lambda: first.live.started)
        engine.stop(["a", "b"])
        engine.wait(["a", "b"], timeout=2)
        assert second.live.status is Status.CANCELLED and waiting.calls == []


def test_text_so_far_is_saved_while_the_answer_grows() -> None:
    store = MemoryRuns()
    with running(store) as engine:
        engine.submit([job("a", ScriptedProvider([TextDelta("Half"), FOREVER]))])
        until(lambda: any(s.text == "Half" and s.status is Status.RUNNING for s in store.states.get("a", [])))


def test_a_full_disk_loses_nothing() -> None:
    full = threading.Event()
    full.set()
    store = MemoryRuns(refuse=full.is_set)
    with running(store) as engine:
        one = job("a", ScriptedProvider(SHORT))
        engine.submit([one])
        until(lambda: one.live.status is Status.DONE)
        assert not one.live.stored and engine.live("a") is one.live
        full.clear()
        engine.wait(["a"], timeout=5)
        assert store.states["a"][-1].text == "Hi"


def test_closing_cancels_what_runs_and_stores_it() -> None:
    store = MemoryRuns()
    with running(store) as engine:
        one = job("a", ScriptedProvider([TextDelta("So far"), FOREVER]))
        engine.submit([one])
        until(lambda: one.live.started)
    assert store.states["a"][-1].status is Status.CANCELLED


def test_waiting_gives_up_in_time() -> None:
    with running(MemoryRuns()) as engine:
        engine.submit([job("a", ScriptedProvider([FOREVER]))])
        with pytest.raises(TimeoutError):
            engine.wait(["a"], timeout=0.05)


def test_stop_before_the_first_step_still_stores_a_cancelled_answer() -> None:
    store, provider = MemoryRuns(), ScriptedProvider([TextDelta("x"), FOREVER])
    with running(store) as engine:
        busy = threading.Event()
        engine.spawn(hold(busy))  # the loop is busy: submit and stop meet in one turn of it
        engine.submit([job("a", provider)])
        engine.stop(["a"])
        busy.set()
        engine.wait(["a"], timeout=5)
        assert store.states["a"][-1].status is Status.CANCELLED
        assert engine.live("a") is None


async def hold(until_set: threading.Event) -> None:
    until_set.wait(5)


def test_what_cannot_be_counted_is_still_stored() -> None:
    class Broken(CentPrices):
        def cost(self, model: ModelRef, usage: Usage, at: datetime, *, local: bool) -> Decimal | None:
            raise ZeroDivisionError

    store = MemoryRuns()
    engine = RunEngine(Answering(Broken(), WordTokens(), Patience()), store)
    engine.start()
    try:
        engine.submit([job("a", ScriptedProvider(SHORT))])
        engine.wait(["a"], timeout=5)
    finally:
        engine.close()
    assert (store.states["a"][-1].status, store.states["a"][-1].cost_usd) == (Status.DONE, None)


def test_an_answer_that_is_not_stored_yet_says_so_in_its_pane_and_not_in_its_record() -> None:
    full = threading.Event()
    full.set()
    store = MemoryRuns(refuse=full.is_set)
    with running(store) as engine:
        one = job("a", ScriptedProvider(SHORT))
        engine.submit([one])
        until(lambda: any("not stored yet" in str(n) for n in one.live.snapshot().notices))
        full.clear()
        engine.wait(["a"], timeout=5)
    assert store.states["a"][-1].notices == () and one.live.snapshot().notices == ()


def test_sixteen_slow_searches_keep_nobody_from_looking_up_an_address() -> None:
    over = threading.Event()

    async def looked_up() -> str:
        loop = asyncio.get_running_loop()
        searches = [asyncio.create_task(asyncio.to_thread(over.wait, 10)) for _ in range(16)]
        await asyncio.sleep(0)
        try:
            async with asyncio.timeout(5):
                return str((await loop.getaddrinfo("127.0.0.1", 80))[0][4][0])
        finally:
            over.set()
            await asyncio.gather(*searches)

    with running(MemoryRuns()) as engine:
        assert engine.call(looked_up(), 10) == "127.0.0.1"
