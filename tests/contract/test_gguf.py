"""The `gguf` provider keeps the contract on the real llama.cpp with the real SmolLM2, and outlives its crashes."""

from __future__ import annotations

import asyncio
import json
import os
import signal
import subprocess
import sys
import textwrap
import time
import urllib.error
import urllib.request
from collections.abc import AsyncGenerator, Callable, Coroutine, Iterator
from pathlib import Path
from typing import TypeVar, cast

import pytest

from app.domain.chat import ChatEvent, ChatMessage, ChatRequest, Finished, Notice, Sent, TextDelta
from app.domain.errors import Fault, ProviderError
from app.domain.models import Sampling
from app.providers import gguf_host
from app.providers.gguf import GgufProvider
from app.providers.gguf_process import ChildProcess
from app.settings import ROOT
from tests.contract.suite import Behaviour, ChatContract, complete, events_of, finished_of, text_of
from tests.contract.suite import run as run_for

pytestmark = pytest.mark.model

# Windows has no SIGKILL; what it calls SIGTERM cannot be refused either.
KILL = getattr(signal, "SIGKILL", signal.SIGTERM)
SHORT = Sampling(max_tokens=12, temperature=0.0)
LONG = Sampling(max_tokens=3_000, temperature=1.5, seed=3)


T = TypeVar("T")
Parents = Callable[[str, Path], tuple[subprocess.Popen[str], int]]


def run(main: Callable[[], Coroutine[object, object, T]]) -> T:
    """A real model on a busy machine takes its time."""
    return run_for(main, 90.0)


