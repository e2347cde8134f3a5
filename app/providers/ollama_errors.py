"""What an Ollama server or the way to it says when it fails, in words for the person reading the pane."""

from __future__ import annotations

import json
import re
import shlex
from collections.abc import Mapping

import httpx

from app.domain.errors import Fault, ProviderError
from app.domain.message import Message
from app.providers.ollama_host import OllamaHost
from app.providers.redaction import scrub

_LONGEST_WORDS = 500


class ContextOverflow(ProviderError):
    """The prompt does not fit. `prompt_tokens` and `window` are the server's counts, None where it gave none."""

    def __init__(self, model: str, words: str, prompt_tokens: int | None, window: int | None) -> None:
        if prompt_tokens is not None and window is not None:
            message = Message(
                "The prompt is too long for {model}: {tokens} tokens, and the context window holds {window}.",
                model=model,
                tokens=prompt_tokens,
                window=window,
            )
        else:
            message = Message("The prompt is too long for {model}: {words}", model=model, words=words)
        super().__init__(
            Fault.CONTEXT_OVERFLOW,
            message,
            Message("Give fewer or shorter passages, or choose a model with a longer context window."),
        )
        self.prompt_tokens = prompt_tokens
        self.window = window


def pull_command(model: str) -> str:
    """The command that fetches `model`, safe to paste into a shell."""
    return f"ollama pull {shlex.quote(model[:200])}"


def words_of(body: bytes) -> tuple[str, Mapping[str, object]]:
    """The server's own words in an error body, and the details where they are themselves JSON text."""
    text = body.decode("utf-8", "replace")
    error: object = _json(text)
    details: Mapping[str, object] = {}
    # 400 bodies of the runner hold a JSON text inside `error`, with one more `error` in it.
    for _ in range(4):
        if isinstance(error, Mapping):
            details = error
            error = error.get("error", error.get("message", ""))
        elif isinstance(error, str) and error.lstrip().startswith("{") and _json(error) is not None:
            error = _json(error)
        else:
            break
    # Not JSON at all is not Ollama: a proxy's page says nothing that a person wants to read in full.
    words = error if isinstance(error, str) else "" if "<html" in text.lower() else text
    return clean(words), details


def clean(words: str) -> str:
    """One line of printable text of bearable length, without what looks like a key."""
    words = scrub(" ".join("".join(c if c.isprintable() else " " for c in words).split()))
    return words if len(words) <= _LONGEST_WORDS else words[:_LONGEST_WORDS] + "…"


def refusal(status: int, body: bytes, headers: Mapping[str, str], model: str, host: OllamaHost) -> ProviderError:
    """The error behind an HTTP status other than 200."""
    words, details = words_of(body)
    low = words.lower()
    too_long = re.search(r"exceeds? the (maximum |available )?context", low)
    if too_long or details.get("type") == "exceed_context_size_error":
        return ContextOverflow(model, words, _count(details, "n_prompt_tokens"), _count(details, "n_ctx"))
    if status == 404 and "not found" in low and _json(body.decode("utf-8", "replace")) is not None:
        return unknown_model(model, host)
    if "does not support chat" in low or "does not support generate" in low:
        return ProviderError(
            Fault.UNKNOWN_MODEL,
            Message("{model} cannot chat: it is an embedding model.", model=model),
            Message("Choose a chat model; `ollama list` shows what is there."),
        )
    if "does not support thinking" in low:
        return ProviderError(
            Fault.REFUSED_PARAMETER,
            Message("{model} does not think before it answers, and refuses to be asked to.", model=model),
            Message("Leave reasoning at the server's default for this model."),
        )
    if status == 400 or "must be of type" in low or "invalid option" in low:
        return ProviderError(
            Fault.REFUSED_PARAMETER,
            Message("Ollama refused the request: {words}", words=words or f"HTTP {status}"),
            Message("Set the parameter that it names back to the server's default."),
        )
    return _by_status(status, words, headers, host)


