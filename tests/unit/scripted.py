"""A provider that plays a script, and prices and tokens simple enough to check by hand."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from datetime import datetime
from decimal import Decimal

from app.domain.answers import Answer, Usage
from app.domain.chat import ChatEvent, ChatMessage, ChatRequest, Sent
from app.domain.message import Message
from app.domain.models import Capabilities, ModelInfo, ModelRef, ProviderStatus
from app.domain.pricing import Price

Step = ChatEvent | Exception | float
FOREVER = 3600.0


class ScriptedProvider:
    """Plays one script an attempt: events are yielded, numbers slept, exceptions raised."""

    name = "scripted"

    def __init__(self, *attempts: Sequence[Step], local: bool = True) -> None:
        self._attempts = list(attempts)
        self.local = local
        self.calls: list[ChatRequest] = []
        self.released = 0

    async def status(self) -> ProviderStatus:
        return ProviderStatus(self.name, True, Message("ready"), Message(""))

    async def models(self) -> Sequence[ModelInfo]:
        return [ModelInfo(ModelRef(self.name, "one"), local=self.local)]

    async def capabilities(self, model: str) -> Capabilities:
        return Capabilities(local=self.local)

    async def chat(self, request: ChatRequest) -> AsyncIterator[ChatEvent]:
        self.calls.append(request)
        script = self._attempts[min(len(self.calls), len(self._attempts)) - 1]
        try:
            yield Sent({"model": request.model})
            for step in script:
                if isinstance(step, Exception):
                    raise step
                if isinstance(step, float):
                    await asyncio.sleep(step)
                else:
                    yield step
        finally:
            self.released += 1

    async def aclose(self) -> None:
        return None


class WordTokens:
    """One token a word."""

    def count(self, text: str, model: ModelRef) -> tuple[int, bool]:
        return len(text.split()), True

    def count_messages(self, messages: Sequence[ChatMessage], model: ModelRef) -> tuple[int, bool]:
        return sum(len(m.content.split()) for m in messages), True


class CentPrices:
    """A cent a token for models that are not local."""

    def cost(self, model: ModelRef, usage: Usage, at: datetime, *, local: bool) -> Decimal | None:
        return Decimal(0) if local else Decimal("0.01") * (usage.input + usage.output)

    def price(self, model: ModelRef, at: datetime, *, local: bool) -> Price | None:
        return None


class MemoryRuns:
    """The run engine's store: keeps every state an answer was saved in."""

    def __init__(self, refuse: Callable[[], bool] = lambda: False) -> None:
        self.states: dict[str, list[Answer]] = {}
        self._refuse = refuse

    def save_answer(self, answer_id: str, answer: Answer) -> None:
        if self._refuse():
            raise OSError(28, "No space left on device")
        self.states.setdefault(answer_id, []).append(answer)

    def save_answers(self, answers: Mapping[str, Answer]) -> None:
        self.save_progress(answers)

    def save_progress(self, answers: Mapping[str, Answer]) -> None:
        for answer_id, answer in answers.items():
            self.save_answer(answer_id, answer)
