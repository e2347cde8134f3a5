"""A cloud endpoint in local-only mode: named, never asked, not even for its list of models."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator, Sequence

from app.domain.chat import ChatEvent, ChatRequest
from app.domain.errors import CHOOSE_LOCAL, local_only
from app.domain.message import Message
from app.domain.models import Capabilities, ModelInfo, ProviderStatus


class SwitchedOff:
    """Stands where the provider `name` would: nothing leaves this machine, no key is sent."""

    def __init__(self, name: str) -> None:
        self.name = name

    async def status(self) -> ProviderStatus:
        return ProviderStatus(self.name, False, Message("Switched off: local-only mode is on."), CHOOSE_LOCAL)

    async def models(self) -> Sequence[ModelInfo]:
        return ()

    async def capabilities(self, model: str) -> Capabilities:
        return Capabilities()

    async def chat(self, request: ChatRequest) -> AsyncIterator[ChatEvent]:
        for event in self._events(request.model):
            yield event

    def _events(self, model: str) -> Iterator[ChatEvent]:
        raise local_only(f"{self.name}:{model}")

    async def aclose(self) -> None:
        return None
