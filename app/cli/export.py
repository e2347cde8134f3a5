"""`export`: comparisons or ratings as CSV or JSON lines."""

from __future__ import annotations

import sys
from collections.abc import Iterable
from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer

from app.cli import output
from app.cli.session import container


class Table(StrEnum):
    COMPARISONS = "comparisons"
    RATINGS = "ratings"


class Format(StrEnum):
    CSV = "csv"
    JSONL = "jsonl"


def export(
    table: Annotated[Table, typer.Argument(help="What to write.")],
    format: Annotated[Format, typer.Option(help="csv for a spreadsheet, jsonl for programs.")] = Format.CSV,
    to: Annotated[str, typer.Option("--output", "-o", metavar="FILE", help="- is stdout.")] = "-",
) -> None:
    """Write every comparison, or every rating, to a file."""
    with container() as box:
        pieces = box.exporting.export(table.value, format.value)
        put(pieces, to)


def put(pieces: Iterable[str], to: str) -> None:
    """Write to a file, or to stdout for “-”. Raises UserError."""
    if to != "-":
        _write(Path(to).expanduser(), pieces)
        return
    for piece in pieces:
        # Bytes: a text stream would turn the line ends of CSV once more on Windows.
        sys.stdout.buffer.write(piece.encode("utf-8", "replace"))
    sys.stdout.buffer.flush()


def _write(path: Path, pieces: Iterable[str]) -> None:
    """Write beside the file and put it in place at the end: a broken export leaves the old one. Raises UserError."""
    from app.domain.errors import UserError
    from app.domain.message import Message

    part = path.with_name(path.name + ".part")
    try:
        with part.open("w", encoding="utf-8", errors="replace", newline="") as file:
            file.writelines(pieces)
        part.replace(path)
    except OSError as exc:
        part.unlink(missing_ok=True)
        raise UserError(
            Message("{path} cannot be written: {reason}.", path=str(path), reason=exc.strerror or type(exc).__name__),
            Message("Choose a folder that exists and that you may write to: -o FILE"),
        ) from None
    output.note(output.text(Message("Written: {path}", path=str(path))))
