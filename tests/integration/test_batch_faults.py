"""A batch when things go wrong: limits, servers that die, setups that cannot work, disks that are full."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from app.domain.answers import Status
from app.domain.batches import BatchState
from app.domain.chat import ChatRequest, TextDelta
from app.domain.errors import Fault, UserError
from app.providers.openai import OpenAIProvider
from app.services.batches.lane import Backoff
from storage import problems
from tests.integration.batching import ANSWER, PATIENCE, Told, batch_world, failing, until
from tests.integration.storing import address
from tests.servers.base import free_port
from tests.servers.openai_server import OpenAIServer
from tests.unit.scripted import FOREVER, Step

# On a busy machine the requests that a test waits for take longer than QUICK gives an endpoint.
PATIENT = Backoff(first=0.02, longest=0.05, give_up=PATIENCE)
BUSY = failing(Fault.RATE_LIMITED, retryable=True)
AWAY = failing(Fault.UNREACHABLE, retryable=True)
CUT = failing(Fault.CUT_STREAM, retryable=True)


@pytest.fixture
def shared(tmp_path: Path) -> Iterator[str]:
    """A database for two processes."""
    with address(tmp_path) as url:
        yield url


def answers(world_answers: object) -> set[Status]:
    return {a.answer.status for c in world_answers for a in c.answers}  # type: ignore[attr-defined]


def test_a_rate_limit_loses_nothing(tmp_path: Path) -> None:
    told = Told("limited", lambda _, n: (BUSY,) if 4 <= n < 20 else ANSWER)
    with batch_world(tmp_path, told, questions=30) as w:
        record = w.run(concurrency=8)
        assert (record.progress.done, record.progress.failed) == (30, 0)


def test_while_a_server_refuses_one_request_at_a_time_looks_whether_it_is_well(tmp_path: Path) -> None:
    well = threading.Event()
    at_once: list[int] = []

    def script(_: ChatRequest, n: int) -> tuple[Step, ...]:
        if n < 8 or well.is_set():
            return (0.005, *ANSWER)
        at_once.append(told.at_once)
        return (0.005, BUSY)

    told = Told("limited", script)
    with batch_world(tmp_path, told, questions=40, backoff=PATIENT) as w:
        record = w.start(concurrency=8)
        until(lambda: len(at_once) >= 13)
        assert set(at_once[8:]) == {1}
        well.set()
        assert w.batches.wait(record.id, PATIENCE).progress.done == 40


def test_a_pause_that_the_server_names_is_kept(tmp_path: Path) -> None:
    limited = failing(Fault.RATE_LIMITED, retryable=True, retry_after=0.3)
    told = Told("limited", lambda _, n: (limited,) if n == 0 else ANSWER)
    with batch_world(tmp_path, told, questions=3) as w:
        record = w.start(concurrency=1)
        until(lambda: w.batches.get(record.id).reason is not None)
        assert "Waiting for limited: It failed: rate_limited." in str(w.batches.get(record.id).reason)
        assert len(told.calls) == 1
        assert w.batches.wait(record.id, 5).progress.done == 3


def test_a_server_that_dies_and_comes_back_loses_nothing(tmp_path: Path) -> None:
    port = free_port()
    provider = OpenAIProvider("gpu", base_url=f"http://127.0.0.1:{port}/v1", local=True, compatible=True)
    with batch_world(tmp_path, Told("gpu"), questions=40, backoff=Backoff(0.05, 0.1, 20)) as w:
        w.directory.add(provider)
        with OpenAIServer(port, pace=200) as server:
            record = w.batches.create(w.plan(contestants=w.named("gpu", "answer"), concurrency=4))
            w.batches.start(record.id)
            until(lambda: w.batches.get(record.id).progress.done >= 8)
            first = len(server.bodies("answer"))
        until(lambda: "Waiting for gpu" in str(w.batches.get(record.id).reason))
        with OpenAIServer(port) as server:
            ended = w.batches.wait(record.id, 20)
            assert (ended.state, ended.progress.done, ended.progress.failed) == (BatchState.DONE, 40, 0)
            # Of the first server's only what it had not answered was asked again: four at once.
            assert 40 - first <= len(server.bodies("answer")) <= 40 - first + 4


def test_a_server_that_stays_away_pauses_the_batch_with_the_reason(tmp_path: Path) -> None:
    told = Told("gone", lambda _, n: ANSWER if n < 2 else (AWAY,))
    with batch_world(tmp_path, told, questions=10, backoff=Backoff(0.02, 0.05, 0.2)) as w:
        record = w.run(concurrency=2)
        assert record.state is BatchState.PAUSED and "unreachable" in str(record.reason)
        assert (record.progress.done, record.progress.failed) == (2, 0)
        told.script = lambda *_: ANSWER
        w.batches.resume(record.id)
        assert w.batches.wait(record.id, 5).progress.done == 10


def test_a_server_that_wants_to_be_left_alone_for_hours_pauses_the_batch(tmp_path: Path) -> None:
    tomorrow = failing(Fault.RATE_LIMITED, retryable=True, retry_after=36_000)
    with batch_world(tmp_path, Told("limited", lambda *_: (tomorrow,))) as w:
        assert w.run().state is BatchState.PAUSED


def test_a_request_that_the_server_chokes_on_does_not_keep_the_others(tmp_path: Path) -> None:
    told = Told("shaky", lambda request, _: (TextDelta("ha"), CUT) if "3" in request.prompt else ANSWER)
    with batch_world(tmp_path, told, questions=9, backoff=Backoff(0.005, 0.01, 5)) as w:
        record = w.run(concurrency=2)
        assert (record.state, record.progress.done, record.progress.failed) == (BatchState.DONE, 8, 1)
        (failure,) = w.batches.failures(record.id)
        assert failure.question == 2 and failure.error is not None and failure.error.kind is Fault.CUT_STREAM


@pytest.mark.parametrize("kind", [Fault.CONTEXT_OVERFLOW, Fault.CONTENT_FILTER])
def test_what_is_wrong_with_one_text_stays_with_its_answer(tmp_path: Path, kind: Fault) -> None:
    told = Told("left", lambda *_: (failing(kind),))
    with batch_world(tmp_path, told, Told("right"), questions=6) as w:
        record = w.run()
        assert (record.state, record.progress.done, record.progress.failed) == (BatchState.DONE, 6, 6)
        assert [t.failed for t in w.batches.tallies(record.id)] == [6, 0]


@pytest.mark.parametrize("kind", [Fault.WRONG_KEY, Fault.NO_KEY, Fault.UNKNOWN_MODEL, Fault.NO_QUOTA])
def test_a_setup_that_cannot_work_pauses_instead_of_failing_a_thousand_times(tmp_path: Path, kind: Fault) -> None:
    told = Told("left", lambda *_: (failing(kind),))
    with batch_world(tmp_path, told, Told("right"), questions=50) as w:
        record = w.run(concurrency=4)
        assert record.state is BatchState.PAUSED and kind.value in str(record.reason)
        assert record.progress.failed == 0 and len(told.calls) <= 4
        told.script = lambda *_: ANSWER
        w.batches.resume(record.id)
        assert w.batches.wait(record.id, 10).progress.done == 100


def test_when_the_first_answers_all_fail_alike_the_batch_pauses_and_keeps_none(tmp_path: Path) -> None:
    told = Told("left", lambda *_: (failing(Fault.BAD_WIRE),))
    with batch_world(tmp_path, told, Told("right"), questions=50) as w:
        record = w.run(concurrency=4)
        assert record.state is BatchState.PAUSED and "bad_wire" in str(record.reason)
        assert record.progress.failed == 0 and len(told.calls) <= 8


def test_what_fails_after_an_answer_came_is_its_own(tmp_path: Path) -> None:
    told = Told("left", lambda _, n: ANSWER if n == 2 else (failing(Fault.BAD_WIRE),))
    with batch_world(tmp_path, told, questions=8) as w:
        record = w.run(concurrency=1)
        assert (record.state, record.progress.done, record.progress.failed) == (BatchState.DONE, 1, 7)


def test_two_failures_alike_and_nothing_more_to_ask_are_kept(tmp_path: Path) -> None:
    with batch_world(tmp_path, Told("left", lambda *_: (failing(Fault.BAD_WIRE),)), questions=2) as w:
        record = w.run()
        assert (record.state, record.progress.failed) == (BatchState.DONE, 2)


def test_an_adapter_that_breaks_is_said_and_ends_nothing_else(tmp_path: Path) -> None:
    told = Told("left", lambda _, n: (ZeroDivisionError("no"),) if n == 3 else ANSWER)
    with batch_world(tmp_path, told, questions=8) as w:
        record = w.run(concurrency=1)
        assert (record.state, record.progress.done, record.progress.failed) == (BatchState.DONE, 7, 1)


def test_a_full_disk_stops_the_asking_and_loses_no_answer(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    full = threading.Event()
    told = Told("left", lambda *_: (0.01, *ANSWER))
    with batch_world(tmp_path, told, questions=60) as w:
        for store, name in ((w.comparisons, "save_answers"), (w.store, "begin")):
            monkeypatch.setattr(store, name, refusing(getattr(store, name), full))
        record = w.start(concurrency=4)
        until(lambda: w.batches.get(record.id).progress.done >= 8)
        full.set()
        until(lambda: "is full" in str(w.batches.get(record.id).reason))
        until(lambda: told.at_once == 0)
        asked = len(told.calls)
        # What had been sent before the first refusal, and not one more.
        assert asked <= w.batches.get(record.id).progress.done + 8
        full.clear()
        ended = w.batches.wait(record.id, 20)
        assert (ended.state, ended.progress.done) == (BatchState.DONE, 60)
        assert sorted(told.prompts) == sorted(f"질문 {n}?" for n in range(1, 61))


def refusing(method, full: threading.Event):  # type: ignore[no-untyped-def]
    def refused(*args: object, **kwargs: object) -> object:
        if full.is_set():
            raise problems.disk_full("test.db")
        return method(*args, **kwargs)

    return refused


def test_a_batch_is_run_by_one_process_at_a_time_and_the_other_is_told_who(tmp_path: Path, shared: str) -> None:
    slow = Told("slow", lambda *_: (0.02, *ANSWER))
    with batch_world(tmp_path, slow, questions=40, owner="first", url=shared) as first:
        record = first.start()
        with batch_world(tmp_path, Told("slow"), owner="second", url=shared) as second:
            second.alive.add("first")
            with pytest.raises(UserError, match=r"run by another process: .*pid"):
                second.batches.resume(record.id)
            assert second.batches.get(record.id).state is BatchState.RUNNING
            assert second.providers[0].calls == []
        assert first.batches.wait(record.id, 10).progress.done == 40


def test_what_a_dead_process_left_is_seen_as_interrupted_and_goes_on_elsewhere(tmp_path: Path, shared: str) -> None:
    with batch_world(
        tmp_path, Told("slow", lambda *_: (0.02, *ANSWER)), questions=20, owner="first", url=shared
    ) as first:
        record = first.start()
        until(lambda: first.batches.get(record.id).progress.done >= 4)
        with batch_world(tmp_path, Told("slow"), owner="second", url=shared) as second:
            # Nobody there calls “first” alive.
            assert second.batches.get(record.id).state is BatchState.INTERRUPTED
            second.batches.resume(record.id)
            assert second.batches.wait(record.id, 10).progress.done == 20
            # It sees that the batch is another's now, and asks nothing more.
            until(lambda: not first.batches._runs)
        assert len(first.providers[0].calls) < 20


def test_a_process_that_ends_leaves_its_batch_to_be_resumed(tmp_path: Path, shared: str) -> None:
    with batch_world(
        tmp_path, Told("slow", lambda *_: (0.05, *ANSWER)), questions=30, owner="first", url=shared
    ) as first:
        record = first.start()
        until(lambda: first.batches.get(record.id).progress.done >= 4)
    with batch_world(tmp_path, Told("slow"), owner="second", url=shared) as second:
        left = second.batches.get(record.id)
        assert left.state is BatchState.INTERRUPTED and left.owner is None
        second.batches.resume(record.id)
        assert second.batches.wait(record.id, 10).progress.done == 30
        assert len(second.providers[0].calls) == 30 - left.progress.done
        assert answers(second.comparisons.all()) == {Status.DONE}


def test_what_a_batch_left_unasked_is_not_told_as_answers_that_were_cut_short(tmp_path: Path) -> None:
    with batch_world(tmp_path, Told("slow", lambda *_: (FOREVER,)), questions=20) as w:
        w.start()
        until(lambda: w.providers[0].at_once == 2)
        assert w.comparisons.interrupt("this-process") == 0
        assert answers(w.comparisons.all()) == {Status.INTERRUPTED}
