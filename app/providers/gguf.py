"""The `gguf` provider: any GGUF file on this machine, served by llama.cpp in a child process of ours."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, AsyncIterator, Iterator, Sequence
from contextlib import aclosing, contextmanager
from dataclasses import dataclass, replace
from importlib.util import find_spec
from pathlib import Path
from types import MappingProxyType
from typing import cast

from app.domain.chat import ChatEvent, ChatRequest, Finished, Notice
from app.domain.errors import Fault, ProviderError
from app.domain.message import Message
from app.domain.models import Capabilities, ModelInfo, ProviderStatus
from app.providers.catalogue import CATALOGUE, Entry
from app.providers.gguf_files import ModelFile, ModelFiles
from app.providers.gguf_host import Lease, ModelHost

# Tokens that an answer without a limit is sure to have room for.
ROOM = 1_024
# What the adapter reports when the process behind the connection goes away.
_TORN = frozenset({Fault.CUT_STREAM, Fault.UNREACHABLE, Fault.STREAM_ERROR, Fault.BAD_WIRE, Fault.SERVER_ERROR})
_THINKS = ("<think>", "enable_thinking", "reasoning_content", "<|channel|>")


@dataclass(frozen=True, slots=True)
class Offer:
    """A catalogue entry, and where its file lies; None while it has not been fetched."""

    entry: Entry
    path: Path | None


class GgufProvider:
    """Files of `models_folder`, of the catalogue, or anywhere by their path; one child process for each in use.

    `context` is the tokens that prompt and answer share at first; a longer prompt gets more.
    `idle_unload` in seconds; `memory` in bytes, None for all that the machine has. The async methods
    belong to one event loop; `close_now` and `catalogue` may be called from any thread.
    """

    def __init__(
        self, models_folder: Path, *, context: int = 4_096, idle_unload: float = 300.0, memory: int | None = None
    ) -> None:
        self._files = ModelFiles(models_folder)
        self._context = max(256, context)
        self._idle_unload = idle_unload
        self._memory = memory
        self._hosts: dict[Path, ModelHost] = {}
        self._closed = False

    @property
    def name(self) -> str:
        return "gguf"

    def __repr__(self) -> str:
        return f"GgufProvider({str(self._files.folder)!r})"

    async def status(self) -> ProviderStatus:
        entry = next(iter(CATALOGUE.values()))
        if find_spec("xllamacpp") is None:
            return ProviderStatus(
                "gguf",
                False,
                Message("llama.cpp is not installed in this Python."),
                Message("Run `pip install xllamacpp`. Windows on ARM has no package of it: use Ollama there."),
                "pip install xllamacpp",
            )
        models = await self.models()
        if not models:
            return ProviderStatus(
                "gguf",
                False,
                Message("There is no model file in {folder} yet.", folder=str(self._files.folder)),
                Message(
                    "Fetch {title} ({megabytes} MB download, {licence}): `{command}`. Any .gguf file put there does.",
                    title=entry.title,
                    megabytes=round(entry.download / 10**6),
                    licence=entry.licence,
                    command=entry.command,
                ),
                entry.command,
                str(self._files.folder),
            )
        return ProviderStatus(
            "gguf",
            True,
            Message("Model files in {folder}: {n}", n=len(models), folder=str(self._files.folder)),
            Message("Nothing to do."),
            address=str(self._files.folder),
            models=len(models),
        )

    async def models(self) -> Sequence[ModelInfo]:
        return await asyncio.to_thread(self._files.list)

    def catalogue(self) -> Sequence[Offer]:
        """What can be fetched, and what of it is here. Reads the models folder."""
        return [Offer(entry, self._files.fetched(entry)) for entry in CATALOGUE.values()]

    async def capabilities(self, model: str) -> Capabilities:
        file = await asyncio.to_thread(self._files.find, model)
        return self._capabilities(file, self._host(file))

    async def chat(self, request: ChatRequest) -> AsyncIterator[ChatEvent]:
        file = await asyncio.to_thread(self._files.find, request.model)
        host = self._host(file)
        capabilities = self._capabilities(file, host)
        room = request.sampling.max_tokens or ROOM
        # What is loaded counts the prompt itself; an estimate serves only to load the right size at once.
        need = room if host.loaded else request.prompt_tokens + room
        queued = load = 0.0
        while True:
            if (news := host.forecast(need)) is not None:
                yield Notice(news)
            lease = await host.lease(need)
            with _given_back(host):
                queued, load = queued + (lease.queued or 0.0), load + (lease.load or 0.0)
                size = await _size(request, host, lease, room)
                if size >= host.ceiling:
                    raise _too_long(request.model, size, host.ceiling)
                if size + room > lease.child.window < host.ceiling:
                    need = size + room
                    continue
                answer = _answer(request, file, host, lease, capabilities)
                async with aclosing(answer) as events:
                    async for event in events:
                        if isinstance(event, Finished):
                            timing = replace(event.timing, queued=queued or None, load=load or None)
                            event = replace(event, timing=timing)
                        yield event
                return

    async def aclose(self) -> None:
        self._closed = True
        await asyncio.gather(*(host.aclose() for host in self._hosts.values()))

    def close_now(self) -> None:
        """End every child process, from any thread, a signal handler or atexit."""
        self._closed = True
        for host in list(self._hosts.values()):
            host.close_now()

    def _host(self, file: ModelFile) -> ModelHost:
        host = self._hosts.get(file.path)
        if host is None or (host.file.header != file.header and host.idle):
            old = host
            host = self._hosts[file.path] = ModelHost(
                file, context=self._context, idle_unload=self._idle_unload, memory=self._memory
            )
            if old is not None:
                old.close_now()
            if self._closed:
                host.close_now()
        return host

    @staticmethod
    def _capabilities(file: ModelFile, host: ModelHost) -> Capabilities:
        template = file.header.chat_template or ""
        reason = Message("Understudy does not steer the thinking of a model file: it thinks as its template says.")
        return Capabilities(
            refused=MappingProxyType({"reasoning": reason}),
            context_window=host.ceiling,
            thinking=any(mark in template for mark in _THINKS),
            json_schema=True,
            tools="tools" in template,
            local=True,
        )


@contextmanager
def _given_back(host: ModelHost) -> Iterator[None]:
    try:
        yield
    finally:
        host.release()


async def _size(request: ChatRequest, host: ModelHost, lease: Lease, room: int) -> int:
    """The prompt's tokens as the model counts them; 0 where it fits whatever they are."""
    # Byte-level vocabularies have at most one token a byte; a template frames each message with a few.
    most = sum(len(m.content.encode("utf-8", "replace")) + 32 for m in request.messages) + 128
    if most + room <= lease.child.window:
        return 0
    counted = await host.count(request.messages, lease.child)
    # What cannot be counted is sent when it may fit: the server refuses what does not.
    return counted if counted is not None else min(request.prompt_tokens, host.ceiling - 1)


