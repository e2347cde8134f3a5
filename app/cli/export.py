"""`export`: comparisons or ratings as CSV or JSON lines; ratings as data to fine-tune with."""

from __future__ import annotations

from enum import StrEnum
from typing import Annotated

import typer

from app.cli import output
from app.cli.session import container
from app.cli.writing import put


class Table(StrEnum):
    COMPARISONS = "comparisons"
    RATINGS = "ratings"


class Format(StrEnum):
    CSV = "csv"
    JSONL = "jsonl"
    DPO = "dpo"
    ALPACA = "alpaca"


def export(
    table: Annotated[Table | None, typer.Argument(help="What to write; dpo and alpaca are always of ratings.")] = None,
    format: Annotated[
        Format, typer.Option(help="csv for a spreadsheet, jsonl for programs, dpo and alpaca to fine-tune with.")
    ] = Format.CSV,
    batch: Annotated[str | None, typer.Option(metavar="ID", help="Only this batch (dpo and alpaca).")] = None,
    to: Annotated[str, typer.Option("--output", "-o", metavar="FILE", help="- is stdout.")] = "-",
) -> None:
    """Write every comparison, or every rating, to a file."""
    from app.domain.errors import UserError
    from app.domain.message import Message

    if format in (Format.DPO, Format.ALPACA):
        if table is Table.COMPARISONS:
            raise UserError(
                Message("{format} is made of ratings, not of comparisons.", format=format.value),
                Message("For example: {command}", command=f"python -m app export ratings --format {format.value}"),
            )
        _training(format, batch, to)
        return
    if table is None or batch is not None:
        raise UserError(
            Message("`--batch` goes with `--format dpo` and `--format alpaca` only.")
            if table is not None
            else Message("It is not said what to write."),
            Message("For example: {command}", command="python -m app export ratings --format csv"),
        )
    with container() as box:
        put(box.exporting.export(table.value, "csv" if format is Format.CSV else "jsonl"), to)


def _training(format: Format, batch: str | None, to: str) -> None:
    from app.domain.message import Message
    from app.services.export.training import WHY

    with container() as box:
        made = box.training.export("dpo" if format is Format.DPO else "alpaca", batch)
        put(made.pieces, to)
    output.note(output.text(Message("Lines: {n}", n=made.counts.written)))
    for why, n in made.counts.left_out.items():
        output.note(output.text(Message("Left out: {n} ({why})", n=n, why=WHY[why])))
