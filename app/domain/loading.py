"""A file on its way to being searchable: what a loader reads out of it, and what it may cost."""

from __future__ import annotations

import threading
from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from typing import Protocol

from app.domain.message import Message

MB = 1_000_000


class FileFormat(StrEnum):
    """What a file is by its content, whatever it is called."""

    PDF = "pdf"
    DOCX = "docx"
    PPTX = "pptx"
    XLSX = "xlsx"
    CSV = "csv"
    HTML = "html"
    MARKDOWN = "markdown"
    TEXT = "text"

    @property
    def media_type(self) -> str:
        return _MEDIA_TYPES[self]


_OFFICE = "application/vnd.openxmlformats-officedocument"
_MEDIA_TYPES = {
    FileFormat.PDF: "application/pdf",
    FileFormat.DOCX: f"{_OFFICE}.wordprocessingml.document",
    FileFormat.PPTX: f"{_OFFICE}.presentationml.presentation",
    FileFormat.XLSX: f"{_OFFICE}.spreadsheetml.sheet",
    FileFormat.CSV: "text/csv",
    FileFormat.HTML: "text/html",
    FileFormat.MARKDOWN: "text/markdown",
    FileFormat.TEXT: "text/plain",
}


# What a folder is searched for; a file named by hand is tried whatever it is called.
READ = frozenset(
    {".pdf", ".docx", ".pptx", ".xlsx", ".xlsm", ".csv", ".tsv", ".html", ".htm", ".xhtml"}
    | {".md", ".markdown", ".txt", ".text", ".log", ".rst"}
)
# Documents that cannot be read: found in a folder, they are named with the way out instead of passed over.
NAMED = frozenset({".doc", ".xls", ".ppt", ".hwp", ".hwpx", ".rtf", ".odt", ".ods", ".odp"})


@dataclass(frozen=True, slots=True)
class Heading:
    """A heading and where its section begins in the document's text; level 1 is the highest."""

    start: int
    level: int
    text: str


@dataclass(frozen=True, slots=True)
class LoadedDocument:
    """The text of a file with its places.

    `text` is clean (NFC, no control characters but tab and line end) and what every offset counts
    in. `page_starts[i]` is where page, slide or sheet i + 1 begins; empty for formats that have none.
    `headings` are in the order of the text. `notices` say what could not be read although the rest
    could: pages without text, a wrong extension.
    """

    format: FileFormat
    text: str
    page_starts: tuple[int, ...] = ()
    headings: tuple[Heading, ...] = ()
    notices: tuple[Message, ...] = ()


@dataclass(frozen=True, slots=True)
class LoadingLimits:
    """What a file may cost before it is refused.

    Bytes for files, unpacked sizes and memory; `ratio` is unpacked to packed size of an office file;
    `silence` the seconds that a parser may go without finishing a page, `total` those for the file.
    """

    file_bytes: int = 500 * MB
    unpacked_bytes: int = 1_000 * MB
    ratio: int = 200
    entries: int = 20_000
    characters: int = 20_000_000
    memory_bytes: int = 2_000 * MB
    silence: float = 90.0
    total: float = 1_800.0


OnPage = Callable[[int, int], None]


class Loader(Protocol):
    def load(
        self, path: Path, name: str, *, on_page: OnPage | None = None, cancelled: threading.Event | None = None
    ) -> LoadedDocument:
        """Read a file; `name` is what it is called, for its extension and for messages.

        `on_page` hears (pages done, pages in all). Blocking, safe from any thread. Raises UserError
        when the file cannot be read, and Cancelled soon after `cancelled` is set.
        """
        ...

    def close(self) -> None:
        """End the worker process, if there is one."""
        ...


class Cancelled(Exception):
    """Somebody asked to stop: no error, and nothing is left behind."""
