"""What goes wrong when a server embeds, in words for the person who indexes or searches."""

from __future__ import annotations

import json
import re

import httpx
from ollama import ResponseError

from app.domain.errors import Fault, ProviderError
from app.domain.message import Message
from app.providers.ollama_errors import clean, refusal, unreachable
from app.providers.ollama_host import OllamaHost
from app.providers.openai_faults import Asked, failure_of

_TOO_LONG = re.compile(r"exceeds? the (?:maximum |available )?context|maximum context length|too many tokens", re.I)


def ollama_failure(exc: Exception, model: str, host: OllamaHost) -> ProviderError:
    """An exception of the Ollama client."""
    if isinstance(exc, ResponseError):
        words = clean(exc.error)
        if exc.status_code == 501 or "does not support embed" in words:
            return cannot_embed(model)
        if exc.status_code == 400 and _TOO_LONG.search(words):
            return passage_too_long(model, words)
        body = json.dumps({"error": exc.error}).encode()
        return _of_passages(refusal(exc.status_code, body, {}, model, host), model)
    if isinstance(exc, httpx.TransportError | httpx.InvalidURL):
        return unreachable(exc, host)
    if isinstance(exc, ConnectionError):  # what the client makes of a refused connection
        return unreachable(httpx.ConnectError(""), host)
    return _odd(model, exc)


def openai_failure(exc: Exception, asked: Asked) -> ProviderError:
    """An exception of the OpenAI client."""
    status = getattr(exc, "status_code", None)
    if status == 501:
        return cannot_embed(asked.model)
    failure = failure_of(exc, asked, streaming=False)
    if _TOO_LONG.search(str(failure.message)):
        return passage_too_long(asked.model, str(failure.message.params.get("words", "")))
    return _of_passages(failure, asked.model)


def cannot_embed(model: str) -> ProviderError:
    return ProviderError(
        Fault.UNKNOWN_MODEL,
        Message("{model} cannot embed: it is a chat model.", model=model[:200]),
        Message("Choose an embedding model, for example ollama:nomic-embed-text or builtin:use-multilingual."),
    )


def passage_too_long(model: str, words: str) -> ProviderError:
    return ProviderError(
        Fault.CONTEXT_OVERFLOW,
        Message("A passage is longer than {model} can read: {words}", model=model[:200], words=words),
        Message("Make passages smaller (`--chunk-size`), or choose a model with a longer context window."),
    )


def _of_passages(failure: ProviderError, model: str) -> ProviderError:
    """The words for a prompt that is too long speak of a conversation; here it is a passage."""
    if failure.kind is not Fault.CONTEXT_OVERFLOW:
        return failure
    return passage_too_long(model, str(failure.message))


def _odd(model: str, exc: Exception) -> ProviderError:
    return ProviderError(
        Fault.BAD_WIRE,
        Message("What the server of {model} sent is no answer ({kind}).", model=model[:200], kind=type(exc).__name__),
        Message("Look at the server's log; see that it is the version that you think."),
    )
