"""Office files are ZIP archives: looked over before any parser opens them."""

from __future__ import annotations

import zipfile
from pathlib import Path

from app.domain.errors import UserError
from app.domain.loading import MB, FileFormat, LoadingLimits
from app.domain.message import Message

_KINDS = {
    "word/": FileFormat.DOCX,
    "ppt/": FileFormat.PPTX,
    "xl/": FileFormat.XLSX,
}
# A ratio means little where there is little: a small sheet of zeros packs a thousandfold and harms nobody.
_HARMLESS = 20 * MB


def office_kind(path: Path, limits: LoadingLimits) -> FileFormat:
    """Which office format the archive is. Raises UserError for a bomb, a damaged or another archive."""
    try:
        with zipfile.ZipFile(path) as archive:
            entries = archive.infolist()
    except (zipfile.BadZipFile, EOFError, OSError, ValueError, NotImplementedError):
        raise damaged() from None
    _check_size(path, entries, limits)
    if any(entry.flag_bits & 1 for entry in entries):
        raise UserError(
            Message("It is protected by a password."), Message("Remove the password, or save a copy without one.")
        )
    names = [entry.filename for entry in entries]
    if "[Content_Types].xml" in names:
        for folder, kind in _KINDS.items():
            if any(name.startswith(folder) for name in names):
                return kind
    if any(name.startswith("Contents/section") for name in names):
        raise UserError(Message("It is a Hangul (HWPX) file."), Message("Save it as PDF or DOCX, and add that."))
    if "mimetype" in names and "content.xml" in names:
        raise UserError(
            Message("It is an OpenDocument file."), Message("Save it as DOCX, XLSX, PPTX or PDF, and add that.")
        )
    raise UserError(Message("It is a ZIP archive."), Message("Unpack it, and add the files that are in it."))


def _check_size(path: Path, entries: list[zipfile.ZipInfo], limits: LoadingLimits) -> None:
    """The sizes that the archive declares; no reader unpacks more of an entry than it declares."""
    unpacked, packed = sum(entry.file_size for entry in entries), max(path.stat().st_size, 1)
    bomb = len(entries) > limits.entries or unpacked > limits.unpacked_bytes
    if bomb or (unpacked > _HARMLESS and unpacked / packed > limits.ratio):
        raise UserError(
            Message(
                "Unpacked it would take {unpacked} MB, from a file of {packed} MB: it is not opened.",
                unpacked=f"{unpacked / MB:,.0f}",
                packed=f"{packed / MB:,.1f}",
            ),
            Message("If it is a document of yours, save it anew, without pictures or in several parts."),
        )


def damaged() -> UserError:
    return UserError(
        Message("It is damaged or cut off."),
        Message("Copy or download it again; if it opens in its own program, save it anew from there."),
    )
