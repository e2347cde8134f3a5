"""Ollama's wire format as pure functions: a request to its body, a line to events, the last line to its meaning.

What is said here about the server was recorded from Ollama 0.33 (tests/wire).
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass

from app.domain.answers import Timing, Usage
from app.domain.chat import ChatRequest, Finished, TextDelta, ThinkingDelta, whole
from app.domain.message import Message
from app.domain.models import Sampling
from app.providers.ollama_errors import bad_wire, error_line

Think = bool | str
_NAMES = {"max_tokens": "num_predict"}


@dataclass(frozen=True, slots=True)
class Done:
    """The line with `done: true`. Durations in nanoseconds; None where the server left a field out."""

    reason: str
    prompt_tokens: int | None
    output_tokens: int | None
    total: int | None
    load: int | None
    prefill: int | None
    decode: int | None


@dataclass(frozen=True, slots=True)
class PullProgress:
    """One step of fetching a model. `completed` and `total` are bytes of the layer `digest`, 0 when not counted."""

    status: str
    completed: int = 0
    total: int = 0
    digest: str = ""


def body_of(
    request: ChatRequest, taken: Mapping[str, object], *, num_ctx: int | None, think: Think | None
) -> dict[str, object]:
    """The body of POST /api/chat. `taken` names the sampling fields that this model accepts.

    `truncate: false` and `shift: false` make the server refuse or stop where it would otherwise drop
    the beginning of the prompt without a word.
    """
    body: dict[str, object] = {
        "model": request.model,
        "messages": [{"role": m.role, "content": m.content} for m in request.messages],
        "stream": True,
        "truncate": False,
        "shift": False,
    }
    if think is not None:
        body["think"] = think
    options = _options(request.sampling, taken)
    if num_ctx is not None:
        options = {"num_ctx": num_ctx, **options}
    if options:
        body["options"] = options
    return body


def _options(sampling: Sampling, taken: Mapping[str, object]) -> dict[str, object]:
    # The server answers a wrong type with HTTP 500, so each value is put into the one it expects.
    floats = {
        "temperature": sampling.temperature,
        "top_p": sampling.top_p,
        "repeat_penalty": sampling.repeat_penalty,
        "frequency_penalty": sampling.frequency_penalty,
        "presence_penalty": sampling.presence_penalty,
    }
    whole = {"top_k": sampling.top_k, "max_tokens": sampling.max_tokens, "seed": sampling.seed}
    options: dict[str, object] = {k: float(v) for k, v in floats.items() if v is not None and k in taken}
    options |= {_NAMES.get(k, k): int(v) for k, v in whole.items() if v is not None and k in taken}
    if sampling.stop is not None and "stop" in taken:
        options["stop"] = [str(s) for s in sampling.stop]
    return options


def object_of(line: bytes) -> Mapping[str, object]:
    """One line of NDJSON, which must be an object. Raises ProviderError: bad wire, or the server's own error."""
    try:
        data = json.loads(line.decode("utf-8"))
    except UnicodeDecodeError:
        raise bad_wire("bytes that are not UTF-8") from None
    except (ValueError, RecursionError):
        raise bad_wire(line[:120].decode("utf-8", "replace")) from None
    if not isinstance(data, dict):
        raise bad_wire(str(data)[:120])
    if error := data.get("error"):
        if isinstance(error, Mapping):
            error = error.get("message", error)
        raise error_line(str(error))
    return data


def events_of(line: bytes) -> list[ThinkingDelta | TextDelta | Done]:
    """What one line of a chat stream says. Raises ProviderError."""
    data = object_of(line)
    events: list[ThinkingDelta | TextDelta | Done] = []
    message = data.get("message")
    if isinstance(message, Mapping):
        thinking, content = message.get("thinking") or "", message.get("content") or ""
        if not isinstance(thinking, str) or not isinstance(content, str):
            raise bad_wire("a message whose content is not text")
        if thinking:
            events.append(ThinkingDelta(whole(thinking)))
        if content:
            events.append(TextDelta(whole(content)))
    if data.get("done") is True:
        events.append(_done(data))
    return events


def _done(data: Mapping[str, object]) -> Done:
    reason = data.get("done_reason")
    return Done(
        # Servers before 0.3 do not say why; they stopped.
        reason=reason if isinstance(reason, str) and reason else "stop",
        prompt_tokens=_int(data, "prompt_eval_count"),
        output_tokens=_int(data, "eval_count"),
        total=_int(data, "total_duration"),
        load=_int(data, "load_duration"),
        prefill=_int(data, "prompt_eval_duration"),
        decode=_int(data, "eval_duration"),
    )