def _by_status(status: int, words: str, headers: Mapping[str, str], host: OllamaHost) -> ProviderError:
    if status in (401, 403):
        return ProviderError(
            Fault.WRONG_KEY,
            Message("{address} does not let us in: {words}", address=host.url, words=words or f"HTTP {status}"),
            Message("For a cloud model run `ollama signin` on that machine; otherwise check OLLAMA_API_KEY."),
        )
    if status == 429:
        return ProviderError(
            Fault.RATE_LIMITED,
            Message("The server at {address} limits how often it is asked: {words}", address=host.url, words=words),
            Message("Wait a little, then ask again."),
            retryable=True,
            retry_after=_seconds(headers.get("retry-after")),
        )
    if status == 503:
        return ProviderError(
            Fault.SERVER_BUSY,
            Message("Ollama at {address} is busy: {words}", address=host.url, words=words or "HTTP 503"),
            Message("Wait until other answers are done, or raise OLLAMA_MAX_QUEUE on the server."),
            retryable=True,
            retry_after=_seconds(headers.get("retry-after")),
        )
    if status in (404, 405) or 300 <= status < 400:
        return ProviderError(
            Fault.UNREACHABLE,
            Message("{address} answers, but not as an Ollama server (HTTP {status}).", address=host.url, status=status),
            Message("Check OLLAMA_HOST: scheme, host, port and path."),
            nothing_sent=True,
        )
    if "memory" in words.lower():
        return ProviderError(
            Fault.SERVER_ERROR,
            Message("Ollama could not load the model: {words}", words=words),
            Message("Free memory (`ollama ps`, then `ollama stop NAME`), or choose a smaller model."),
        )
    return ProviderError(
        Fault.SERVER_ERROR,
        Message("Ollama at {address} failed: {words}", address=host.url, words=words or f"HTTP {status}"),
        Message("Look at the server's log; if it happens with one model only, fetch that model again."),
        retryable=status in (502, 504),
    )


def unknown_model(model: str, host: OllamaHost) -> ProviderError:
    return ProviderError(
        Fault.UNKNOWN_MODEL,
        Message("Ollama at {address} has no model {model}.", address=host.url, model=model[:200]),
        Message("Fetch it: `{command}`. `ollama list` shows what is there.", command=pull_command(model)),
    )


def error_line(words: str) -> ProviderError:
    """An `{"error": …}` line after HTTP 200: tokens may have come before it."""
    words = clean(words)
    if "error was encountered while running the model" in words or "runner" in words:
        return ProviderError(
            Fault.STREAM_ERROR,
            Message("The process that runs the model died: {words}", words=words),
            Message("Ask again: Ollama starts it anew. If it dies again, see `ollama ps` and choose a smaller model."),
        )
    return ProviderError(
        Fault.STREAM_ERROR,
        Message("Ollama reported an error in the middle of the answer: {words}", words=words),
        Message("Ask again; if it happens often, look at the server's log."),
    )


def unreachable(exc: httpx.TransportError | httpx.InvalidURL, host: OllamaHost) -> ProviderError:
    """No connection, or no answer over one."""
    if isinstance(exc, httpx.TimeoutException) and not isinstance(exc, httpx.ConnectTimeout):
        why = Message("Ollama at {address} does not answer.", address=host.url)
    else:
        why = Message("Nothing answers at {address}.", address=host.url)
    if host.loopback:
        remedy = Message(
            "Start Ollama with `ollama serve` (to install it: https://ollama.com/download), "
            "or set OLLAMA_HOST to where it runs."
        )
    else:
        remedy = Message(
            "Check OLLAMA_HOST, and that `ollama serve` runs on that machine with OLLAMA_HOST=0.0.0.0, "
            "so that it listens to others."
        )
    sent = not isinstance(exc, httpx.ConnectError | httpx.ConnectTimeout | httpx.PoolTimeout | httpx.InvalidURL)
    return ProviderError(Fault.UNREACHABLE, why, remedy, nothing_sent=not sent)


def pull_failed(model: str, exc: ProviderError) -> ProviderError:
    """An error line while fetching: HTTP 200 came before it."""
    if exc.kind is not Fault.STREAM_ERROR:
        return exc
    words = str(exc.message.params.get("words", exc.message))
    missing = "file does not exist" in words or "not found" in words
    return ProviderError(
        Fault.UNKNOWN_MODEL if missing else Fault.STREAM_ERROR,
        Message("Ollama could not fetch {model}: {words}", model=model[:200], words=words),
        Message("Check the name on https://ollama.com/search and the server's way to the internet, then try again."),
    )


def cut_stream() -> ProviderError:
    return ProviderError(
        Fault.CUT_STREAM,
        Message("The connection to Ollama ended before the answer did."),
        Message("Ask again. If it happens often, look at the server's log and at any proxy in between."),
        retryable=True,
    )


def bad_wire(detail: str) -> ProviderError:
    return ProviderError(
        Fault.BAD_WIRE,
        Message("The server sent something that is not the Ollama protocol: {detail}", detail=clean(detail)[:120]),
        Message("Check that OLLAMA_HOST is an Ollama server, with nothing in between that rewrites what it sends."),
    )


def _json(text: str) -> object:
    try:
        return json.loads(text)
    except (ValueError, RecursionError):
        return None


def _count(details: Mapping[str, object], key: str) -> int | None:
    value = details.get(key)
    return value if isinstance(value, int) else None


def _seconds(value: str | None) -> float | None:
    try:
        return max(0.0, float(value)) if value else None
    except ValueError:
        return None
