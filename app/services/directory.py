"""Which models are here and what they accept, asked of the servers and remembered for a moment."""

from __future__ import annotations

import asyncio
import threading
import time
from collections.abc import Mapping, Sequence
from concurrent.futures import Future
from dataclasses import dataclass, field

from app.domain.chat import Provider
from app.domain.errors import Fault, ProviderError, UnderstudyError
from app.domain.message import Message
from app.domain.models import Capabilities, ModelInfo, ModelRef, ProviderStatus
from app.services.runs import RunEngine

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
    looking: Future[None] | None = None


class Directory:
    """The providers by name, and a short memory of what they said. Safe to call from any thread."""

    def __init__(self, providers: Mapping[str, Provider], engine: RunEngine) -> None:
        self._providers: dict[str, Provider] = {}
        self._engine = engine
        self._seen: dict[str, _Seen] = {}
        self._capabilities: dict[ModelRef, tuple[float, Capabilities]] = {}
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
        """Raises ProviderError when no provider has that name."""
        try:
            return self._providers[ref.provider]
        except KeyError:
            raise ProviderError(
                Fault.UNKNOWN_MODEL,
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
                if stale and (seen.looking is None or seen.looking.done()):
                    seen.looking = self._engine.spawn(self._ask(provider, seen))
            looking = [s.looking for s in self._seen.values() if s.looking and (fresh or s.status is None)]
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

    async def _ask(self, provider: Provider, seen: _Seen) -> None:
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
        seen.status, seen.models, seen.error, seen.at = status, tuple(models), error, time.monotonic()

    def capabilities(self, ref: ModelRef, timeout: float = 3.0) -> Capabilities:
        """What the model accepts; everything, when its server cannot be asked now (the run will say why)."""
        with self._lock:
            known = self._capabilities.get(ref)
        if known and time.monotonic() < known[0]:
            return known[1]
        # A server that cannot be asked now is asked again soon; what one said holds for longer.
        good_for = FRESH * 3
        try:
            found = self._engine.call(self.provider(ref).capabilities(ref.name), timeout)
        except (UnderstudyError, TimeoutError):
            found, good_for = (known[1] if known else UNKNOWN), FRESH / 4
        with self._lock:
            self._capabilities[ref] = (time.monotonic() + good_for, found)
        return found

    def forget(self) -> None:
        """Ask everybody anew at the next look: a key was set, a model fetched."""
        with self._lock:
            for seen in self._seen.values():
                seen.at = 0.0
            self._capabilities.clear()