def progress_of(line: bytes) -> PullProgress:
    """One line of POST /api/pull. Raises ProviderError."""
    data = object_of(line)
    return PullProgress(
        str(data.get("status", "")), _int(data, "completed") or 0, _int(data, "total") or 0, str(data.get("digest", ""))
    )


def timing_of(done: Done) -> Timing:
    """The server's phases in seconds. Time in the queue has no field: it is what is left of the total."""
    if done.total is None:
        return Timing()
    # Zero fields are left out of the line, so with a total the rest is known too.
    load, prefill, decode = (n or 0 for n in (done.load, done.prefill, done.decode))
    queued = max(0, done.total - load - prefill - decode)
    return Timing(queued=queued / 1e9, load=load / 1e9, prefill=prefill / 1e9, decode=decode / 1e9)


def usage_of(done: Done, estimated_prompt: int) -> Usage | None:
    """Tokens as reported; None when the server counted nothing.

    Some versions leave the prompt out when all of it was cached: the estimate stands in, marked.
    """
    if not done.prompt_tokens and not done.output_tokens:
        return None
    if not done.prompt_tokens:
        return Usage(estimated_prompt, done.output_tokens or 0, source="estimated")
    return Usage(done.prompt_tokens, done.output_tokens or 0)


def finished_of(done: Done, request: ChatRequest, *, num_ctx: int | None) -> Finished:
    """The end of an answer. `num_ctx` is what was asked for, None where it does not bind (cloud models)."""
    cut = _cut_prompt(done, request.prompt_tokens, num_ctx) or _cut_answer(done, request.sampling.max_tokens, num_ctx)
    return Finished(done.reason, usage_of(done, request.prompt_tokens), timing_of(done), cut)


def _cut_prompt(done: Done, estimate: int, num_ctx: int | None) -> Message | None:
    """Whether the server dropped a part of the prompt, as versions do that ignore `truncate: false`.

    They leave either a prompt that fills the window to the last token, or a count far below the
    estimate. Cached tokens count, so a low count is no cache. The estimate (o200k) may be above the
    model's own count, by up to a quarter for some scripts: 0.7 of it is suspicious only where the
    prompt hardly fits, elsewhere half of it is.
    """
    count = done.prompt_tokens
    if num_ctx is None or not count:
        return None
    tight = estimate * 1.25 + 256 > num_ctx
    low = estimate >= 256 and count < estimate * (0.7 if tight else 0.5)
    if count < num_ctx - 1 and not low:
        return None
    return Message(
        "The server cut the prompt without saying so: it read {read} tokens of about {estimate}, in a context "
        "window of {window}. This version of Ollama does not refuse a long prompt: update it, or give fewer passages.",
        read=count,
        estimate=max(estimate, count),
        window=num_ctx,
    )


def _cut_answer(done: Done, asked: int | None, num_ctx: int | None) -> Message | None:
    """Whether the answer ended at a limit that nobody asked for, or outlived its prompt."""
    written = done.output_tokens
    used = (done.prompt_tokens or 0) + (written or 0)
    if num_ctx is not None and used > num_ctx:
        # Servers that ignore `shift: false` go on, whatever the reason they end with.
        return Message(
            "Prompt and answer passed the context window ({used} tokens in {window}): the server dropped the beginning "
            "of the prompt while it wrote. Update Ollama, give fewer passages, or set max tokens for more room.",
            used=used,
            window=num_ctx,
        )
    if done.reason != "length":
        return None
    # One below what was asked is still the limit asked for: versions differ in counting the last token.
    if asked is not None and (written is None or written >= asked - 1):
        return None
    if num_ctx is not None and used >= num_ctx - 8:
        return Message(
            "The context window ended before the answer did: {used} of {window} tokens are used. "
            "Give fewer passages, or set max tokens for more room.",
            used=used,
            window=num_ctx,
        )
    return Message(
        "The answer was stopped after {written} tokens by a limit of the server or of the model's Modelfile. "
        "Set max tokens to choose the limit yourself.",
        written=written or 0,
    )


def _int(data: Mapping[str, object], key: str) -> int | None:
    value = data.get(key)
    return int(value) if isinstance(value, int | float) and not isinstance(value, bool) else None
