"""Batches of processes that are killed, interrupted, or two at once: nothing is lost and nothing asked twice."""

from __future__ import annotations

import asyncio
import json
import os
import signal
import subprocess
import time
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.integration.commands import Commands, connected
from tests.servers.base import Reply, Request
from tests.servers.openai_server import OpenAIServer, said

MODELS = ("answer", "echo")


class Gated(OpenAIServer):
    """Answers `allowed` chats, and holds every further one until `open` is called."""

    def __init__(self, allowed: int) -> None:
        super().__init__()
        self.allowed = allowed
        self.held = 0
        self.answered: Counter[tuple[str, str]] = Counter()
        self._gate = asyncio.Event()

    async def handle(self, request: Request, reply: Reply) -> None:
        if not request.path.endswith("/chat/completions"):
            await super().handle(request, reply)
            return
        self.allowed -= 1
        if self.allowed < 0 and not self._gate.is_set():
            self.held += 1
            waiting = {asyncio.ensure_future(self._gate.wait()), asyncio.ensure_future(reply.silence())}
            done, left = await asyncio.wait(waiting, return_when=asyncio.FIRST_COMPLETED)
            for task in left:
                task.cancel()
            for task in done:
                await task  # raises Gone when the client left
        await super().handle(request, reply)
        self.answered[request.model, said(request.json, "user")] += 1

    def open(self) -> None:
        self._loop.call_soon_threadsafe(self._gate.set)


@pytest.fixture
def sixty(commands: Commands, tmp_path: Path) -> Commands:
    imported(commands, tmp_path, 60)
    return commands


def imported(commands: Commands, folder: Path, n: int) -> None:
    file = folder / "질문.jsonl"
    file.write_text("".join(json.dumps({"question": f"질문 {i}?"}, ensure_ascii=False) + "\n" for i in range(n)))
    assert commands("questions", "import", str(file), "--name", "질문").code == 0


def run(commands: Commands, *more: str) -> subprocess.Popen[bytes]:
    models = [part for model in MODELS for part in ("--model", f"openai:{model}")]
    return commands.popen("batch", "run", "--questions", "질문", *models, "--concurrency", "8", "--yes", *more)


def until(condition) -> None:  # type: ignore[no-untyped-def]
    deadline = time.monotonic() + 60
    while not condition():
        assert time.monotonic() < deadline, "waited 60 s in vain"
        time.sleep(0.02)


def listed(commands: Commands) -> dict[str, object]:
    batches = commands("batch", "list", "--json").json["batches"]
    assert isinstance(batches, list)
    return dict(batches[0])


def progress(commands: Commands) -> dict[str, int]:
    found = listed(commands)["progress"]
    assert isinstance(found, dict)
    return found


@pytest.fixture
def gate() -> Iterator[Gated]:
    with Gated(40) as server:
        yield server


def killed(commands: Commands, server: Gated) -> str:
    """A batch whose process was killed while eight requests were under way and all others stored; its id."""
    commands.variables |= connected(server.address)
    process, allowed = run(commands), server.allowed
    try:
        until(lambda: server.held == 8 and progress(commands)["done"] == sum(server.answered.values()) == allowed)
    finally:
        os.kill(process.pid, signal.SIGKILL)
        process.communicate()
    return str(listed(commands)["id"])


def killed_and_resumed(commands: Commands, server: Gated, questions: int) -> None:
    batch = killed(commands, server)
    assert listed(commands)["state"] == "interrupted"
    server.open()
    resumed = commands("batch", "resume", batch, "--json")
    assert (resumed.code, resumed.json["state"]) == (0, "done")
    assert progress(commands)["done"] == 2 * questions
    assert set(server.answered.values()) == {1} and len(server.answered) == 2 * questions


def test_a_killed_batch_goes_on_and_every_request_is_answered_once(sixty: Commands, gate: Gated) -> None:
    killed_and_resumed(sixty, gate, 60)


@pytest.mark.slow
def test_a_batch_of_five_hundred_killed_in_the_middle_is_answered_once(commands: Commands, tmp_path: Path) -> None:
    imported(commands, tmp_path, 500)
    with Gated(437) as server:
        killed_and_resumed(commands, server, 500)


def interrupted(process: subprocess.Popen[bytes]) -> None:
    """Ctrl-C was pressed, and the process says that it has heard."""
    process.send_signal(signal.SIGINT)
    assert process.stderr is not None
    while line := process.stderr.readline():
        if b"Ctrl-C again" in line:
            return
    raise AssertionError("it ended without a word")


def test_ctrl_c_pauses_and_keeps_what_is_under_way(sixty: Commands, gate: Gated) -> None:
    sixty.variables |= connected(gate.address)
    process = run(sixty, "--json")
    until(lambda: gate.held == 8)
    interrupted(process)
    gate.open()
    out, err = process.communicate(timeout=60)
    found = json.loads(out)
    assert (process.returncode, found["state"]) == (130, "paused"), err
    assert found["progress"]["done"] == 48 and sum(gate.answered.values()) == 48


def test_a_second_ctrl_c_leaves_at_once_and_the_batch_can_go_on(sixty: Commands, gate: Gated) -> None:
    sixty.variables |= connected(gate.address)
    process = run(sixty)
    until(lambda: gate.held == 8)
    interrupted(process)
    process.send_signal(signal.SIGINT)
    process.communicate(timeout=60)
    assert process.returncode == 130
    gate.open()
    assert sixty("batch", "resume", str(listed(sixty)["id"])).code == 0
    assert set(gate.answered.values()) == {1} and len(gate.answered) == 120


def test_of_two_processes_that_resume_at_once_one_runs_and_the_other_says_who(sixty: Commands, gate: Gated) -> None:
    batch = killed(sixty, gate)
    both = [sixty.popen("batch", "resume", batch) for _ in range(2)]
    until(lambda: any(p.poll() is not None for p in both))
    gate.open()
    errors = [p.communicate(timeout=60)[1].decode() for p in both]
    assert sorted(p.returncode for p in both) == [0, 2]
    assert any("run by another process" in error for error in errors)
    assert set(gate.answered.values()) == {1} and len(gate.answered) == 120
