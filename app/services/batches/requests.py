"""From a question of a batch to the requests of its contestants, and what identifies a request."""

from __future__ import annotations

import hashlib
import json
import random
from collections.abc import Mapping
from dataclasses import dataclass

from app.domain.batches import BatchPlan
from app.domain.chat import ChatRequest
from app.domain.comparisons import Comparison
from app.domain.errors import AnswerError, Fault, UserError
from app.domain.evidence import Evidence
from app.domain.message import Message
from app.domain.models import Capabilities, Contestant, ModelRef
from app.domain.pricing import TokenCounter
from app.domain.questions import Question
from app.domain.searching import Search
from app.services.comparing.prompting import check_prompt, clean, messages_for
from app.services.comparing.sources import NothingFits, retrieve

_sides = random.SystemRandom()


@dataclass(frozen=True, slots=True)
class Prepared:
    """A question ready to be asked: the comparison that all its repeats are, and a request for each contestant."""

    comparison: Comparison
    requests: tuple[ChatRequest, ...]
    digests: tuple[str, ...]
    notices: tuple[Message, ...] = ()


class Preparing:
    """Prepares the questions of one batch. Blocks (searching, counting): call it in a thread; any number may."""

    def __init__(
        self,
        plan: BatchPlan,
        accepts: Mapping[ModelRef, Capabilities],
        model_digests: Mapping[ModelRef, str],
        tokens: TokenCounter,
        search: Search,
    ) -> None:
        self._plan = plan
        self._accepts = accepts
        self._model_digests = model_digests
        self._tokens = tokens
        self._search = search

    def prepare(self, question: Question) -> Prepared | AnswerError:
        """What to ask, or why this question cannot be asked. Raises UnderstudyError when searching fails."""
        prompt, dropped = clean(question.text)
        system, dropped_too = clean(self._plan.system)
        evidence, notices = Evidence(), tuple[Message, ...]()
        try:
            check_prompt(prompt)
        except UserError as exc:
            return AnswerError(Fault.CONTEXT_OVERFLOW, exc.message, exc.remedy)
        if self._plan.collection:
            try:
                found = retrieve(self._search, self._plan.collection, prompt, self._plan.search)
            except NothingFits as exc:
                return AnswerError(Fault.NO_EVIDENCE, exc.message, exc.remedy)
            evidence, notices = found.evidence, found.notices
        if dropped + dropped_too:
            left_out = Message("Control characters left out of the prompt: {n}.", n=dropped + dropped_too)
            notices = (*notices, left_out)
        comparison = Comparison(
            prompt=prompt,
            contestants=self._plan.contestants,
            system=system,
            evidence=evidence,
            blind=len(self._plan.contestants) > 1,
            start=self._plan.start,
        )
        requests = self.requests(comparison)
        digests = tuple(self._digest(c, r) for c, r in zip(comparison.contestants, requests, strict=True))
        return Prepared(comparison, requests, digests, notices)

    def requests(self, comparison: Comparison) -> tuple[ChatRequest, ...]:
        """What each contestant is sent."""
        messages = messages_for(comparison)
        return tuple(
            ChatRequest(
                model=contestant.model.name,
                messages=messages,
                sampling=contestant.sampling,
                prompt=comparison.prompt,
                evidence=comparison.evidence,
                prompt_tokens=self._tokens.count_messages(messages, contestant.model)[0],
            )
            for contestant in comparison.contestants
        )

    def _digest(self, contestant: Contestant, request: ChatRequest) -> str:
        """SHA-256 over the model (with its own digest where that is known), the sampling sent and the messages."""
        taken, _ = self._accepts[contestant.model].accept(contestant.sampling)
        whole = [
            str(contestant.model),
            self._model_digests.get(contestant.model, ""),
            sorted(taken.items()),
            [[m.role, m.content] for m in request.messages],
        ]
        return hashlib.sha256(json.dumps(whole, ensure_ascii=False, default=list).encode()).hexdigest()


def shuffled(contestants: int) -> tuple[int, ...]:
    """The side of each contestant, by lot."""
    sides = list(range(contestants))
    _sides.shuffle(sides)
    return tuple(sides)
