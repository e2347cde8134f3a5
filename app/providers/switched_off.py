"""A cloud endpoint in local-only mode: named, never asked, not even for its list of models."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator, Sequence

from app.domain.chat import ChatEvent, ChatRequest
from app.domain.errors import Fault, ProviderError
from app.domain.message import Message
from app.domain.models import Capabilities, ModelInfo, ProviderStatus

REMEDY = Message("Choose a local model, or unset UNDERSTUDY_LOCAL_ONLY.")


class SwitchedOff:
    """Stands where the provider `name` would: nothing leaves this machine, no key is sent."""

    def __init__(self, name: str) -> None:
        self.name = name

    async def status(self) -> ProviderStatus:
        return ProviderStatus(self.name, False, Message("Switched off: local-only mode is on."), REMEDY)

    async def models(self) -> Sequence[ModelInfo]:
        return ()

    async def capabilities(self, model: str) -> Capabilities:
        return Capabilities()

    async def chat(self, request: ChatRequest) -> AsyncIterator[ChatEvent]:
        for event in self._events(request.model):
            yield event

    def _events(self, model: str) -> Iterator[ChatEvent]:
        raise ProviderError(
            Fault.LOCAL_ONLY,
            Message("Local-only mode is on, and {model} is not local.", model=f"{self.name}:{model}"),
            REMEDY,
        )

    async def aclose(self) -> None:
        return None
