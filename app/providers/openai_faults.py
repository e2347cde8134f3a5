"""What goes wrong at a server that speaks the OpenAI protocol, in words for the person reading the pane."""

from __future__ import annotations

import os
import re
import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from email.utils import parsedate_to_datetime

import httpx2
from openai import APIConnectionError, APIError, APIStatusError, APITimeoutError

from app.domain.errors import Fault, ProviderError
from app.domain.message import Message
from app.providers.openai_wire import bad_wire, cut_stream
from app.providers.redaction import scrub

_WORDS = 500
_QUOTA = frozenset({"insufficient_quota", "billing_hard_limit_reached", "billing_not_active"})
_OVERFLOW = frozenset({"context_length_exceeded", "exceed_context_size_error"})
_FILTERED = frozenset({"content_filter", "content_policy_violation", "invalid_prompt"})
# Where servers put their counts: OpenAI, vLLM old and new, llama.cpp. First the window, then the prompt.
_WINDOW = re.compile(r"(?:context (?:length|size|window)(?: is(?: only)?| of)?|available context size) \(?(\d[\d,]*)")
_PROMPT = (
    re.compile(r"(\d[\d,]*)(?: tokens)? in (?:the |your )?(?:messages|prompt)"),
    re.compile(r"(?:resulted in|request \(|contains at least|input is|has) ?(\d[\d,]*)"),
    re.compile(r"requested (?:about )?(\d[\d,]*)"),
)
_UNRECOGNISED = re.compile(r"(?:unrecognized request argument supplied|unknown (?:name|parameter|field))\W+(\w+)", re.I)


@dataclass(frozen=True, slots=True)
class Asked:
    """Whom we asked for what, for the error's words. `secrets` are masked in what the server says."""

    provider: str
    model: str
    address: str
    key_variable: str | None
    connect_timeout: float
    secrets: tuple[str, ...] = field(default=(), repr=False)


def set_command(variable: str) -> str:
    """The command that sets an environment variable in the shell of this machine."""
    return f'$env:{variable} = "…"' if os.name == "nt" else f'export {variable}="…"'


def no_key(variable: str) -> ProviderError:
    return ProviderError(
        Fault.NO_KEY,
        Message("A key is needed: {variable} is not set.", variable=variable),
        Message("Set it and start Understudy again: {command}", command=set_command(variable)),
    )


def unusable_key(variable: str) -> ProviderError:
    return ProviderError(
        Fault.WRONG_KEY,
        Message("The key in {variable} holds characters that no key has.", variable=variable),
        Message("Copy it again, without quotes or spaces: {command}", command=set_command(variable)),
    )


def failure_of(exc: Exception, asked: Asked, *, streaming: bool) -> ProviderError:
    """What `exc`, raised by the SDK, means. `streaming`: after the server had accepted the request."""
    if isinstance(exc, APIStatusError):
        return _refused(exc, asked)
    if isinstance(exc, APIConnectionError | httpx2.HTTPError):
        return cut_stream() if streaming else _unreachable(exc, asked)
    if isinstance(exc, APIError):
        # Only an error object in the stream gets here: nothing else of the SDK's has no status.
        return _broke_off(words_of(exc, asked))
    if isinstance(exc, UnicodeDecodeError):
        return bad_wire(Message("The server sent bytes that are not UTF-8."))
    if isinstance(exc, ValueError):
        return bad_wire(Message("The server sent a line that is not JSON."))
    return _broke_off(scrub(str(exc), asked.secrets)[:_WORDS])


def _broke_off(words: str) -> ProviderError:
    return ProviderError(
        Fault.STREAM_ERROR,
        Message("The server broke off with: {words}", words=words),
        Message("Ask again; if it happens often, look at the server's log."),
        retryable=True,
    )


def words_of(exc: APIError, asked: Asked) -> str:
    """The server's own words, short and without keys."""
    body = exc.body
    # Google wraps its error object in a list.
    if isinstance(body, list) and body and isinstance(body[0], Mapping):
        body = body[0].get("error", body[0])
    words = body.get("message") if isinstance(body, Mapping) else None
    if not isinstance(words, str) or not words.strip():
        # A proxy's HTML page says nothing that a person wants to read.
        plain = isinstance(body, str) and body.strip() and not body.lstrip().startswith("<")
        status = getattr(exc, "status_code", None)
        words = str(body) if plain else f"HTTP {status}" if status else exc.message
    return scrub(" ".join(words.split()), asked.secrets)[:_WORDS]


def _refused(exc: APIStatusError, asked: Asked) -> ProviderError:
    status, words = exc.status_code, words_of(exc, asked)
    body = exc.body if isinstance(exc.body, Mapping) else {}
    codes = {str(exc.code), str(body.get("type"))}
    if codes & _QUOTA or status == 402:
        return ProviderError(
            Fault.NO_QUOTA,
            Message("{provider} has no quota left for this key: {words}", provider=asked.provider, words=words),
            Message("Check plan and billing of the account that the key belongs to."),
        )
    if codes & _OVERFLOW or "maximum context length" in words:
        return _overflow(body, words, asked)
    if codes & _FILTERED:
        return ProviderError(
            Fault.CONTENT_FILTER,
            Message("The server's content filter refused the prompt: {words}", words=words),
            Message("Reword the prompt, or leave out the passage that the filter objects to."),
        )
    # Ollama says type not_found_error, vLLM NotFoundError; a web server's own 404 names no model.
    if "model_not_found" in codes or (status == 404 and "model" in words.lower()):
        return ProviderError(
            Fault.UNKNOWN_MODEL,
            Message(
                "{provider} has no model {model}: {words}", provider=asked.provider, model=asked.model, words=words
            ),
            Message("See what is there: python -m app models list"),
        )
    match status:
        case 401 | 403:
            return _wrong_key(words, asked)
        case 404 | 405:
            return _no_api(asked)
        case 429:
            return _limited(exc, words, asked)
        case 503 | 529:
            return ProviderError(
                Fault.SERVER_BUSY,
                Message("{provider} is busy: {words}", provider=asked.provider, words=words),
                Message("Ask again in a while."),
                retryable=True,
                retry_after=retry_after(exc.response.headers),
            )
    if status >= 500 or status in (408, 409):
        return ProviderError(
            Fault.SERVER_ERROR,
            Message(
                "{provider} failed with HTTP {status}: {words}", provider=asked.provider, status=status, words=words
            ),
            Message("Ask again; if it happens often, look at the server's log or status page."),
            retryable=True,
            retry_after=retry_after(exc.response.headers),
        )
    return _bad_request(exc, words, asked)


