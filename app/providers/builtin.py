"""The `builtin` provider: two baselines that need nothing. The floor that a language model has to beat."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Iterator, Sequence
from types import MappingProxyType

from app.domain.chat import ChatEvent, ChatRequest, Finished, Notice, Sent, TextDelta
from app.domain.errors import Fault, ProviderError
from app.domain.message import Message
from app.domain.models import SAMPLING_FIELDS, Capabilities, ModelInfo, ModelRef, ProviderStatus
from app.domain.sentences import cleaned, sentences
from app.providers.builtin_ranking import Ranking

LEAD, EXTRACT = "lead", "extract"
MOST_SENTENCES = 3
_NAMES = (EXTRACT, LEAD)


class BuiltinProvider:
    """`lead` quotes the passage that fits the prompt best; `extract` the sentences that answer it best.

    Both cite what they quote, draw nothing at random and say so when there is no evidence.
    """

    @property
    def name(self) -> str:
        return "builtin"

    async def status(self) -> ProviderStatus:
        return ProviderStatus(
            "builtin", True, Message("Two baselines that need nothing."), Message("Nothing to do."), models=len(_NAMES)
        )

    async def models(self) -> Sequence[ModelInfo]:
        return [ModelInfo(ModelRef("builtin", name), family="baseline", local=True) for name in _NAMES]

    async def capabilities(self, model: str) -> Capabilities:
        _check(model)
        reason = Message("A baseline quotes the evidence: it draws no tokens, so there is nothing to set.")
        return Capabilities(refused=MappingProxyType(dict.fromkeys(SAMPLING_FIELDS, reason)), local=True)

    async def chat(self, request: ChatRequest) -> AsyncIterator[ChatEvent]:
        capabilities = await self.capabilities(request.model)
        _, not_sent = capabilities.accept(request.sampling)
        if not any(p.text.strip() for p in request.evidence.passages):
            raise ProviderError(
                Fault.NO_EVIDENCE,
                Message("There is no evidence to quote from: {model} knows nothing itself.", model=request.model),
                Message("Paste some text into the context box, or give a file with --context."),
            )
        yield Sent({"model": request.model, "passages": len(request.evidence.passages)}, not_sent)
        prompt = request.prompt or next((m.content for m in reversed(request.messages) if m.role == "user"), "")
        ranking = await asyncio.to_thread(Ranking, prompt, request.evidence)
        if not ranking.overlaps:
            yield Notice(
                Message("No sentence shares a telling word with the question: this is how the evidence begins.")
            )
        deltas = _lead(request, ranking) if request.model == LEAD else _extract(ranking)
        for delta in deltas:
            yield TextDelta(delta)
            await asyncio.sleep(0)  # a long quotation must not hold up the other answers
        yield Finished("stop")

    async def aclose(self) -> None:
        return None


def _check(model: str) -> None:
    if model not in _NAMES:
        raise ProviderError(
            Fault.UNKNOWN_MODEL,
            Message("There is no baseline “{model}”.", model=model[:200]),
            Message("Choose builtin:extract or builtin:lead."),
        )


def _lead(request: ChatRequest, ranking: Ranking) -> Iterator[str]:
    """The best passage as it stands, sentence by sentence, and its citation."""
    number = ranking.best_passage()
    text = cleaned(request.evidence.passages[number - 1].text).strip()
    at = 0
    for _, end in sentences(text):
        yield text[at:end]
        at = end
    yield f" [{number}]"


def _extract(ranking: Ranking) -> Iterator[str]:
    for n, sentence in enumerate(ranking.pick(MOST_SENTENCES)):
        yield f"{' ' if n else ''}{sentence.text} [{sentence.passage}]"
