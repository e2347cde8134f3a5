"""The `ollama` provider: models of an Ollama server, over its native API."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncGenerator, Callable, Mapping, Sequence
from contextlib import aclosing

from app.domain.chat import ChatEvent, ChatRequest, Notice, Sent
from app.domain.errors import Fault, ProviderError
from app.domain.message import Message
from app.domain.models import Capabilities, ModelInfo, ModelRef, ProviderStatus
from app.providers import ollama_profiles as profiles
from app.providers.ollama_errors import ContextOverflow, cut_stream, pull_failed
from app.providers.ollama_host import parse_host
from app.providers.ollama_http import OllamaHttp
from app.providers.ollama_profiles import Profile
from app.providers.ollama_wire import Done, PullProgress, body_of, events_of, finished_of, progress_of

# Seconds.
_REMEMBER = 30.0
_FOR_EVER = float("inf")
_DESCRIBE_AT_ONCE = 4


class OllamaProvider:
    """An Ollama server at `host` (as OLLAMA_HOST is written; None = this machine's).

    `connect_timeout` in seconds; there is no read timeout on answers: whoever listens watches for
    silence. `api_key` is asked for at each request and sent as a bearer token where there is one.
    Raises UserError for a malformed host.
    """

    def __init__(
        self,
        host: str | None,
        *,
        connect_timeout: float = 5.0,
        name: str = "ollama",
        api_key: Callable[[], str | None] = lambda: None,
    ) -> None:
        self._http = OllamaHttp(parse_host(host), connect_timeout=connect_timeout, api_key=api_key)
        self._name = name
        self._profiles: dict[str, tuple[float, asyncio.Task[Profile]]] = {}
        self._describing = asyncio.Semaphore(_DESCRIBE_AT_ONCE)
        self._looking: asyncio.Task[list[Mapping[str, object]] | None] | None = None

    @property
    def name(self) -> str:
        return self._name

    @property
    def address(self) -> str:
        return self._http.host.url

    async def status(self) -> ProviderStatus:
        """What is there; never raises."""
        try:
            version = str((await self._http.call("GET", "/api/version")).get("version", "?"))
            count = len(_entries(await self._http.call("GET", "/api/tags")))
        except ProviderError as exc:
            command = "ollama serve" if exc.kind is Fault.UNREACHABLE and self._http.host.loopback else None
            return ProviderStatus(self._name, False, exc.message, exc.remedy, command, self.address)
        if not count:
            return ProviderStatus(
                self._name,
                False,
                Message("Ollama {version} at {address} has no model yet.", version=version, address=self.address),
                Message("Fetch one from https://ollama.com/search, for example `ollama pull llama3.2`."),
                "ollama pull llama3.2",
                self.address,
            )
        return ProviderStatus(
            self._name,
            True,
            Message("Ollama {version} at {address}, models: {n}", version=version, address=self.address, n=count),
            Message("Fetch more with `ollama pull NAME`; names are on https://ollama.com/search."),
            address=self.address,
            models=count,
        )

    async def models(self) -> Sequence[ModelInfo]:
        """The models that the server has, embedding models with chat=False. Raises ProviderError."""
        entries = _entries(await self._http.call("GET", "/api/tags"))
        local_host, found = await asyncio.gather(
            self._http.host.is_local(), asyncio.gather(*(self._listed(entry) for entry in entries))
        )
        return [self._info(entry, profile, local_host) for entry, profile in zip(entries, found, strict=True)]

    async def capabilities(self, model: str) -> Capabilities:
        """What `model` accepts, from /api/show. Raises ProviderError."""
        profile, local_host = await asyncio.gather(self._profile(model), self._http.host.is_local())
        return profiles.capabilities_of(model, profile, local_host=local_host)

    async def chat(self, request: ChatRequest) -> AsyncGenerator[ChatEvent, None]:
        """One attempt. Yields a second `Sent` when the server counted more tokens than were estimated.

        Then the same question is asked again with a larger window; nothing had been written yet.
        """
        profile, loaded = await asyncio.gather(self._profile_if_told(request.model), self._loaded(request.model))
        taken, not_sent = profiles.capabilities_of(request.model, profile, local_host=False).accept(request.sampling)
        think = None
        if "reasoning" in taken:
            think, why_not = profiles.think_of(request.model, profile, request.sampling.reasoning)
            if why_not is not None:
                not_sent["reasoning"] = why_not
        limit = profile.context_window
        num_ctx = profiles.choose_num_ctx(profiles.tokens_needed(request, profile), limit=limit, loaded=loaded or None)
        asked_before = False
        while True:
            # The cloud has its own window, whatever is asked for.
            window = None if profile.cloud else num_ctx
            body = body_of(request, taken, num_ctx=window, think=think)
            yield Sent({k: v for k, v in body.items() if k != "messages"}, not_sent)
            if window is not None and loaded is not None and loaded != window:
                yield Notice(_loading(request.model, window, loaded))
            try:
                async with aclosing(self._answer(request, body, window)) as events:
                    async for event in events:
                        yield event
                return
            except ContextOverflow as overflow:
                room = profiles.answer_room(request, profile)
                larger = None if window is None else profiles.step_up(num_ctx, overflow.prompt_tokens, room, limit)
                if asked_before or larger is None:
                    raise
                asked_before, num_ctx, counted = True, larger, overflow.prompt_tokens
            yield Notice(
                Message(
                    "The prompt is longer than estimated ({counted} tokens, about {estimate} expected): "
                    "asking again with a context window of {window}.",
                    counted=counted or "?",
                    estimate=request.prompt_tokens,
                    window=num_ctx,
                )
            )

    async def pull(self, model: str) -> AsyncGenerator[PullProgress, None]:
        """Fetch `model` onto the server, with its progress. Raises ProviderError; closing it stops the fetching."""
        status = ""
        async with aclosing(self._http.lines("/api/pull", {"model": model, "stream": True}, model)) as lines:
            async for line in lines:
                try:
                    progress = progress_of(line)
                except ProviderError as exc:
                    raise pull_failed(model, exc) from None
                status = progress.status
                yield progress
        if status != "success":
            raise cut_stream()
        self._forget(model)

    async def aclose(self) -> None:
        for task in (*(task for _, task in self._profiles.values()), self._looking):
            if task is not None:
                task.cancel()
        self._profiles.clear()
        await self._http.aclose()

    async def _answer(
        self, request: ChatRequest, body: Mapping[str, object], window: int | None
    ) -> AsyncGenerator[ChatEvent, None]:
        async with aclosing(self._http.lines("/api/chat", body, request.model)) as lines:
            async for line in lines:
                for event in events_of(line):
                    if isinstance(event, Done):
                        yield finished_of(event, request, num_ctx=window)
                        return
                    yield event
        # The Python client takes such an end for success.
        raise cut_stream()

    async def _profile_if_told(self, model: str) -> Profile:
        """What the server says about `model`; a blank where it cannot say, for /api/chat to judge."""
        try:
            return await self._profile(model)
        except ProviderError as exc:
            if exc.kind in (Fault.UNREACHABLE, Fault.UNKNOWN_MODEL, Fault.WRONG_KEY):
                raise
            return Profile()

    async def _listed(self, entry: Mapping[str, object]) -> Profile:
        name = str(entry.get("name") or entry.get("model"))
        listed = profiles.profile_of(name, entry)
        if listed.capabilities is not None and listed.context_window is not None:
            return listed
        # Before 0.33 the list holds neither; a digest names the same model for ever.
        try:
            return await self._profile(name, remember_as=str(entry.get("digest") or name), seconds=_FOR_EVER)
        except ProviderError:
            return listed

    async def _profile(self, model: str, remember_as: str = "", seconds: float = _REMEMBER) -> Profile:
        """The profile from /api/show, asked once however many want it at the same time."""
        key = remember_as or model
        until, task = self._profiles.get(key, (0.0, None))
        if task is None or time.monotonic() > until:
            task = asyncio.create_task(self._describe(model))
            task.add_done_callback(lambda done: self._keep_if_good(key, done))
            self._profiles[key] = (time.monotonic() + seconds, task)
        # Shielded: who stops waiting must not take the answer from those who wait on.
        return await asyncio.shield(task)

    def _keep_if_good(self, key: str, task: asyncio.Task[Profile]) -> None:
        if (task.cancelled() or task.exception() is not None) and self._profiles.get(key, (0.0, None))[1] is task:
            del self._profiles[key]

    def _forget(self, model: str) -> None:
        self._profiles.pop(model, None)

    async def _describe(self, model: str) -> Profile:
        async with self._describing:
            return profiles.profile_of(model, await self._http.call("POST", "/api/show", {"model": model}, model))

    async def _loaded(self, model: str) -> int | None:
        """The context window that `model` is loaded with: 0 when it is not loaded, None when nobody can tell."""
        # Contestants start together: one look serves all that want it at this moment.
        if self._looking is None or self._looking.done():
            self._looking = asyncio.create_task(self._running())
        entries = await asyncio.shield(self._looking)
        if entries is None:
            return None
        for entry in entries:
            if _tagged(model) in (_tagged(str(entry.get("name"))), _tagged(str(entry.get("model")))):
                size = entry.get("context_length")
                return size if isinstance(size, int) and size > 0 else None
        return 0

    async def _running(self) -> list[Mapping[str, object]] | None:
        """What /api/ps lists; None when it cannot be asked."""
        try:
            return _entries(await self._http.call("GET", "/api/ps"))
        except ProviderError:
            return None

    def _info(self, entry: Mapping[str, object], profile: Profile, local_host: bool) -> ModelInfo:
        details = entry.get("details")
        details = details if isinstance(details, Mapping) else {}
        size = entry.get("size")
        return ModelInfo(
            ref=ModelRef(self._name, str(entry.get("name") or entry.get("model"))),
            size=size if isinstance(size, int) else None,
            quantization=_text(details.get("quantization_level")),
            family=_text(details.get("family")),
            parameters=_text(details.get("parameter_size")),
            digest=_text(entry.get("digest")),
            context_window=profile.context_window,
            local=local_host and not (profile.cloud or profiles.is_cloud("", entry)),
            chat=profile.chat,
        )


def _entries(data: Mapping[str, object]) -> list[Mapping[str, object]]:
    models = data.get("models")
    return [entry for entry in models if isinstance(entry, Mapping)] if isinstance(models, list) else []


def _tagged(name: str) -> str:
    return name if ":" in name.rpartition("/")[2] else f"{name}:latest"


def _text(value: object) -> str | None:
    return value if isinstance(value, str) and value else None


def _loading(model: str, window: int, loaded: int) -> Message:
    if not loaded:
        return Message("{model} was not in memory: Ollama loads it first.", model=model)
    return Message(
        "Ollama loads {model} anew: it was in memory with a context window of {loaded}, this prompt needs {window}.",
        model=model,
        loaded=loaded,
        window=window,
    )


__all__ = ["OllamaProvider", "PullProgress"]
