"""Rows of CSV, however it is separated; what is broken costs its own row only."""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Iterator, Sequence

from app.domain.errors import UserError
from app.domain.message import Message
from app.services.questions.columns import Columns, Entry, Problem, Raw, columns_of
from app.services.questions.decoding import has_stray
from app.services.questions.promptfoo import expected

_SEPARATORS = (",", ";", "\t", "|")
_HEADING_WITHIN = 5
# After each broken row reading begins anew behind it; a file of nothing else must not take for ever.
_MOST_BROKEN = 500
_QUOTE = Message('Close each quotation mark, and write one inside a cell twice: "say ""yes""".')


def csv_entries(text: str, *, bare: Sequence[str] = ("question",), unused: list[str]) -> Iterator[Entry]:
    """The rows below the heading. Where there is no heading the columns are `bare`, if there are no more of them.

    Headings that say nothing to us go to `unused`. Raises UserError for a file without a column of questions.
    """
    lines = list(io.StringIO(text, newline=""))
    separator, first = _separator(lines)
    columns: Columns | None = None
    before: list[tuple[int, list[str]]] = []
    for row, cells in _rows(lines, separator, first):
        if isinstance(cells, Problem):
            yield cells
        elif columns is not None:
            yield _entry(row, cells, columns)
        elif (columns := columns_of(cells)) is not None:
            before.clear()
            unused += columns.unused
        else:
            before.append((row, cells))
            if len(before) == _HEADING_WITHIN or len(bare) > 1:
                columns = _bare(before, bare)
                yield from (_entry(n, each, columns) for n, each in before)
    if columns is None and before:
        columns = _bare(before, bare)
        yield from (_entry(n, each, columns) for n, each in before)


def _separator(lines: Sequence[str]) -> tuple[str, int]:
    """The one under which the heading says most, else the most frequent; and where the rows begin."""
    first = next((n for n, line in enumerate(lines) if line.strip()), 0)
    if first < len(lines) and (told := re.fullmatch(r"sep=(.)\s*", lines[first])):  # Excel's own way to say it
        return told[1], first + 1
    best, most = ",", (0, 0)
    for separator in _SEPARATORS:
        for line in lines[first : first + _HEADING_WITHIN]:
            found = columns_of([cell.strip(' "\r\n') for cell in line.split(separator)])
            score = (len(found.places) if found else 0, line.count(separator))
            if score > most:
                best, most = separator, score
    return best, first


def _rows(lines: Sequence[str], separator: str, first: int) -> Iterator[tuple[int, list[str] | Problem]]:
    """Each row with the number of its first line; blank ones are left out."""
    start, broken = first, 0
    while start < len(lines):
        reader = csv.reader(iter(lines[start:]), delimiter=separator, strict=True, skipinitialspace=True)
        done = 0
        try:
            for cells in reader:
                if any(cell.strip() for cell in cells):
                    yield start + done + 1, cells
                done = reader.line_num
            return
        except csv.Error as error:
            row = start + done + 1
            broken += 1
            yield row, Problem(row, _said(str(error)), _QUOTE)
            if broken == _MOST_BROKEN:
                yield row + 1, Problem(row + 1, Message("The rest was not read: too many rows are broken."), _QUOTE)
                return
            # A mark that nobody closed has swallowed what follows it: that is read again.
            start += done + 1


def _said(error: str) -> Message:
    if "unexpected end" in error:
        return Message("A quotation mark is opened and never closed.")
    if "field larger" in error:
        return Message("A cell is longer than {n} characters.", n=f"{csv.field_size_limit():,}")
    return Message("A quotation mark ends in the middle of a cell.")


def _bare(rows: Sequence[tuple[int, list[str]]], names: Sequence[str]) -> Columns:
    """The columns by their order. Raises UserError where there are more than names for them."""
    if any(any(cell.strip() for cell in cells[len(names) :]) for _, cells in rows):
        raise no_question_column([cell.strip() for cell in rows[0][1] if cell.strip()])
    return Columns({name: n for n, name in enumerate(names)}, width=len(names))


def no_question_column(headings: Sequence[str]) -> UserError:
    shown = ", ".join(f"“{h[:40]}”" for h in headings[:8])
    return UserError(
        Message("No column is called question; the first row has {headings}.", headings=shown),
        Message("Name the columns in the first row: question, reference, document, page, category, language, id."),
    )


def _entry(row: int, cells: Sequence[str], columns: Columns) -> Entry:
    if any(map(has_stray, cells)):
        return Problem(row, Message("It holds bytes that are not UTF-8."), Message("Save the file as UTF-8."))
    if any(cell.strip() for cell in cells[columns.width :]):
        return Problem(
            row,
            Message("It has {n} cells, the heading {width}.", n=len(cells), width=columns.width),
            Message("Put a cell that holds the separator into quotation marks."),
        )
    fields: dict[str, object] = {name: cells[n] for name, n in columns.places.items() if n < len(cells)}
    expected(fields, [cells[n] for n in columns.expected if n < len(cells) and cells[n].strip()])
    return Raw(row, fields)
