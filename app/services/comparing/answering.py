"""One answer from one provider: patience, retries, and what the end of a stream means.

This is the same for every provider; an adapter makes one attempt and reports what its server said.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import AsyncGenerator, Callable
from contextlib import aclosing
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from decimal import Decimal
from typing import cast

from app.domain.answers import Answer, Status, Usage
from app.domain.chat import ChatEvent, ChatRequest, Finished, Notice, Provider, Sent, TextDelta, ThinkingDelta
from app.domain.errors import REFUSALS, AnswerError, Fault, ProviderError, UnderstudyError, local_only
from app.domain.message import Message
from app.domain.models import ModelRef
from app.domain.pricing import PriceBook, TokenCounter
from app.services.comparing.live import LiveAnswer

log = logging.getLogger(__name__)

ATTEMPTS = 3
LONGEST_WAIT = 60.0


@dataclass(frozen=True, slots=True)
class Patience:
    """How long to wait, in seconds: for the first token once the request is out, and between tokens."""

    first_token: float = 120.0
    idle: float = 60.0


class Answering:
    """Turns a provider's stream into a finished Answer in a LiveAnswer. Never raises but CancelledError."""

    def __init__(
        self,
        prices: PriceBook,
        tokens: TokenCounter,
        patience: Patience,
        *,
        local_only: bool = False,
        scrub: Callable[[str], str] = str,
    ) -> None:
        self._prices = prices
        self._tokens = tokens
        self._patience = patience
        self._local_only = local_only
        self._scrub = scrub

    async def answer(
        self, provider: Provider, request: ChatRequest, live: LiveAnswer, *, attempts: int = ATTEMPTS
    ) -> ProviderError | None:
        """Ask, and leave the finished answer in `live`, whatever happens.

        A cancelled task leaves status cancelled and swallows the cancellation: it was asked for. Returns
        what the provider failed with, for whoever asks with one attempt and has a patience of his own.
        """
        started = datetime.now(UTC)
        local: bool | None = None
        end: Finished | None = None
        error: AnswerError | None = None
        failure: ProviderError | None = None
        cancelled = False
        try:
            local = (await provider.capabilities(request.model)).local
            if self._local_only and not local:
                raise local_only(str(ModelRef(provider.name, request.model)))
            end = await self._attempts(provider, request, live, attempts)
        except asyncio.CancelledError:
            cancelled = True
        except ProviderError as exc:
            error, failure = exc.error, exc
        except UnderstudyError as exc:
            error = AnswerError(Fault.INTERNAL, exc.message, exc.remedy)
        except Exception as exc:
            detail = self._scrub(f"{type(exc).__name__}: {exc}")[:500]
            log.error("an adapter broke its contract: %s", detail)
            error = AnswerError(
                Fault.INTERNAL,
                Message("Something broke inside Understudy: {detail}", detail=detail),
                Message("Ask again; if it happens twice, report it with this text."),
            )
        model = ModelRef(provider.name, request.model)
        usage = end.usage if end else None
        cost: Decimal | None = None
        try:
            so_far = live.snapshot()
            if usage is None and (so_far.text or so_far.thinking):
                # Counting a long answer takes a while, and other answers share this loop.
                usage = await asyncio.to_thread(self._estimated, request, so_far, model)
            cost = self._prices.cost(model, usage, started, local=local is True) if usage else None
        except asyncio.CancelledError:
            cancelled = True
        except Exception as exc:  # an answer must not be lost because it could not be counted
            log.error("an answer could not be counted: %s", type(exc).__name__)
        live.finish(self._final(live, end, usage, cost, error, cancelled, local))
        return failure

    async def _attempts(self, provider: Provider, request: ChatRequest, live: LiveAnswer, attempts: int) -> Finished:
        for attempt in range(1, attempts + 1):
            try:
                return await self._attempt(provider, request, live)
            except ProviderError as exc:
                wait = exc.retry_after if exc.retry_after is not None else 0.5 * 2**attempt
                if live.started or not exc.retryable or attempt == attempts or wait > LONGEST_WAIT:
                    raise
                live.apply(
                    Notice(
                        Message(
                            "{reason} Asking again in {seconds} s (attempt {n} of {of}).",
                            reason=exc.message,
                            seconds=f"{wait:g}",
                            n=attempt + 1,
                            of=attempts,
                        )
                    )
                )
                await asyncio.sleep(wait)
        raise AssertionError("unreachable")

    async def _attempt(self, provider: Provider, request: ChatRequest, live: LiveAnswer) -> Finished:
        loop = asyncio.get_running_loop()
        # Before `Sent` the adapter may be loading a model and says so itself; the clock starts after it.
        try:
            async with asyncio.timeout(None) as limit:
                # aclosing: a stream left early must let go of its connection now, not when collected.
                stream = cast(AsyncGenerator[ChatEvent, None], provider.chat(request))
                async with aclosing(stream) as events:
                    async for event in events:
                        match event:
                            case TextDelta() | ThinkingDelta():
                                live.apply(event)
                                limit.reschedule(loop.time() + self._patience.idle)
                            case Sent():
                                live.apply(event)
                                limit.reschedule(loop.time() + self._patience.first_token)
                            case Notice():
                                live.apply(event)
                            case Finished():
                                return event
        except TimeoutError:
            raise self._silence(live) from None
        raise ProviderError(
            Fault.CUT_STREAM,
            Message("The connection ended before the answer did."),
            Message("Ask again; if it happens often, look at the server's log."),
            retryable=True,
        )

    def _silence(self, live: LiveAnswer) -> ProviderError:
        if live.started:
            return ProviderError(
                Fault.SILENCE,
                Message("The server fell silent: no token for {seconds} s.", seconds=f"{self._patience.idle:g}"),
                Message("Look at the server's load, or allow more by UNDERSTUDY_IDLE_TIMEOUT (seconds)."),
            )
        return ProviderError(
            Fault.SILENCE,
            Message("No first token within {seconds} s.", seconds=f"{self._patience.first_token:g}"),
            Message(
                "A large model may still be loading: ask again, or allow more"
                " by UNDERSTUDY_FIRST_TOKEN_TIMEOUT (seconds)."
            ),
        )

    def _final(
        self,
        live: LiveAnswer,
        end: Finished | None,
        usage: Usage | None,
        cost: Decimal | None,
        error: AnswerError | None,
        cancelled: bool,
        local: bool | None,
    ) -> Answer:
        so_far = live.snapshot()
        if end is not None and error is None and not so_far.text.strip():
            error = _nothing_said(so_far, usage, end)
        timing = so_far.timing
        if end is not None:
            timing = replace(end.timing, first_token=timing.first_token, total=timing.total)
        notices = so_far.notices
        if end is not None and end.truncated is not None:
            notices = (*notices, end.truncated)
        return replace(
            so_far,
            status=_status(end, error, cancelled),
            finish=end.finish if end else None,
            usage=usage,
            timing=timing,
            cost_usd=cost,
            notices=notices,
            error=error,
            local=local,
        )

    def _estimated(self, request: ChatRequest, answer: Answer, model: ModelRef) -> Usage:
        reasoning, _ = self._tokens.count(answer.thinking, model)
        text, _ = self._tokens.count(answer.text, model)
        return Usage(input=request.prompt_tokens, output=text + reasoning, reasoning=reasoning, source="estimated")


def _status(end: Finished | None, error: AnswerError | None, cancelled: bool) -> Status:
    if cancelled:
        return Status.CANCELLED
    if error is not None:
        return Status.REFUSED if error.kind in REFUSALS else Status.FAILED
    assert end is not None
    return Status.TRUNCATED if end.truncated is not None else Status.DONE


def _nothing_said(answer: Answer, usage: Usage | None, end: Finished) -> AnswerError:
    if answer.thinking.strip():
        return AnswerError(
            Fault.ONLY_THINKING,
            Message("All {n} tokens went to thinking; no answer was left.", n=usage.output if usage else "?"),
            Message("Raise max tokens, or set reasoning to none."),
        )
    return AnswerError(
        Fault.EMPTY_ANSWER,
        Message("The model ended its turn without a word (finish: {finish}).", finish=end.finish),
        Message("Ask again, or word the prompt differently; small models do this now and then."),
    )
