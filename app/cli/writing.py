"""Files that commands write: whole or not at all."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterable
from contextlib import suppress
from pathlib import Path

from app.cli import output


def put(pieces: Iterable[str], to: str) -> None:
    """Write text to a file, or to stdout for “-”. Raises UserError."""
    encoded = (piece.encode("utf-8", "replace") for piece in pieces)
    if to != "-":
        from app.domain.message import Message

        path = Path(to).expanduser()
        write(path, encoded, option="-o")
        output.note(output.text(Message("Written: {path}", path=str(path))))
        return
    for piece in encoded:
        # Bytes: a text stream would turn the line ends of CSV once more on Windows.
        sys.stdout.buffer.write(piece)
    sys.stdout.buffer.flush()


def write(path: Path, pieces: Iterable[bytes], *, option: str) -> None:
    """Write beside the file and put it in place at the end: what breaks off leaves the old one.

    `option` is how the command is told where to write. Raises UserError.
    """
    from app.domain.errors import UserError
    from app.domain.message import Message

    part = path.with_name(f"{path.name}.{os.getpid()}.part")
    try:
        with part.open("wb") as file:
            file.writelines(pieces)
        part.replace(path)
    except OSError as exc:
        raise UserError(
            Message("{path} cannot be written: {reason}.", path=str(path), reason=exc.strerror or type(exc).__name__),
            Message("Choose a folder that exists and that you may write to: {option} FILE", option=option),
        ) from None
    finally:
        with suppress(OSError):
            part.unlink(missing_ok=True)
