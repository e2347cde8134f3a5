"""`questions`: the sets that batches ask."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from app.cli import output
from app.cli.session import container
from app.cli.writing import put

if TYPE_CHECKING:
    from app.domain.questions import QuestionSet, QuestionSetInfo
    from app.services.questions.reading import Reading

app = typer.Typer(help="Question sets: import, list, show, export.", rich_markup_mode=None)
Json = Annotated[bool, typer.Option("--json", help="As JSON.")]
Name = Annotated[str, typer.Argument(metavar="NAME")]
Version = Annotated[int | None, typer.Option(min=1, metavar="N", help="An earlier version [default: the latest]")]
_TOLD = 20


@app.callback(invoke_without_command=True)
def questions(context: typer.Context, as_json: Json = False) -> None:
    if context.invoked_subcommand is None:
        listed(as_json)


@app.command("import")
def import_(
    file: Annotated[str, typer.Argument(metavar="FILE", help="CSV, JSONL, XLSX or promptfoo's YAML; - is stdin.")],
    name: Annotated[str | None, typer.Option("--name", "-n", help="Name of the set [default: the file's]")] = None,
    sheet: Annotated[str | None, typer.Option(metavar="NAME", help="The sheet of a workbook.")] = None,
    only_good: Annotated[bool, typer.Option("--only-good", help="Leave out rows that are not understood.")] = False,
    as_json: Json = False,
) -> None:
    """Keep the questions of a file as a set, or as a new version of one."""
    from app.cli.inputs import read_bytes
    from app.domain.message import Message
    from app.services.documents.labelled import at
    from app.services.questions.reading import read_questions

    reading = read_questions(Path(file).name, read_bytes(file), sheet=sheet)
    stored: QuestionSet | None = None
    if reading.good or (only_good and reading.questions):
        with container() as box:
            stored = box.questions.add(name or ("" if file == "-" else Path(file).stem), reading.questions)
    for problem in () if as_json else reading.problems[:_TOLD]:
        output.note(output.text(at(reading.counting, problem.row, problem.message)))
        output.note(f"  {output.text(problem.remedy)}")
    if not as_json and (more := len(reading.problems) - _TOLD) > 0:
        output.note(output.text(Message("and {n} more", n=more)))
    if reading.unused:
        output.note(output.text(Message("Columns that are not used: {names}", names=", ".join(reading.unused))))
    if as_json:
        output.emit_json(_import_to_dict(reading, stored))
    elif stored is not None:
        output.say(str(stored))
        output.note(output.speech().plural("{n} question", "{n} questions", len(stored.questions)))
    else:
        output.note(
            output.text(
                Message(
                    "Nothing was stored. Correct these rows, or add `--only-good` to keep the {n} others.",
                    n=len(reading.questions),
                )
            )
        )
    if stored is None:
        raise typer.Exit(1)


@app.command("list")
def listed(as_json: Json = False) -> None:
    """List the question sets, the newest first."""
    from app.domain.message import Message

    with container() as box:
        found = box.questions.list()
    if as_json:
        output.emit_json({"sets": [_info_to_dict(info) for info in found]})
    elif found:
        speech = output.speech()
        heads = (Message("Name"), Message("Version"), Message("Questions"), Message("Categories"), Message("Made"))
        rows = [
            [
                output.shorten(i.name, 40),
                str(i.version),
                speech.number(i.questions),
                output.shorten(", ".join(filter(None, i.categories)) or "—", 48),
                speech.when(i.created_at),
            ]
            for i in found
        ]
        output.table([output.text(h) for h in heads], rows, right=(1, 2))
    else:
        output.note(
            output.text(
                Message(
                    "There is no question set yet: {command}", command="python -m app questions import FILE --name NAME"
                )
            )
        )


@app.command()
def show(name: Name, version: Version = None, as_json: Json = False) -> None:
    """Show the questions of a set."""
    from app.domain.message import Message
    from app.services.questions.writing import row_of

    with container() as box:
        found = box.questions.get(name, version)
        versions = box.questions.versions(name)
    if as_json:
        output.emit_json(_set_to_dict(found, versions))
        return
    heads = (Message("Id"), Message("Question"), Message("Reference answer"), Message("Document"), Message("Category"))
    rows = [
        [
            output.shorten(q.key, 16),
            output.shorten(q.text, 60),
            output.shorten(q.reference, 40) or "—",
            output.shorten(str(row_of(q)["document"]), 30) or "—",
            output.shorten(q.category, 16) or "—",
        ]
        for q in found.questions
    ]
    output.table([output.text(h) for h in heads], rows)
    output.note(f"{found} · {output.speech().plural('{n} question', '{n} questions', len(rows))}")


@app.command()
def export(
    name: Name,
    version: Version = None,
    format: Annotated[str, typer.Option(help="csv or jsonl; the import reads both.")] = "csv",
    to: Annotated[str, typer.Option("--output", "-o", metavar="FILE", help="- is stdout.")] = "-",
) -> None:
    """Write a set to a file."""
    from app.domain.errors import UserError
    from app.domain.message import Message
    from app.services.questions.writing import written

    if format not in ("csv", "jsonl"):
        raise UserError(
            Message("There is no format “{name}”.", name=format[:40]),
            Message("Choose one of {names}.", names="csv, jsonl"),
        )
    with container() as box:
        found = box.questions.get(name, version)
    put([written(found.questions, "csv" if format == "csv" else "jsonl")], to)


@app.command()
def sample(
    language: Annotated[str, typer.Option(help="en or ko.")] = "en",
    as_json: Json = False,
) -> None:
    """Keep the sample set: questions on the sample documents, with reference answers."""
    with container() as box:
        stored = box.questions.add_sample(language)
        versions = box.questions.versions(stored.name)
    if as_json:
        output.emit_json(_set_to_dict(stored, versions))
    else:
        output.say(str(stored))
        output.note(output.speech().plural("{n} question", "{n} questions", len(stored.questions)))


def _info_to_dict(info: QuestionSetInfo) -> dict[str, object]:
    return {
        "name": info.name,
        "version": info.version,
        "questions": info.questions,
        "categories": list(info.categories),
        "created_at": info.created_at.isoformat(),
    }


def _set_to_dict(found: QuestionSet, versions: Sequence[int]) -> dict[str, object]:
    from app.services.questions.writing import question_to_dict

    return {
        "name": found.name,
        "version": found.version,
        "versions": list(versions),
        "digest": found.digest,
        "created_at": found.created_at.isoformat(),
        "categories": list(found.categories),
        "questions": [question_to_dict(q) for q in found.questions],
    }


def _import_to_dict(reading: Reading, stored: QuestionSet | None) -> dict[str, object]:
    return {
        "set": None if stored is None else {"name": stored.name, "version": stored.version, "digest": stored.digest},
        "good": len(reading.questions),
        "refused": [{"row": p.row, "message": str(p.message), "remedy": str(p.remedy)} for p in reading.problems],
        "counting": reading.counting,
        "unused_columns": list(reading.unused),
    }
