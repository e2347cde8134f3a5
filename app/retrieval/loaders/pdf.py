"""PDF by pypdf, page by page."""

from __future__ import annotations

import logging
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from pypdf import PdfReader
from pypdf.errors import PyPdfError
from pypdf.generic import Destination

from app.domain.errors import UserError
from app.domain.loading import FileFormat, LoadedDocument, LoadingLimits, OnPage
from app.domain.message import Message
from app.retrieval.loaders.archive import damaged
from app.retrieval.loaders.gathering import Gathered
from app.retrieval.loaders.sniffing import protected
from app.retrieval.loaders.tidying import one_line, tidy

_TAIL = 65_536
logging.getLogger("pypdf").setLevel(logging.CRITICAL)


def load(path: Path, limits: LoadingLimits, on_page: OnPage) -> LoadedDocument:
    """The text with its pages; headings from the outline. Raises UserError."""
    with path.open("rb") as file:
        file.seek(max(0, path.stat().st_size - _TAIL))
        if b"%%EOF" not in file.read():
            # Readers can piece such a file together, but not say what was behind the cut.
            raise damaged()
        file.seek(0)
        try:
            reader = PdfReader(file)
            if reader.is_encrypted and not reader.decrypt(""):
                raise protected()
            pages = len(reader.pages)
        except (PyPdfError, ValueError, KeyError, TypeError, IndexError, AttributeError, RecursionError):
            raise damaged() from None
        if not pages:
            raise UserError(
                Message("It has no pages."), Message("Open it and see whether it is the file you meant to add.")
            )
        return _read(reader, pages, limits, on_page)


def _read(reader: PdfReader, pages: int, limits: LoadingLimits, on_page: OnPage) -> LoadedDocument:
    gathered = Gathered(limits)
    outline = _outline(reader)
    blank: list[int] = []
    unreadable: list[int] = []
    for index in range(pages):
        on_page(index, pages)
        gathered.page()
        try:
            text = tidy(reader.pages[index].extract_text())
        except (MemoryError, UserError):
            raise
        except Exception:  # a parser of broken input raises anything
            unreadable.append(index + 1)
            continue
        if not text:
            blank.append(index + 1)
            continue
        start = gathered.add(text, tidied=True)
        for level, title in outline.get(index, ()):
            at = text.find(title)
            gathered.mark(start + max(at, 0), level, title)
    on_page(pages, pages)
    if len(unreadable) == pages:
        raise damaged()
    if len(blank) + len(unreadable) == pages:
        raise scanned(pages)
    if unreadable:
        gathered.notices.append(Message("These pages could not be read: {pages}.", pages=_list(unreadable)))
    if blank:
        gathered.notices.append(
            Message("These pages hold no text, only pictures or nothing: {pages}.", pages=_list(blank))
        )
    return gathered.document(FileFormat.PDF)


def scanned(pages: int) -> UserError:
    return UserError(
        Message("None of its {pages} pages holds text: it is scanned, pictures of pages.", pages=pages),
        Message("Run text recognition first: `ocrmypdf -l kor+eng scan.pdf text.pdf`, then add text.pdf."),
    )


def _outline(reader: PdfReader) -> dict[int, list[tuple[int, str]]]:
    """The bookmarks by page index, as (level, title); none where the file's outline is broken."""
    found: dict[int, list[tuple[int, str]]] = {}
    try:
        for level, destination in _walk(reader.outline, 1):
            page = reader.get_destination_page_number(destination)
            title = one_line(str(destination.title))
            if page is not None and page >= 0 and title:
                found.setdefault(page, []).append((level, title))
    except Exception:
        return {}
    return found


def _walk(items: list[Any], level: int) -> Iterator[tuple[int, Destination]]:
    for item in items:
        if isinstance(item, list):
            if level < 6:
                yield from _walk(item, level + 1)
        else:
            yield level, item


def _list(numbers: list[int]) -> str:
    """1, 2, 5–9 …"""
    runs: list[list[int]] = []
    for n in numbers:
        if runs and n == runs[-1][-1] + 1:
            runs[-1] = [runs[-1][0], n]
        else:
            runs.append([n])
    shown = ["–".join(str(n) for n in run) for run in runs[:12]]
    return ", ".join(shown) + (" …" if len(runs) > 12 else "")
