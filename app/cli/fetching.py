"""Fetch a model with its progress on stderr; Ctrl-C cancels and leaves nothing behind."""

from __future__ import annotations

import sys
from collections.abc import AsyncGenerator
from contextlib import aclosing
from typing import TYPE_CHECKING, Protocol, runtime_checkable

from app.cli import output
from app.domain.errors import UserError, local_only
from app.domain.message import Message
from app.domain.models import ModelRef

if TYPE_CHECKING:
    from app.bootstrap import Container

STEP = 10  # per cent between two lines where lines cannot be rewritten


class Step(Protocol):
    """What a server says while it pulls; bytes, 0 when not counted."""

    @property
    def status(self) -> str: ...
    @property
    def completed(self) -> int: ...
    @property
    def total(self) -> int: ...


@runtime_checkable
class Puller(Protocol):
    """A provider whose server can fetch models."""

    def pull(self, model: str) -> AsyncGenerator[Step, None]: ...


class Meter:
    """One line that renews itself in a terminal; elsewhere a line every tenth of the way."""

    def __init__(self) -> None:
        self._rewrites = output.is_terminal(sys.stderr)
        self._last: tuple[str, int] = ("", -STEP)

    def show(self, what: str, done: int, total: int) -> None:
        percent = int(100 * done / total) if total else 0
        line = f"{what} {percent} % ({output.speech().size(done)} / {output.speech().size(total)})" if total else what
        if self._rewrites:
            sys.stderr.write(f"\r\x1b[K{output.printable(line)}")
            sys.stderr.flush()
        elif what != self._last[0] or percent >= self._last[1] + STEP:
            output.note(line)
            self._last = (what, percent)

    def end(self) -> None:
        if self._rewrites:
            sys.stderr.write("\r\x1b[K")
            sys.stderr.flush()


def fetch_file(box: Container, key: str, *, ask: bool) -> int:
    """Fetch a catalogue entry into the models folder. The exit code. Raises UserError."""
    entry = box.fetches.entry(key)
    facts = Message(
        "{title}: a download of {download}, {size} on disk, licence {licence}, languages {languages}.",
        title=entry.title,
        download=output.speech().size(entry.download),
        size=output.speech().size(entry.size),
        licence=entry.licence,
        languages=", ".join(entry.languages),
    )
    output.note(output.text(facts))
    output.note(output.text(Message("More about it: {url}", url=entry.about)))
    if ask and not _agreed():
        return 1
    fetch, meter = box.fetches.start(key), Meter()
    words = {
        "waiting": Message("Waiting for another fetch of the same file"),
        "downloading": Message("Downloading"),
        "unpacking": Message("Unpacking and checking"),
        "done": Message("Done"),
    }
    try:
        while not fetch.wait(0.2):
            meter.show(output.text(words[fetch.stage]), fetch.bytes, fetch.total)
    except KeyboardInterrupt:
        fetch.cancel()
        fetch.wait(5)
        meter.end()
        output.note(output.text(Message("Cancelled; nothing was left behind.")))
        return 130
    meter.end()
    if fetch.error is not None:
        output.complain(fetch.error.message, fetch.error.remedy)
        return 1
    output.say(str(fetch.path))
    output.note(
        output.text(Message("Ask it: {command}", command=f"python -m app compare --model gguf:{key} --prompt …"))
    )
    return 0


def _agreed() -> bool:
    if not sys.stdin.isatty():
        raise UserError(
            Message("Nobody is here to agree to the download."), Message("Run it again with --yes to fetch it.")
        )
    question = output.text(Message("Fetch it now? [y/N]"))
    sys.stderr.write(f"{question} ")
    sys.stderr.flush()
    return sys.stdin.readline().strip().lower() in ("y", "yes", "예", "네")


def pull(box: Container, provider_name: str, model: str) -> int:
    """Have a server fetch a model. The exit code. Raises ProviderError, UserError."""
    provider = box.directory.provider(ModelRef(provider_name, model or "?"))
    if not isinstance(provider, Puller) or not model:
        raise UserError(
            Message("{name} cannot fetch models.", name=provider_name),
            Message("Write ollama:NAME, or smollm2 for the file in the catalogue."),
        )
    meter = Meter()
    puller: Puller = provider
    if box.settings.local_only and ":cloud" in model:
        raise local_only(model)

    async def follow() -> None:
        async with aclosing(puller.pull(model)) as steps:
            async for step in steps:
                meter.show(step.status, step.completed, step.total)

    future = box.engine.spawn(follow())
    try:
        future.result()
    except KeyboardInterrupt:
        future.cancel()
        meter.end()
        output.note(output.text(Message("Cancelled; the server keeps what it has and goes on from there next time.")))
        return 130
    finally:
        meter.end()
    output.say(f"{provider_name}:{model}")
    return 0
