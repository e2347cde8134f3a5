"""What the commands write: results to stdout, everything else to stderr, readable in any terminal."""

from __future__ import annotations

import io
import json
import os
import sys
import unicodedata
from collections.abc import Sequence
from typing import TYPE_CHECKING, TextIO

if TYPE_CHECKING:
    from app.domain.message import Message
    from app.i18n import Translator

_language = "en"


def prepare_streams() -> None:
    """Make Korean printable everywhere: a pipe or a file gets UTF-8, a narrower terminal a “?” at worst."""
    for stream in (sys.stdout, sys.stderr):
        if not isinstance(stream, io.TextIOWrapper):
            continue
        if stream.isatty() or os.environ.get("PYTHONIOENCODING"):
            stream.reconfigure(errors="replace")
        else:
            stream.reconfigure(encoding="utf-8", errors="replace")


def speak(lang: str | None) -> None:
    """Choose the language of messages: `lang`, else the system's, else English."""
    global _language
    settings = (os.environ.get(name) for name in ("LC_ALL", "LC_MESSAGES", "LANG"))
    _language = lang or next((value for value in settings if value), "en")


def speech() -> Translator:
    """Text, numbers and times as the chosen language writes them."""
    from app.i18n import pick, translator

    return translator(pick(_language))


def text(message: Message) -> str:
    """The message in the chosen language."""
    return speech().message(message)


def printable(untrusted: str) -> str:
    """Text of a model or a file without the control characters that could steer a terminal."""
    return "".join(c for c in untrusted if c in "\n\t" or unicodedata.category(c) not in ("Cc", "Cs"))


def say(line: str = "") -> None:
    """One line of the result."""
    print(printable(line))


def note(line: str) -> None:
    """One line of progress."""
    print(printable(line), file=sys.stderr, flush=True)


def complain(message: Message, remedy: Message) -> None:
    """What went wrong, and below it what to do about it."""
    note(hide(text(message)))
    if remedy.template:
        note(hide(text(remedy)))


def emit_json(data: object) -> None:
    """The result as JSON; escaped where the stream cannot hold Korean."""
    encoding = (getattr(sys.stdout, "encoding", None) or "utf-8").lower().replace("-", "")
    print(json.dumps(data, ensure_ascii=encoding != "utf8", indent=2))


def hide(line: str) -> str:
    """The line without the value of any variable that holds a key."""
    from app.domain.errors import UserError
    from app.settings import load

    try:
        secrets = load().secrets()
    except UserError:
        return line
    for secret in secrets:
        line = line.replace(secret, "…")
    return line


def width(cell: str) -> int:
    """Columns that the text takes in a terminal: Hangul takes two."""
    return sum(0 if unicodedata.combining(c) else 2 if unicodedata.east_asian_width(c) in "WF" else 1 for c in cell)


def shorten(line: str, columns: int) -> str:
    """The first line's worth of the text, at most `columns` wide."""
    line = " ".join(line.split())
    if width(line) <= columns:
        return line
    kept = ""
    for c in line:
        if width(kept + c) > columns - 1:
            break
        kept += c
    return kept + "…"


def table(header: Sequence[str], rows: Sequence[Sequence[str]], right: Sequence[int] = ()) -> None:
    """Print rows in aligned columns; `right` names the columns that hold numbers; no header line when it is empty."""
    cells = [list(row) for row in ([header] if header else []) + list(rows)]
    widths = [max(width(row[n]) for row in cells) for n in range(len(cells[0]))]
    for row in cells:
        padded = [
            " " * (widths[n] - width(cell)) + cell if n in right else cell + " " * (widths[n] - width(cell))
            for n, cell in enumerate(row)
        ]
        say("  ".join(padded).rstrip())


def is_terminal(stream: TextIO) -> bool:
    return stream.isatty() and os.environ.get("TERM") != "dumb"
