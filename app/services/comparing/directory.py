"""Which models are here and what they accept, asked of the servers and remembered for a moment."""

from __future__ import annotations

import asyncio
import threading
import time
from collections.abc import Iterable, Mapping, Sequence
from concurrent.futures import Future
from dataclasses import dataclass, field

from app.domain.chat import Provider
from app.domain.errors import Fault, ProviderError, UnderstudyError, UserError
from app.domain.message import Message
from app.domain.models import Capabilities, ModelInfo, ModelRef, ProviderStatus
from app.services.comparing.runs import RunEngine

FRESH = 20.0
UNKNOWN = Capabilities()


@dataclass(frozen=True, slots=True)
class Found:
    """What one look around found. `pending` names providers that had not answered yet."""

    statuses: tuple[ProviderStatus, ...] = ()
    models: tuple[ModelInfo, ...] = ()
    pending: tuple[str, ...] = ()
    errors: Mapping[str, UnderstudyError] = field(default_factory=dict)

    @property
    def chat_models(self) -> tuple[ModelInfo, ...]:
        return tuple(m for m in self.models if m.chat)

    def info(self, ref: ModelRef) -> ModelInfo | None:
        return next((m for m in self.models if m.ref == ref), None)


@dataclass(slots=True)
class _Seen:
    status: ProviderStatus | None = None
    models: tuple[ModelInfo, ...] = ()
    error: UnderstudyError | None = None
    at: float = 0.0
    generation: int = 0
    looking: Future[None] | None = None


class Directory:
    """The providers by name, and a short memory of what they said. Safe to call from any thread."""

    def __init__(self, providers: Mapping[str, Provider], engine: RunEngine) -> None:
        self._providers: dict[str, Provider] = {}
        self._engine = engine
        self._seen: dict[str, _Seen] = {}
        self._capabilities: dict[ModelRef, tuple[float, Capabilities]] = {}
        self._generation = 0
        self._lock = threading.Lock()
        for provider in providers.values():
            self.add(provider)

    def add(self, provider: Provider) -> None:
        """One more provider, under its own name."""
        with self._lock:
            self._seen[provider.name] = _Seen()
            self._providers[provider.name] = provider

    @property
    def providers(self) -> Mapping[str, Provider]:
        return self._providers

    def provider(self, ref: ModelRef) -> Provider:
        """Raises UserError when no provider has that name."""
        try:
            return self._providers[ref.provider]
        except KeyError:
            raise UserError(
                Message("There is no provider “{name}”.", name=ref.provider[:80]),
                Message("Choose one of {names}, or add it to endpoints.toml.", names=", ".join(self._providers)),
            ) from None

    def look(self, wait: float = 2.5, *, fresh: bool = False) -> Found:
        """What is here. Servers that have not answered within `wait` seconds are pending: look again.

        What was seen within the last seconds is not asked again unless `fresh`.
        """
        now = time.monotonic()
        with self._lock:
            for name, provider in self._providers.items():
                seen = self._seen[name]
                stale = fresh or now - seen.at > FRESH
                outdated = seen.generation != self._generation
                if (stale and (seen.looking is None or seen.looking.done())) or outdated:
                    seen.generation = self._generation
                    seen.looking = self._engine.spawn(self._ask(provider, seen, self._generation))
            # What was seen before is good enough meanwhile, unless somebody knows that it is not.
            wanted = [s for s in self._seen.values() if fresh or s.status is None or s.at == 0.0]
            looking = [s.looking for s in wanted if s.looking]
        deadline = now + wait
        for future in looking:
            try:
                future.result(max(0.0, deadline - time.monotonic()))
            except Exception:
                continue  # still looking, or noted in `errors`
        seen_by_name = list(self._seen.items())
        return Found(
            statuses=tuple(s.status for _, s in seen_by_name if s.status),
            models=tuple(m for _, s in seen_by_name for m in s.models),
            pending=tuple(name for name, s in seen_by_name if s.status is None),
            errors={name: s.error for name, s in seen_by_name if s.error},
        )

    async def _ask(self, provider: Provider, seen: _Seen, generation: int) -> None:
        models: Sequence[ModelInfo] = ()
        error: UnderstudyError | None = None
        status, listed = await asyncio.gather(provider.status(), provider.models(), return_exceptions=True)
        if isinstance(listed, UnderstudyError):
            error = listed
        elif isinstance(listed, BaseException):
            error = ProviderError(Fault.INTERNAL, Message("{what}", what=type(listed).__name__), Message(""))
        else:
            models = listed
        if isinstance(status, BaseException):
            status = ProviderStatus(provider.name, False, Message("could not be asked"), Message(""))
        if generation != seen.generation:
            return  # asked before something changed: a newer look is under way
        seen.status, seen.models, seen.error, seen.at = status, tuple(models), error, time.monotonic()

    def capabilities(self, ref: ModelRef, timeout: float = 3.0) -> Capabilities:
        """What the model accepts; everything, when its server cannot be asked now (the run will say why)."""
        return self.capabilities_of([ref], timeout)[ref]

    def capabilities_of(self, refs: Iterable[ModelRef], timeout: float = 3.0) -> dict[ModelRef, Capabilities]:
        """The same for several models, asked at once: `timeout` seconds in all."""
        now = time.monotonic()
        with self._lock:
            known = {ref: self._capabilities.get(ref) for ref in refs}
        asked = {ref: self._engine.spawn(self._accepted(ref)) for ref, k in known.items() if not k or now >= k[0]}
        for ref, future in asked.items():
            # A server that cannot be asked now is asked again soon; what one said holds for longer.
            good_for = FRESH * 3
            try:
                found = future.result(max(0.0, now + timeout - time.monotonic()))
            except Exception:
                future.cancel()
                before = known[ref]
                found, good_for = before[1] if before else UNKNOWN, FRESH / 4
            known[ref] = (time.monotonic() + good_for, found)
        with self._lock:
            self._capabilities.update({ref: k for ref, k in known.items() if k})
        return {ref: k[1] for ref, k in known.items() if k}

    async def _accepted(self, ref: ModelRef) -> Capabilities:
        return await self.provider(ref).capabilities(ref.name)

    def forget(self) -> None:
        """Ask everybody anew at the next look: a key was set, a model fetched."""
        with self._lock:
            self._generation += 1
            for seen in self._seen.values():
                seen.at = 0.0
            self._capabilities.clear()
