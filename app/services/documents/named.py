"""What is to be indexed: files and folders that somebody named, and what tells one file from another."""

from __future__ import annotations

import hashlib
import os
import threading
from collections.abc import Iterator, Sequence
from contextlib import suppress
from dataclasses import replace
from pathlib import Path

from app.domain.errors import UserError
from app.domain.filenames import extension, free_name, safe_name, safe_path
from app.domain.indexing import Source
from app.domain.loading import NAMED, READ, Cancelled
from app.domain.message import Message

_BLOCK = 1 << 20


def sources(paths: Sequence[Path]) -> list[Source]:
    """The files that `paths` name, folders searched through. Raises UserError for one that is not there.

    A file of a folder is named by its path from that folder on, so that names stay the same from one
    run to the next. Hidden files and links to folders are left out; a file that two of `paths` name is one.
    """
    found: dict[str, Source] = {}
    for path in paths:
        if path.is_dir():
            root = path.resolve()
            for file in _walk(root):
                name = safe_path(f"{root.name}/{file.relative_to(root).as_posix()}")
                found.setdefault(str(file), Source(file, name, origin=str(file)))
        elif path.exists():
            origin = str(path.parent.resolve() / path.name)
            found.setdefault(origin, Source(path, safe_name(path.name), origin=origin))
        else:
            raise UserError(
                Message("There is no file or folder {path}.", path=str(path)), Message("Check the path and try again.")
            )
    if not found:
        raise UserError(
            Message("There is nothing to index there."),
            Message("Give PDF, DOCX, PPTX, XLSX, CSV, HTML, Markdown or text files, or a folder of them."),
        )
    return list(found.values())


def _walk(root: Path) -> Iterator[Path]:
    for folder, folders, names in os.walk(root):
        folders[:] = sorted(name for name in folders if not name.startswith("."))
        for name in sorted(names):
            path = Path(folder, name)
            if not name.startswith((".", "~$")) and extension(name) in READ | NAMED and path.is_file():
                yield path


def distinct(files: Sequence[Source]) -> list[Source]:
    """The files with names of their own: two of one name would replace each other."""
    taken: set[str] = set()
    distinct = []
    for file in files:
        name = free_name(file.name, taken.__contains__)
        taken.add(name)
        distinct.append(replace(file, name=name))
    return distinct


def digest_of(path: Path, cancelled: threading.Event) -> tuple[str, int]:
    """SHA-256 of a file and its size. Raises Cancelled; what cannot be read gets the loader's words."""
    digest, size = hashlib.sha256(), 0
    try:
        if path.is_file():
            with path.open("rb") as file:
                while block := file.read(_BLOCK):
                    if cancelled.is_set():
                        raise Cancelled
                    digest.update(block)
                    size += len(block)
    except OSError:
        return f"unreadable {path}", 0
    return digest.hexdigest() if size else f"empty {path}", size


def size_of(path: Path) -> int:
    try:
        return path.stat().st_size
    except OSError:
        return 0


def discard(files: Sequence[Source]) -> None:
    for file in files:
        if file.temporary:
            with suppress(OSError):
                file.path.unlink()
