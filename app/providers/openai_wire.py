"""The OpenAI chat protocol as pure functions: a request to its body, chunks to events."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from app.domain.answers import Timing, Usage
from app.domain.chat import ChatRequest, Finished, TextDelta, ThinkingDelta, whole
from app.domain.errors import Fault, ProviderError
from app.domain.message import Message
from app.domain.models import Capabilities

# Our name of a sampling field → the name on the wire.
OPENAI_NAMES: Mapping[str, str] = {"max_tokens": "max_completion_tokens", "reasoning": "reasoning_effort"}
COMPATIBLE_NAMES: Mapping[str, str] = {"reasoning": "reasoning_effort"}
VLLM_NAMES: Mapping[str, str] = {**COMPATIBLE_NAMES, "repeat_penalty": "repetition_penalty"}


def body_of(
    request: ChatRequest, capabilities: Capabilities, names: Mapping[str, str], *, usage: bool = True
) -> tuple[dict[str, object], dict[str, Message]]:
    """The request's JSON body, and what is left out of it with the reason.

    `names` are the wire's names where they differ from ours; `usage` asks the server to count.
    """
    taken, not_sent = capabilities.accept(request.sampling)
    body: dict[str, object] = {
        "model": request.model,
        "messages": [{"role": m.role, "content": m.content} for m in request.messages],
        "stream": True,
    }
    if usage:
        body["stream_options"] = {"include_usage": True}
    for name, value in taken.items():
        body[names.get(name, name)] = list(value) if isinstance(value, tuple) else value
    return body, not_sent


class ChunkReader:
    """Reads the chunks of one answer: events as they come, and at the end what the end meant.

    `limit` is the number of output tokens that was asked for.
    """

    def __init__(self, limit: int | None = None) -> None:
        self._limit = limit
        self._usage: Usage | None = None
        self._timing = Timing()
        self.finish: str | None = None

    def read(self, chunk: object) -> Iterator[TextDelta | ThinkingDelta]:
        """The events in one chunk. Raises ProviderError when it is no chunk."""
        if not isinstance(chunk, Mapping):
            raise odd_chunk()
        if isinstance(chunk.get("usage"), Mapping):
            self._usage = usage_of(chunk["usage"]) or self._usage
        if isinstance(chunk.get("timings"), Mapping):
            self._timing = timing_of(chunk["timings"])
        choices = chunk.get("choices") or []
        if not isinstance(choices, list):
            raise odd_chunk()
        for choice in choices:
            if not isinstance(choice, Mapping):
                raise odd_chunk()
            # A final chunk may leave the delta out or set it to null.
            yield from self._delta(choice.get("delta") or {})
            if choice.get("finish_reason"):
                self.finish = str(choice["finish_reason"])

    @staticmethod
    def _delta(delta: object) -> Iterator[TextDelta | ThinkingDelta]:
        if not isinstance(delta, Mapping):
            raise odd_chunk()
        # llama.cpp, DeepSeek and vLLM say reasoning_content; OpenRouter, Groq and newer vLLM say reasoning.
        thought = delta.get("reasoning_content") or delta.get("reasoning")
        if thought and isinstance(thought, str):
            yield ThinkingDelta(whole(thought))
        # A model that declines in words has answered: the words are the answer.
        for text in (delta.get("content"), delta.get("refusal")):
            if text and not isinstance(text, str):
                raise odd_chunk()
            if text:
                yield TextDelta(whole(text))

    def end(self) -> Finished:
        """What the stream's end meant. Raises ProviderError when it ended without a finish reason, or was filtered."""
        if self.finish is None:
            raise cut_stream()
        if self.finish == "content_filter":
            raise ProviderError(
                Fault.CONTENT_FILTER,
                Message("The server's content filter stopped the answer."),
                Message("Reword the prompt, or leave out the passage that the filter objects to."),
            )
        return Finished(self.finish, self._usage, self._timing, self._truncated())

    def _truncated(self) -> Message | None:
        if self.finish != "length":
            return None
        output = self._usage.output if self._usage else None
        if self._limit is None:
            if output is None:
                return Message("The server stopped at a limit that nobody asked for.")
            return Message("The server stopped after {tokens} tokens, at a limit nobody asked for.", tokens=output)
        if output is not None and output < self._limit:
            return Message(
                "The server stopped after {tokens} tokens of the {limit} allowed: its context window is full.",
                tokens=output,
                limit=self._limit,
            )
        return None


def usage_of(data: Mapping[str, object]) -> Usage | None:
    """The server's count; None when it holds none."""
    prompt, completion = _count(data, "prompt_tokens"), _count(data, "completion_tokens")
    if prompt is None or completion is None:
        return None
    given, made = data.get("prompt_tokens_details"), data.get("completion_tokens_details")
    given = given if isinstance(given, Mapping) else {}
    made = made if isinstance(made, Mapping) else {}
    total = _count(data, "total_tokens") or 0
    return Usage(
        input=prompt,
        # Gemini and Grok leave the reasoning out of completion_tokens, but not out of the total.
        output=max(completion, total - prompt),
        cached_input=_count(given, "cached_tokens") or 0,
        cache_write=_count(given, "cache_write_tokens") or 0,
        reasoning=_count(made, "reasoning_tokens") or 0,
    )


def timing_of(data: Mapping[str, object]) -> Timing:
    """The phases that llama.cpp reports, in seconds. Prefill covers only the tokens that were not cached."""
    return Timing(prefill=_seconds(data.get("prompt_ms")), decode=_seconds(data.get("predicted_ms")))


def bad_wire(message: Message) -> ProviderError:
    return ProviderError(
        Fault.BAD_WIRE,
        message,
        Message("Check that the base URL belongs to an OpenAI-compatible server; it usually ends in /v1."),
    )


def odd_chunk() -> ProviderError:
    return bad_wire(Message("The server sent JSON that is no part of an OpenAI chat answer."))


def cut_stream() -> ProviderError:
    return ProviderError(
        Fault.CUT_STREAM,
        Message("The connection ended before the answer did."),
        Message("Ask again; if it happens often, look at the server's log or at the proxy in between."),
        retryable=True,
    )


def _count(data: Mapping[str, object], name: str) -> int | None:
    value = data.get(name)
    return value if isinstance(value, int) and value >= 0 else None


def _seconds(milliseconds: object) -> float | None:
    return milliseconds / 1000 if isinstance(milliseconds, int | float) and milliseconds >= 0 else None