async def _answer(
    request: ChatRequest, file: ModelFile, host: ModelHost, lease: Lease, capabilities: Capabilities
) -> AsyncGenerator[ChatEvent, None]:
    stream = cast(AsyncGenerator[ChatEvent, None], lease.wire.chat(request, capabilities))
    try:
        async with aclosing(stream) as events:
            async for event in events:
                if isinstance(event, Finished) and event.truncated is not None:
                    event = replace(event, truncated=_full(lease.child.window))
                yield event
    except ProviderError as exc:
        # The connection breaks a moment before the process is seen to be gone.
        if exc.kind in _TORN and await asyncio.to_thread(lease.child.wait, 1.0):
            failure = _died(file, lease)
            host.died()
        else:
            failure = exc
    else:
        return
    raise failure


def _full(window: int) -> Message:
    return Message("The answer filled the context window of {window} tokens and breaks off there.", window=window)


def _too_long(model: str, tokens: int, window: int) -> ProviderError:
    return ProviderError(
        Fault.CONTEXT_OVERFLOW,
        Message(
            "The prompt is too long for {model}: {tokens} tokens, and the context window holds {window}.",
            model=model,
            tokens=tokens,
            window=window,
        ),
        Message("Give fewer or shorter passages, or choose a model with a longer context window."),
    )


def _died(file: ModelFile, lease: Lease) -> ProviderError:
    again = Message(
        "Ask again: it starts anew. If it happens again, the machine may be short of memory: choose a smaller model."
    )
    words = lease.child.last_words()
    if words:
        return ProviderError(
            Fault.CHILD_DIED,
            Message("The process of {model} died while it answered: {detail}", model=file.name, detail=words),
            again,
        )
    return ProviderError(
        Fault.CHILD_DIED, Message("The process of {model} died while it answered.", model=file.name), again
    )
