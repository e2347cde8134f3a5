"""`rate --export-sheet`, `rate --import`: votes by way of a spreadsheet or another tool."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import typer

from app.cli import output
from app.domain.message import Message

if TYPE_CHECKING:
    from app.bootstrap import Container
    from app.services.rating.importing import VotesImported

_TOLD = 20


def export_sheet(box: Container, batch: str, rater: str, target: str) -> None:
    """Write the rater's sheet; “-” is stdout. Raises UserError."""
    from app.cli.writing import put
    from app.services.rating.sheet import sheet

    put(sheet(box.queue, box.queue.batch(batch).id, rater), target)


def import_votes(box: Container, source: str, rater: str, *, as_json: bool) -> None:
    """Store the votes of a file. Raises typer.Exit(1), and stores nothing, when a row is broken."""
    from app.cli.inputs import read_bytes

    found = box.vote_import.load(Path(source).name, read_bytes(source), rater=rater)
    if as_json:
        output.emit_json(
            {
                "stored": found.stored,
                "corrections": found.corrections,
                "duplicates": found.duplicates,
                "outdated": found.outdated,
                "blank": found.blank,
                "not_blind": found.open_eyes,
                "problems": [
                    {"line": p.row, "message": str(p.message), "remedy": str(p.remedy)} for p in found.problems
                ],
            }
        )
    else:
        for problem in found.problems[:_TOLD]:
            output.note(output.text(Message("Line {n}: {reason}", n=problem.row, reason=problem.message)))
            output.note(f"  {output.text(problem.remedy)}")
        if (more := len(found.problems) - _TOLD) > 0:
            output.note(output.text(Message("and {n} more", n=more)))
        if not found.problems:
            output.say(output.speech().plural("{n} vote stored", "{n} votes stored", found.stored))
            _told(found)
    if found.problems:
        if not as_json:
            output.note(output.text(Message("Nothing was stored. Correct these lines and import the file again.")))
        raise typer.Exit(1)


def _told(found: VotesImported) -> None:
    said = [
        (found.corrections, Message("{n} of them correct an earlier vote", n=found.corrections)),
        (found.duplicates, Message("{n} were here already", n=found.duplicates)),
        (found.outdated, Message("{n} are older than a vote that is here", n=found.outdated)),
        (found.blank, Message("{n} lines without a vote", n=found.blank)),
        (
            found.open_eyes,
            Message(
                "{n} are not said to be blind, and a verdict does not count them; a column `blind` says it",
                n=found.open_eyes,
            ),
        ),
    ]
    for number, message in said:
        if number:
            output.note(output.text(message))