def _overflow(body: Mapping[str, object], words: str, asked: Asked) -> ProviderError:
    window, prompt = body.get("n_ctx"), body.get("n_prompt_tokens")
    window = _first_count(words, _WINDOW) if window is None else window
    prompt = _first_count(words, *_PROMPT) if prompt is None else prompt
    if isinstance(window, int) and isinstance(prompt, int):
        message = Message(
            "The prompt is too long for {model}: {tokens} tokens, and the context window holds {window}.",
            model=asked.model,
            tokens=prompt,
            window=window,
        )
    else:
        message = Message("The prompt is too long for {model}: {words}", model=asked.model, words=words)
    return ProviderError(
        Fault.CONTEXT_OVERFLOW,
        message,
        Message("Give fewer or shorter passages, or choose a model with a longer context window."),
    )


def _first_count(words: str, *patterns: re.Pattern[str]) -> int | None:
    found = next((f for pattern in patterns if (f := pattern.search(words))), None)
    return int(found[1].replace(",", "")) if found else None


def _wrong_key(words: str, asked: Asked) -> ProviderError:
    if asked.key_variable is None:
        return ProviderError(
            Fault.NO_KEY,
            Message(
                "{provider} asks for a key, and none is set up for it: {words}", provider=asked.provider, words=words
            ),
            Message(
                "Name the variable that holds it as api_key_env under [{provider}] in endpoints.toml.",
                provider=asked.provider,
            ),
        )
    return ProviderError(
        Fault.WRONG_KEY,
        Message(
            "{provider} did not accept the key in {variable}: {words}",
            provider=asked.provider,
            variable=asked.key_variable,
            words=words,
        ),
        Message("Set the right one and start Understudy again: {command}", command=set_command(asked.key_variable)),
    )


def _no_api(asked: Asked) -> ProviderError:
    return ProviderError(
        Fault.BAD_WIRE,
        Message("{address} answers, but has no OpenAI-compatible API there.", address=asked.address),
        Message("Check the base URL; it usually ends in /v1."),
    )


def _limited(exc: APIStatusError, words: str, asked: Asked) -> ProviderError:
    return ProviderError(
        Fault.RATE_LIMITED,
        Message("{provider} limits the rate of requests: {words}", provider=asked.provider, words=words),
        Message("Wait a little, compare fewer models of this provider at once, or ask it for a higher limit."),
        retryable=True,
        retry_after=retry_after(exc.response.headers),
    )


def _bad_request(exc: APIStatusError, words: str, asked: Asked) -> ProviderError:
    found = _UNRECOGNISED.search(words)
    name = exc.param or (found[1] if found else None)
    if name:
        return ProviderError(
            Fault.REFUSED_PARAMETER,
            Message("{model} refused {parameter}: {words}", model=asked.model, parameter=name, words=words),
            Message("Leave {parameter} at the server's default for this contestant.", parameter=name),
        )
    return ProviderError(
        Fault.REFUSED_PARAMETER,
        Message("{model} refused the request: {words}", model=asked.model, words=words),
        Message("Change what the server names; all sampling at its defaults is the safest start."),
    )


def _unreachable(exc: Exception, asked: Asked) -> ProviderError:
    cause = exc.__cause__ or exc
    if isinstance(exc, APITimeoutError) or isinstance(cause, httpx2.TimeoutException):
        message = Message(
            "{address} did not answer within {seconds} s.", address=asked.address, seconds=f"{asked.connect_timeout:g}"
        )
    else:
        detail = (scrub(str(cause), asked.secrets)[:_WORDS] or type(cause).__name__).rstrip(". ")
        message = Message("{address} cannot be reached: {detail}.", address=asked.address, detail=detail)
    # A server that is starting, or that closed an idle connection, will be there in a moment; a name
    # that does not resolve and a host that swallows packets will not.
    passing = isinstance(cause, httpx2.NetworkError | httpx2.RemoteProtocolError) and "Name or service" not in str(
        cause
    )
    return ProviderError(
        Fault.UNREACHABLE,
        message,
        Message(
            "Check that the server is running and that the address is right; a proxy or firewall may be in the way."
        ),
        retryable=passing,
        # All but these come while the answer is waited for: the request may have arrived, and be billed.
        nothing_sent=isinstance(cause, httpx2.ConnectError | httpx2.ConnectTimeout | httpx2.PoolTimeout),
    )


def retry_after(headers: Mapping[str, str]) -> float | None:
    """Seconds that the server asks us to wait, from retry-after-ms or Retry-After (seconds or a date)."""
    try:
        return max(0.0, float(headers["retry-after-ms"]) / 1000)
    except (KeyError, ValueError):
        pass
    raw = headers.get("retry-after", "")
    try:
        return max(0.0, float(raw))
    except ValueError:
        pass
    try:
        return max(0.0, parsedate_to_datetime(raw).timestamp() - time.time())
    except (ValueError, TypeError):
        return None
