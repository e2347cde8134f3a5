"""The life of one model file: loaded on first use, given more context when a prompt needs it, let go when idle."""

from __future__ import annotations

import asyncio
import os
import time
from collections.abc import Sequence
from dataclasses import dataclass

import httpx

from app.domain.chat import ChatMessage
from app.domain.errors import Fault, ProviderError
from app.domain.message import Message
from app.providers.gguf_files import ModelFile
from app.providers.gguf_process import ChildProcess, StartFailed
from app.providers.openai import OpenAIProvider

MOST_SLOTS = 4


@dataclass(frozen=True, slots=True)
class Lease:
    """A seat at the server. `queued` and `load` are the seconds that the wait for it took; None for none."""

    child: ChildProcess
    wire: OpenAIProvider
    queued: float | None
    load: float | None


class ModelHost:
    """One file, one process at a time. Lives on one event loop; only `close_now` may be called from elsewhere.

    `context` is the tokens an answer has at first; prompts that need more reload the file with twice
    as much, up to what the model was trained on and half the machine's memory holds. `idle_unload`
    in seconds. `ceiling` is the most context that an answer can have here.
    """

    def __init__(self, file: ModelFile, *, context: int, idle_unload: float, memory: int | None = None) -> None:
        self.file = file
        self._memory = memory or total_memory()
        self._idle_unload = idle_unload
        trained = file.header.context_length or context
        self._first = min(context, trained)
        self.ceiling = max(self._first, min(trained, self._affordable(trained)))
        self.child: ChildProcess | None = None
        self._wire: OpenAIProvider | None = None
        self._turn = asyncio.Lock()
        self._left = asyncio.Event()
        self._active = 0
        self._loads = 0
        self._loading = False
        self._crashed = False
        self._closed = False
        self._timer: asyncio.TimerHandle | None = None
        self._unloading: asyncio.Task[None] | None = None

    @property
    def loaded(self) -> bool:
        return self.child is not None and not self._loading and self.child.alive

    @property
    def idle(self) -> bool:
        return self._active == 0 and not self._turn.locked()

    def forecast(self, need: int) -> Message | None:
        """What the person will wait for, if a lease for `need` tokens is asked for now."""
        name = self.file.name
        if self._crashed or (self.child is not None and not self._loading and not self.child.alive):
            return Message("The process of {model} had crashed; starting it again…", model=name)
        if self.child is None or self._loading:
            return Message("{model} has to be loaded first.", model=name)
        if self.child.window < self.window_for(need):
            return Message(
                "{model} has to be loaded again, with room for {tokens} tokens.",
                model=name,
                tokens=self.window_for(need),
            )
        if self._active >= self.child.slots:
            return Message("Waiting for a place: {model} answers {n} at a time.", model=name, n=self.child.slots)
        return None

    def window_for(self, need: int) -> int:
        """The step that holds `need` tokens, or the ceiling: few steps, so that few prompts reload."""
        window = self._first
        while window < need and window < self.ceiling:
            window = min(window * 2, self.ceiling)
        return window

    async def lease(self, need: int) -> Lease:
        """A seat with room for `need` tokens (or the ceiling). Give it back by `release`. Raises ProviderError."""
        arrived, loads_before = time.monotonic(), self._loads
        load: float | None = None
        async with self._turn:
            if self._loads > loads_before:  # another request's load was waited for: this one's cold start too
                load = time.monotonic() - arrived
            while (child := self._fitting(need)) is None or self._active >= child.slots:
                if child is None and self._active == 0:
                    started = time.monotonic()
                    await self._load(self.window_for(need))
                    load = (load or 0.0) + time.monotonic() - started
                else:
                    self._left.clear()
                    await self._left.wait()
            self._active += 1
            self._stay()
        queued = time.monotonic() - arrived - (load or 0.0)
        assert self._wire is not None
        # Below that it is the loop's own bookkeeping.
        return Lease(child, self._wire, queued if queued > 0.005 else None, load)

    def release(self) -> None:
        self._active -= 1
        self._left.set()
        self._rest()

    async def count(self, messages: Sequence[ChatMessage], child: ChildProcess) -> int | None:
        """Tokens of the conversation by the model's own template and tokeniser; None when it cannot say."""
        body = {"messages": [{"role": m.role, "content": m.content} for m in messages]}
        try:
            # trust_env: a company's proxy has no business between us and our own child.
            async with httpx.AsyncClient(trust_env=False, verify=False, timeout=60) as client:
                answer = await client.post(
                    f"{child.address}/v1/chat/completions/input_tokens",
                    json=body,
                    headers={"Authorization": f"Bearer {child.key}"},
                )
            tokens = answer.json().get("input_tokens") if answer.status_code == 200 else None
        except (httpx.HTTPError, ValueError, AttributeError):
            return None
        return tokens if isinstance(tokens, int) else None

    def died(self) -> None:
        """The process ended by itself: the next request says so and starts it again."""
        self._crashed = True

    async def aclose(self) -> None:
        self._closed = True
        self._stay()
        if self._unloading is not None:
            await self._unloading
        await _end(*self._take())

    def close_now(self) -> None:
        """End the process from any thread, a signal handler or atexit."""
        self._closed = True
        child = self.child
        if child is not None:
            child.close()

    async def _load(self, window: int) -> None:
        if self._unloading is not None:
            await self._unloading
        await _end(*self._take())
        if self._closed:
            raise _closing()
        child = self.child = ChildProcess(self.file.path, window=window, slots=self._slots(window))
        self._loading = True
        try:
            await asyncio.to_thread(child.start)
        except StartFailed as exc:
            self.child = None
            raise _closing() if exc.failure == "closed" else _failed(self.file, exc) from None
        except asyncio.CancelledError:
            self.child = None
            child.close()
            raise
        finally:
            self._loading = False
        self._loads += 1
        self._crashed = False
        self._wire = OpenAIProvider(
            "gguf",
            base_url=f"{child.address}/v1",
            key=lambda: child.key,
            local=True,
            compatible=True,
            # llama.cpp's server drops a connection that was idle for some seconds, and a request that
            # meets this fails. A new one costs nothing on loopback.
            headers={"Connection": "close"},
        )

    def _take(self) -> tuple[ChildProcess | None, OpenAIProvider | None]:
        """Whoever ends the process takes it first, in one step: no lease may be given on it after that."""
        child, wire, self.child, self._wire = self.child, self._wire, None, None
        return child, wire

    def _fitting(self, need: int) -> ChildProcess | None:
        child = self.child
        return child if child is not None and child.alive and child.window >= self.window_for(need) else None

    def _rest(self) -> None:
        if self._active == 0 and not self._closed:
            self._stay()
            self._timer = asyncio.get_running_loop().call_later(self._idle_unload, self._let_go)

    def _stay(self) -> None:
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None

    def _let_go(self) -> None:
        if self.idle:
            self._unloading = asyncio.create_task(_end(*self._take()))
        else:
            self._rest()

    def _affordable(self, most: int) -> int:
        """The most tokens of context that half of the memory holds."""
        each = self.file.header.kv_bytes_per_token
        return most if each is None else min(most, max(256, self._memory // 2 // each))

    def _slots(self, window: int) -> int:
        """Answers at a time: as many as an eighth of the memory (at least 512 MB) holds the context of."""
        each = self.file.header.kv_bytes_per_token
        if each is None:
            return 2
        return max(1, min(MOST_SLOTS, max(self._memory // 8, 512 * 2**20) // (each * window)))


async def _end(child: ChildProcess | None, wire: OpenAIProvider | None) -> None:
    if child is not None:
        await asyncio.to_thread(child.close)
    if wire is not None:
        await wire.aclose()


def total_memory() -> int:
    """Bytes of memory in this machine; 8 GiB where it does not say."""
    try:
        return os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE")
    except (AttributeError, ValueError, OSError):
        return 8 * 2**30


def _failed(file: ModelFile, exc: StartFailed) -> ProviderError:
    name = file.path.name
    if exc.failure == "no_wheel":
        return ProviderError(
            Fault.UNREACHABLE,
            Message("llama.cpp is not installed in this Python ({detail}).", detail=exc.detail),
            Message(
                "Run `pip install xllamacpp`. Windows on ARM has no package of it: use Ollama or another server there."
            ),
        )
    if exc.failure == "not_loaded":
        return ProviderError(
            Fault.BAD_MODEL_FILE,
            Message("llama.cpp could not load {file}: {detail}", file=name, detail=exc.detail),
            Message("Download or copy the file again, or choose another: its kind may be too new for this llama.cpp."),
        )
    return ProviderError(
        Fault.CHILD_DIED,
        Message("The process that was to load {file} ended at once: {detail}", file=name, detail=exc.detail or "?"),
        Message("Ask again. If it happens again, the machine may be short of memory: choose a smaller model."),
    )


def _closing() -> ProviderError:
    return ProviderError(
        Fault.CHILD_DIED, Message("Understudy is shutting down."), Message("Start it again, then ask again.")
    )
