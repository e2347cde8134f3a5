"""What a browser sent, kept on disk until it is indexed."""

from __future__ import annotations

import os
import shutil
import tempfile
import time
from contextlib import suppress
from pathlib import Path
from typing import BinaryIO

from app.domain.errors import UserError
from app.domain.filenames import extension, safe_name
from app.domain.indexing import Source
from app.domain.message import Message

_BLOCK = 1 << 20
_SECONDS = 86_400.0


def keep(folder: Path, name: str, data: BinaryIO) -> Source:
    """As a file of its own in `folder`. Raises UserError when there is no room."""
    path: str | None = None
    try:
        folder.mkdir(parents=True, exist_ok=True)
        _forget_old(folder)
        handle, path = tempfile.mkstemp(dir=folder, suffix=extension(name))
        with os.fdopen(handle, "wb") as file:
            shutil.copyfileobj(data, file, _BLOCK)
    except OSError as exc:
        if path is not None:
            Path(path).unlink(missing_ok=True)
        raise UserError(
            Message("The upload could not be kept: {detail}.", detail=exc.strerror or type(exc).__name__),
            Message("Make room on the disk that holds {folder}.", folder=str(folder)),
        ) from None
    return Source(Path(path), safe_name(name), temporary=True)


def _forget_old(folder: Path) -> None:
    """Those of a process that was killed: nobody indexes them any more."""
    for path in folder.iterdir():
        with suppress(OSError):
            if time.time() - path.stat().st_mtime > _SECONDS:
                path.unlink()
