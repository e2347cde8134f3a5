"""A question file read: the questions that are good, and what is wrong with every other row."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Literal

from app.domain.errors import UserError
from app.domain.message import Message
from app.domain.questions import Question
from app.services.questions.columns import Entry, Problem, Raw
from app.services.questions.csv_rows import csv_entries
from app.services.questions.decoding import decoded
from app.services.questions.json_rows import json_entries, yaml_entries
from app.services.questions.rows import Questions
from app.services.questions.sheets import is_archive, sheet_entries

MOST_QUESTIONS = 20_000
MOST_BYTES = 10_000_000
FORMATS = ("csv", "tsv", "txt", "jsonl", "ndjson", "json", "yaml", "yml", "xlsx", "xlsm")

_OLE = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"

Counting = Literal["line", "row", "entry"]


@dataclass(frozen=True, slots=True)
class Reading:
    """What a file holds. `counting` says what `Problem.row` counts: lines, rows of a sheet, entries of a list.

    `unused` are headings that say nothing to us, `dropped` the characters that no model can take and
    that were left out, `sheets` the names of a workbook's sheets, the one that was read first.
    """

    questions: tuple[Question, ...]
    problems: tuple[Problem, ...]
    counting: Counting
    unused: tuple[str, ...] = ()
    dropped: int = 0
    sheets: tuple[str, ...] = ()

    @property
    def good(self) -> bool:
        return not self.problems and bool(self.questions)


@dataclass(slots=True)
class Rows:
    """A file's rows as they were written, one after the other; the lists fill while they are read."""

    entries: Iterator[Entry]
    counting: Counting
    unused: list[str]
    sheets: list[str]


def read_questions(name: str, data: bytes, *, sheet: str | None = None) -> Reading:
    """The questions of CSV, JSONL, XLSX or promptfoo's YAML, told by what is in the file and then by its name.

    What is wrong with one row costs that row. Raises UserError for a file that is too large, no
    such file, or without a column of questions.
    """
    rows = read_rows(name, data, sheet=sheet)
    found = Questions()
    for entry in _few(name, rows.entries, found):
        if isinstance(entry, Raw):
            found.add(entry)
        else:
            found.problems.append(entry)
    if not found and not found.problems:
        raise UserError(
            Message("There is no question in {name}.", name=name[:120]),
            Message("Write a heading (question, reference, document, page, category, language) and a row for each."),
        )
    return Reading(
        found.all(),
        tuple(sorted(found.problems, key=lambda p: p.row)),
        rows.counting,
        tuple(dict.fromkeys(rows.unused)),
        found.dropped,
        tuple(rows.sheets),
    )


def read_rows(name: str, data: bytes, *, sheet: str | None = None, bare: Sequence[str] = ("question",)) -> Rows:
    """The rows unchecked. `bare` are the columns of CSV without a heading, in order."""
    if len(data) > MOST_BYTES:
        raise UserError(
            Message("{name} is larger than {n} MB.", name=name[:120], n=MOST_BYTES // 1_000_000),
            Message("A question set holds questions, not documents: give the file of the questions alone."),
        )
    unused: list[str] = []
    sheets: list[str] = []
    if is_archive(data):
        return Rows(sheet_entries(data, sheet, sheets=sheets, unused=unused), "row", unused, sheets)
    if data.startswith(_OLE):
        raise UserError(
            Message("It is an Excel file of before 2007, or one with a password."),
            Message("Save it as XLSX without a password, or as CSV."),
        )
    text = decoded(name, data)
    ending = name.lower().rpartition(".")[2]
    start = text.lstrip("\ufeff \t\r\n")[:2]
    if ending in ("yaml", "yml"):
        return Rows(yaml_entries(text, unused=unused), "line", unused, sheets)
    if start in ('{"', "[{") or (start[:1] in ("{", "[") and ending != "txt"):
        return Rows(json_entries(text, unused=unused), "entry" if start[0] == "[" else "line", unused, sheets)
    if ending == "txt" and len(bare) == 1:
        lines = (Raw(n, {"question": line}) for n, line in enumerate(text.split("\n"), start=1) if line.strip())
        return Rows(lines, "line", unused, sheets)
    return Rows(csv_entries(text, bare=bare, unused=unused), "line", unused, sheets)


def _few(name: str, entries: Iterable[Entry], found: Questions) -> Iterator[Entry]:
    """The entries as long as they are no more than a set holds. Raises UserError."""
    for n, entry in enumerate(entries):
        yield entry
        if len(found) > MOST_QUESTIONS or n > 2 * MOST_QUESTIONS:
            raise UserError(
                Message("{name} has more than {n} questions.", name=name[:120], n=f"{MOST_QUESTIONS:,}"),
                Message("Take a sample of them: some hundred give narrow intervals."),
            )
