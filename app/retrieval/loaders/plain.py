"""Markdown and plain text: kept as they are, with Markdown's headings found."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

from app.domain.loading import FileFormat, LoadedDocument, LoadingLimits, OnPage
from app.retrieval.loaders.decoding import decode
from app.retrieval.loaders.gathering import Gathered

_HEADING = re.compile(r"^ {0,3}(#{1,6})[ \t]+(.+?)[ \t]*#*[ \t]*$|^(\S.*)\n(=+|-{3,})[ \t]*$", re.MULTILINE)
_FENCE = re.compile(r"^ {0,3}(```+|~~~+).*?(?:^ {0,3}\1|\Z)", re.MULTILINE | re.DOTALL)
_MATTER = re.compile(r"---\n.*?^---$", re.MULTILINE | re.DOTALL)


def load_text(path: Path, limits: LoadingLimits, on_page: OnPage) -> LoadedDocument:
    """Raises UserError."""
    return _load(path, limits, FileFormat.TEXT)


def load_markdown(path: Path, limits: LoadingLimits, on_page: OnPage) -> LoadedDocument:
    """The text as written, marks included: a model reads them, and offsets stay true. Raises UserError."""
    return _load(path, limits, FileFormat.MARKDOWN)


def _load(path: Path, limits: LoadingLimits, kind: FileFormat) -> LoadedDocument:
    gathered = Gathered(limits)
    text = decode(path.read_bytes())
    start = gathered.add(text)
    document = gathered.document(kind)
    if kind is FileFormat.TEXT:
        return document
    for at, level, title in headings(document.text):
        gathered.mark(start + at, level, title)
    return gathered.document(kind)


def headings(text: str) -> Iterator[tuple[int, int, str]]:
    """(offset, level, words) of Markdown's headings, those inside fences of code left out."""
    skipped = [m.span() for m in _FENCE.finditer(text)]
    if matter := _MATTER.match(text):
        skipped.append(matter.span())
    for found in _HEADING.finditer(text):
        if any(start <= found.start() < end for start, end in skipped):
            continue
        if found[1]:
            yield found.start(), len(found[1]), found[2]
        elif not found[3].lstrip().startswith(("|", "-", "*", ">")):
            yield found.start(), 1 if found[4].startswith("=") else 2, found[3]