def ask(
    prompt: str = "What is the capital of France?", sampling: Sampling = SHORT, model: str = "smollm2"
) -> ChatRequest:
    return ChatRequest(model, (ChatMessage("user", prompt),), sampling, prompt, prompt_tokens=len(prompt) // 4)


def child_of(provider: GgufProvider) -> ChildProcess:
    (host,) = provider._hosts.values()
    assert host.child is not None
    return host.child


async def child_in_the_making(provider: GgufProvider) -> ChildProcess:
    while not provider._hosts or next(iter(provider._hosts.values())).child is None:
        await asyncio.sleep(0.001)
    return child_of(provider)


def notices(events: list[ChatEvent]) -> list[str]:
    return [str(e.message) for e in events if isinstance(e, Notice)]


class Bench:
    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def provider(self) -> GgufProvider:
        # So little memory that an answer without a limit ends at 256 tokens.
        return GgufProvider(self.folder, context=256, memory=1)

    def model(self, behaviour: Behaviour) -> str:
        return "nothing-of-that-name" if behaviour == "unknown" else "smollm2"


class TestGguf(ChatContract):
    @pytest.fixture
    def bench(self, smollm2: Path) -> Bench:
        return Bench(smollm2.parent)


@pytest.fixture
def bench(smollm2: Path) -> Bench:
    return Bench(smollm2.parent)


def failing(provider: GgufProvider, request: ChatRequest) -> ProviderError:
    async def main() -> ProviderError:
        try:
            await events_of(provider, request)
        except ProviderError as error:
            return error
        finally:
            await provider.aclose()
        raise AssertionError("no error")

    error = run(main)
    complete(error)
    return error


def test_a_question_gets_a_real_answer_with_counts_and_times(bench: Bench) -> None:
    async def main() -> list[ChatEvent]:
        provider = bench.provider()
        try:
            return await events_of(provider, ask())
        finally:
            await provider.aclose()

    events = run(main)
    assert text_of(events).strip()
    finished = finished_of(events)
    assert finished.usage is not None and finished.usage.source == "reported" and finished.usage.output > 1
    assert finished.timing.prefill and finished.timing.decode
    assert finished.truncated is None


def test_the_cold_start_is_said_and_timed_and_only_once(bench: Bench) -> None:
    async def main() -> tuple[list[ChatEvent], list[ChatEvent]]:
        provider = bench.provider()
        try:
            return await events_of(provider, ask()), await events_of(provider, ask())
        finally:
            await provider.aclose()

    cold, warm = run(main)
    assert notices(cold) == ["smollm2 has to be loaded first."]
    assert isinstance(cold[0], Notice)
    assert (finished_of(cold).timing.load or 0) > 0.05
    assert notices(warm) == []
    assert finished_of(warm).timing.load is None


def test_two_first_questions_at_once_load_once_and_both_are_answered(
    bench: Bench, monkeypatch: pytest.MonkeyPatch
) -> None:
    started: list[int] = []
    start = ChildProcess.start

    def counting(self: ChildProcess) -> None:
        start(self)
        started.append(self.pid or 0)

    monkeypatch.setattr(ChildProcess, "start", counting)

    async def main() -> tuple[list[ChatEvent], list[ChatEvent]]:
        provider = bench.provider()
        try:
            return await asyncio.gather(
                events_of(provider, ask()), events_of(provider, ask("What is the capital of Italy?"))
            )
        finally:
            await provider.aclose()

    paris, rome = run(main)
    assert text_of(paris).strip() and text_of(rome).strip()
    assert len(started) == 1
    assert finished_of(paris).timing.load and finished_of(rome).timing.load


def test_what_was_asked_for_is_what_was_sent(bench: Bench) -> None:
    sampling = Sampling(
        temperature=0.3, top_p=0.85, top_k=20, max_tokens=5, seed=1, repeat_penalty=1.1, reasoning="low"
    )

    async def main() -> list[ChatEvent]:
        provider = bench.provider()
        try:
            return await events_of(provider, ask(sampling=sampling))
        finally:
            await provider.aclose()

    (sent,) = [e for e in run(main) if isinstance(e, Sent)]
    assert {"temperature": 0.3, "top_k": 20, "seed": 1, "repeat_penalty": 1.1}.items() <= sent.body.items()
    assert set(sent.not_sent) == {"reasoning"}


def test_a_child_killed_in_mid_answer_is_said_and_the_next_question_restarts_it(bench: Bench) -> None:
    async def main() -> tuple[str, ProviderError, list[ChatEvent]]:
        provider = GgufProvider(bench.folder)
        text = ""
        try:
            with pytest.raises(ProviderError) as caught:
                async for event in provider.chat(ask("Write a very long story.", LONG)):
                    if isinstance(event, TextDelta):
                        text += event.text
                        os.kill(child_of(provider).pid or 0, KILL)
            return text, caught.value, await events_of(provider, ask())
        finally:
            await provider.aclose()

    text, error, after = run(main)
    assert text
    assert error.kind is Fault.CHILD_DIED and not error.retryable
    complete(error)
    assert "smollm2" in str(error.message)
    assert "had crashed" in notices(after)[0]
    assert text_of(after).strip()


def test_a_child_that_died_while_idle_is_restarted(bench: Bench) -> None:
    async def main() -> list[ChatEvent]:
        provider = bench.provider()
        try:
            await events_of(provider, ask())
            child = child_of(provider)
            os.kill(child.pid or 0, KILL)
            assert child.wait(5)
            return await events_of(provider, ask())
        finally:
            await provider.aclose()

    events = run(main)
    assert "had crashed" in notices(events)[0]
    assert text_of(events).strip()


def test_an_idle_model_is_unloaded_and_loaded_again_when_asked(bench: Bench) -> None:
    async def main() -> list[ChatEvent]:
        provider = GgufProvider(bench.folder, context=256, idle_unload=0.05)
        try:
            await events_of(provider, ask())
            (host,) = provider._hosts.values()
            async with asyncio.timeout(5):
                while host.child is not None:
                    await asyncio.sleep(0.01)
            return await events_of(provider, ask())
        finally:
            await provider.aclose()

    events = run(main)
    assert notices(events) == ["smollm2 has to be loaded first."]
    assert text_of(events).strip()


def test_a_model_that_answers_is_not_unloaded(bench: Bench) -> None:
    async def main() -> Finished:
        provider = GgufProvider(bench.folder, context=256, idle_unload=0.01)
        try:
            return finished_of(await events_of(provider, ask("Count to thirty.", Sampling(max_tokens=60))))
        finally:
            await provider.aclose()

    assert run(main).finish in ("stop", "length")


def test_a_prompt_that_is_too_long_is_refused_with_the_counted_tokens(bench: Bench) -> None:
    error = failing(bench.provider(), ask("word " * 2_000))
    assert error.kind is Fault.CONTEXT_OVERFLOW
    # 2,000 words and the template's own, by the model's tokeniser: more than the estimate would say.
    assert "2031" in str(error.message) and "256" in str(error.message)


def test_a_longer_prompt_gets_more_room_and_keeps_it(bench: Bench) -> None:
    async def main() -> tuple[list[ChatEvent], list[ChatEvent]]:
        provider = GgufProvider(bench.folder, context=256)
        try:
            await events_of(provider, ask())
            longer = await events_of(provider, ask("Name a colour. " * 60))
            return longer, await events_of(provider, ask("Name a colour. " * 60))
        finally:
            await provider.aclose()

    longer, again = run(main)
    assert notices(longer) == ["smollm2 has to be loaded again, with room for 512 tokens."]
    assert finished_of(longer).timing.load
    assert notices(again) == []


def test_an_answer_that_fills_the_window_is_truncated_and_says_so(bench: Bench) -> None:
    async def main() -> Finished:
        provider = bench.provider()
        try:
            prompt = "Write a very long story about this: " + "one two three " * 65
            return finished_of(await events_of(provider, ask(prompt, Sampling(temperature=1.0, seed=1))))
        finally:
            await provider.aclose()

    finished = run(main)
    assert finished.finish == "length"
    assert finished.truncated is not None and "256" in str(finished.truncated)


def test_the_limit_that_was_asked_for_is_no_truncation(bench: Bench) -> None:
    async def main() -> Finished:
        provider = bench.provider()
        try:
            return finished_of(await events_of(provider, ask("Write a very long story.", Sampling(max_tokens=4))))
        finally:
            await provider.aclose()

    finished = run(main)
    assert (finished.finish, finished.truncated) == ("length", None)


def test_an_answer_left_early_frees_its_place_at_once(bench: Bench, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(gguf_host, "MOST_SLOTS", 1)

    async def main() -> float:
        provider = GgufProvider(bench.folder)
        try:
            stream = cast(AsyncGenerator[ChatEvent, None], provider.chat(ask("Write a very long story.", LONG)))
            async for event in stream:
                if isinstance(event, TextDelta):
                    break
            await stream.aclose()
            left = time.monotonic()
            async for event in provider.chat(ask()):
                if isinstance(event, TextDelta):
                    return time.monotonic() - left
            raise AssertionError("no text")
        finally:
            await provider.aclose()

    # Three thousand tokens would take many times that.
    assert run(main) < 10


def test_who_has_no_place_waits_and_says_so(bench: Bench, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(gguf_host, "MOST_SLOTS", 1)

    async def main() -> list[ChatEvent]:
        provider = GgufProvider(bench.folder)
        first = provider.chat(ask("Count to fifty.", Sampling(max_tokens=60)))
        try:
            async for event in first:
                if isinstance(event, TextDelta):
                    break
            waiting = asyncio.create_task(events_of(provider, ask()))
            async for _ in first:
                pass
            return await waiting
        finally:
            await provider.aclose()

    events = run(main)
    assert notices(events) == ["Waiting for a place: smollm2 answers 1 at a time."]
    assert finished_of(events).timing.queued
    assert text_of(events).strip()


def test_a_file_cut_in_its_tensors_is_refused_in_llama_cpps_words(smollm2: Path, tmp_path: Path) -> None:
    with smollm2.open("rb") as whole:
        (tmp_path / "cut.gguf").write_bytes(whole.read(5_000_000))
    error = failing(GgufProvider(tmp_path), ask(model="cut"))
    assert error.kind is Fault.BAD_MODEL_FILE
    assert "cut.gguf" in str(error.message) and "corrupted or incomplete" in str(error.message)


def test_closing_while_it_loads_leaves_no_process(bench: Bench) -> None:
    async def main() -> ChildProcess:
        provider = bench.provider()
        task = asyncio.create_task(events_of(provider, ask()))
        child = await child_in_the_making(provider)
        await provider.aclose()
        with pytest.raises(ProviderError):
            await task
        return child

    assert not run(main).alive


def test_stopping_while_it_loads_ends_the_load_and_the_next_question_loads_again(bench: Bench) -> None:
    async def main() -> tuple[bool, list[ChatEvent]]:
        provider = bench.provider()
        try:
            task = asyncio.create_task(events_of(provider, ask()))
            child = await child_in_the_making(provider)
            task.cancel()
            with pytest.raises(asyncio.CancelledError):
                await task
            return child.alive, await events_of(provider, ask())
        finally:
            await provider.aclose()

    alive, events = run(main)
    assert not alive
    assert text_of(events).strip()


def test_close_now_ends_the_child_from_outside_the_loop(bench: Bench) -> None:
    provider = bench.provider()
    run(lambda: events_of(provider, ask()))
    child = child_of(provider)
    assert child.alive
    provider.close_now()
    assert not child.alive


def test_nobody_gets_in_without_the_key(bench: Bench) -> None:
    provider = bench.provider()
    run(lambda: events_of(provider, ask()))
    child = child_of(provider)
    try:
        request = urllib.request.Request(
            f"{child.address}/v1/chat/completions",
            data=json.dumps({"messages": [{"role": "user", "content": "hi"}]}).encode(),
            headers={"Content-Type": "application/json", "Origin": "https://evil.example"},
        )
        with pytest.raises(urllib.error.HTTPError) as caught:
            urllib.request.urlopen(request, timeout=5)
        assert caught.value.code == 401
        assert caught.value.headers["Access-Control-Allow-Origin"] not in ("*", "null", "https://evil.example")
        assert child.address.startswith("http://127.0.0.1:")
    finally:
        provider.close_now()


TALKING = """
    import asyncio, sys, time
    from pathlib import Path
    from app.domain.chat import ChatMessage, ChatRequest, TextDelta
    from app.providers.gguf import GgufProvider

    async def main():
        provider = GgufProvider(Path(sys.argv[1]).parent)
        request = ChatRequest("smollm2", (ChatMessage("user", "Write a very long story."),))
        async for event in provider.chat(request):
            if isinstance(event, TextDelta):
                (host,) = provider._hosts.values()
                print(host.child.pid, flush=True)
                time.sleep(600)

    asyncio.run(main())
"""
LOADING = """
    import sys, threading, time
    from pathlib import Path
    from app.providers.gguf_process import ChildProcess

    child = ChildProcess(Path(sys.argv[1]), window=256, slots=1)
    threading.Thread(target=child.start, daemon=True).start()
    while not child.pid:
        time.sleep(0.001)
    print(child.pid, flush=True)
    time.sleep(600)
"""
# In the place of llama.cpp: what it is while it loads a file that takes minutes. PyDLL keeps the interpreter lock.
LOADS_FOR_EVER = """
    import ctypes
    from pathlib import Path
    from types import SimpleNamespace

    def CommonParams():
        return SimpleNamespace(model=SimpleNamespace(), cpuparams=SimpleNamespace(), cpuparams_batch=SimpleNamespace())

    def Server(params):
        Path(params.model.path).write_text("loading")
        while True:
            ctypes.PyDLL(None).pause()
"""


@pytest.fixture
def parents(tmp_path: Path) -> Iterator[Parents]:
    """Starts a script that starts a child of ours; returns the script's process and the child's id."""
    started: list[subprocess.Popen[str]] = []
    children: list[int] = []

    def start(script: str, file: Path) -> tuple[subprocess.Popen[str], int]:
        (tmp_path / "parent.py").write_text(textwrap.dedent(script))
        parent = subprocess.Popen(
            [sys.executable, str(tmp_path / "parent.py"), str(file)],
            stdout=subprocess.PIPE,
            cwd=ROOT,
            env={**os.environ, "PYTHONPATH": os.pathsep.join((str(tmp_path), str(ROOT)))},
            text=True,
        )
        started.append(parent)
        assert parent.stdout is not None
        children.append(int(parent.stdout.readline()))
        return parent, children[-1]

    yield start
    for parent in started:
        parent.kill()
        parent.communicate()
    for child in filter(is_running, children):  # what a failed test left
        os.kill(child, KILL)


def test_kill_minus_9_of_the_parent_ends_a_child_that_talks(smollm2: Path, parents: Parents) -> None:
    parent, pid = parents(TALKING, smollm2)
    assert is_running(pid)
    parent.kill()
    assert ends(pid, within=10)


@pytest.mark.skipif(os.name == "nt", reason="no signal tells of the end of stdin there: the file is loaded first")
def test_kill_minus_9_of_the_parent_ends_a_child_whose_load_takes_for_ever(tmp_path: Path, parents: Parents) -> None:
    (tmp_path / "xllamacpp.py").write_text(textwrap.dedent(LOADS_FOR_EVER))
    file = tmp_path / "large.gguf"
    parent, pid = parents(LOADING, file)
    deadline = time.monotonic() + 60
    while not file.exists():
        assert time.monotonic() < deadline and is_running(pid), "nobody loads the file"
        time.sleep(0.02)
    parent.kill()
    assert ends(pid, within=10)


def ends(pid: int, *, within: float) -> bool:
    deadline = time.monotonic() + within
    while is_running(pid):
        if time.monotonic() > deadline:
            return False
        time.sleep(0.02)
    return True


def is_running(pid: int) -> bool:
    if os.name == "nt":  # where os.kill(pid, 0) would end it
        listed = subprocess.run(["tasklist", "/FI", f"PID eq {pid}", "/NH"], capture_output=True, text=True)
        return str(pid) in listed.stdout
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    stat = Path(f"/proc/{pid}/stat")
    # Where init does not collect orphans, a dead one stays as a zombie.
    return not stat.exists() or stat.read_text().rpartition(")")[2].split()[0] != "Z"
