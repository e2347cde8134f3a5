"""From a file to its document: looked over, told apart, read. Runs inside the worker process."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from importlib import import_module
from pathlib import Path

from app.domain.errors import UserError
from app.domain.loading import MB, FileFormat, LoadedDocument, LoadingLimits, OnPage
from app.domain.message import Message
from app.retrieval.loaders.sniffing import sniff

Load = Callable[[Path, LoadingLimits, OnPage], LoadedDocument]

# Imported when first needed: together they take most of a second.
_LOADERS: dict[FileFormat, tuple[str, str]] = {
    FileFormat.PDF: ("pdf", "load"),
    FileFormat.DOCX: ("word", "load"),
    FileFormat.PPTX: ("slides", "load"),
    FileFormat.XLSX: ("sheets", "load_xlsx"),
    FileFormat.CSV: ("sheets", "load_csv"),
    FileFormat.HTML: ("webpages", "load"),
    FileFormat.MARKDOWN: ("plain", "load_markdown"),
    FileFormat.TEXT: ("plain", "load_text"),
}
# Formats that are held in memory whole while they are read.
_WHOLE = (FileFormat.CSV, FileFormat.HTML, FileFormat.MARKDOWN, FileFormat.TEXT)


def check(path: Path, limits: LoadingLimits) -> int:
    """The size in bytes. Raises UserError for what need not be opened to be refused."""
    try:
        if path.is_dir():
            raise UserError(Message("It is a folder."), Message("Add the files that are in it."))
        size = path.stat().st_size
        regular = path.is_file()
    except FileNotFoundError:
        raise UserError(Message("It is not there any more."), Message("Add it again from where it is now.")) from None
    except OSError as exc:
        raise unreadable(exc) from None
    if not regular:
        raise UserError(
            Message("It is no file but a device or a pipe."), Message("Add a copy of its content as a file.")
        )
    if not size:
        raise UserError(Message("It is empty."), Message("Add it again once there is something in it."))
    if size > limits.file_bytes:
        raise UserError(
            Message(
                "It has {size} MB; {limit} MB is the most that is read.",
                size=f"{size / MB:,.0f}",
                limit=f"{limits.file_bytes / MB:,.0f}",
            ),
            Message("Split it, or raise UNDERSTUDY_MAX_FILE_MB."),
        )
    return size


def unreadable(exc: OSError) -> UserError:
    return UserError(
        Message("It cannot be read: {detail}.", detail=exc.strerror or type(exc).__name__),
        Message("Make it a file that this user may read."),
    )


def load(path: Path, name: str, limits: LoadingLimits, on_page: OnPage) -> LoadedDocument:
    """Read `path`, called `name`. Raises UserError."""
    size = check(path, limits)
    try:
        kind, notice = sniff(path, name, limits)
        # A character takes at most four bytes: a larger file need not be read to know that it is too long.
        if kind in _WHOLE and size > 4 * limits.characters:
            raise UserError(
                Message(
                    "There is more text in it than the {limit} characters that one document may have.",
                    limit=f"{limits.characters:,}",
                ),
                Message("Split it into several files."),
            )
        module, function = _LOADERS[kind]
        read: Load = getattr(import_module(f"app.retrieval.loaders.{module}"), function)
        document = read(path, limits, on_page)
    except OSError as exc:
        raise unreadable(exc) from None
    except MemoryError:
        raise too_large_inside(limits) from None
    return replace(document, notices=(notice, *document.notices)) if notice else document


def too_large_inside(limits: LoadingLimits) -> UserError:
    return UserError(
        Message(
            "Reading it needs more than the {limit} MB of memory that one file is given.",
            limit=f"{limits.memory_bytes / MB:,.0f}",
        ),
        Message("Split it, or save it anew without pictures."),
    )
