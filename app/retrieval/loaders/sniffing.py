"""Tells what a file is from its content, and says so when it is something that cannot be read."""

from __future__ import annotations

import re
from pathlib import Path

from app.domain.errors import UserError
from app.domain.filenames import extension
from app.domain.loading import FileFormat, LoadingLimits
from app.domain.message import Message
from app.retrieval.loaders.archive import office_kind

_HEAD = 4096
_OLE = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
_PICTURES = (b"\x89PNG", b"\xff\xd8\xff", b"GIF8", b"II*\0", b"MM\0*", b"BM", b"RIFF")
_HTML = re.compile(rb"<!doctype\s+html|<html[\s>]|<head[\s>]|<body[\s>]", re.IGNORECASE)

_BY_EXTENSION = {
    ".csv": FileFormat.CSV,
    ".tsv": FileFormat.CSV,
    ".html": FileFormat.HTML,
    ".htm": FileFormat.HTML,
    ".xhtml": FileFormat.HTML,
    ".md": FileFormat.MARKDOWN,
    ".markdown": FileFormat.MARKDOWN,
}
# Formats that begin with bytes of their own: a file so called that begins otherwise is not one.
_PROMISED = {
    ".pdf": FileFormat.PDF,
    ".docx": FileFormat.DOCX,
    ".pptx": FileFormat.PPTX,
    ".xlsx": FileFormat.XLSX,
    ".xlsm": FileFormat.XLSX,
}


def sniff(path: Path, name: str, limits: LoadingLimits) -> tuple[FileFormat, Message | None]:
    """What `path` is, and a notice when its name says otherwise. Raises UserError when it cannot be read."""
    with path.open("rb") as file:
        head = file.read(_HEAD)
    promised = _PROMISED.get(extension(name))
    found = _binary(path, head, limits)
    if found is not None:
        if extension(name) in (*_PROMISED, *_BY_EXTENSION, ".txt") and promised is not found:
            return found, Message(
                "It is called {extension}, but is {format} inside, and was read as that.",
                extension=extension(name),
                format=found.value.upper(),
            )
        return found, None
    if promised is not None:
        raise UserError(
            Message("It is called {extension}, but is no {format} inside.", extension=extension(name), format=promised),
            Message("Give it the extension that it should have, or save it anew from the program that wrote it."),
        )
    start = head.replace(b"\0", b"").lstrip(b"\xef\xbb\xbf\xff\xfe").lstrip()
    if _HTML.search(start[:1024]) and start.startswith(b"<"):
        return FileFormat.HTML, None
    return _BY_EXTENSION.get(extension(name), FileFormat.TEXT), None


def _binary(path: Path, head: bytes, limits: LoadingLimits) -> FileFormat | None:
    if b"%PDF-" in head[:1024]:
        return FileFormat.PDF
    if head.startswith((b"PK\x03\x04", b"PK\x05\x06", b"PK\x07\x08")):
        return office_kind(path, limits)
    if head.startswith(_OLE):
        raise _old_office(path)
    if head.startswith(b"{\\rtf"):
        raise UserError(Message("It is an RTF file."), Message("Save it as DOCX or PDF, and add that."))
    if head.startswith(_PICTURES):
        raise UserError(
            Message("It is a picture, and has no text to search."),
            Message("Run text recognition (OCR) on it and add the result, for example with ocrmypdf."),
        )
    return None


def _old_office(path: Path) -> UserError:
    """The container of Office before 2007, of Hangul (HWP), and of encrypted files of today."""
    with path.open("rb") as file:
        start = file.read(2_000_000)
    if "EncryptedPackage".encode("utf-16-le") in start:
        return protected()
    if "HwpSummaryInformation".encode("utf-16-le") in start:
        return UserError(Message("It is a Hangul (HWP) file."), Message("Save it as PDF or DOCX, and add that."))
    return UserError(
        Message("It is a file of Office before 2007 (DOC, XLS or PPT)."),
        Message("Save it as DOCX, XLSX, PPTX or PDF, and add that."),
    )


def protected() -> UserError:
    return UserError(
        Message("It is protected by a password."), Message("Remove the password, or save a copy without one.")
    )
