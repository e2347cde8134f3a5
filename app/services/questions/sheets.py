"""Rows of an Excel sheet (XLSX), by openpyxl: values as last calculated, what was merged filled in."""

from __future__ import annotations

import datetime
import io
import re
import zipfile
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from app.domain.errors import UserError
from app.domain.message import Message
from app.services.questions.columns import Columns, Entry, Problem, Raw, columns_of
from app.services.questions.csv_rows import no_question_column
from app.services.questions.promptfoo import expected

_HEADING_WITHIN = 10
_COLUMNS = 60
_UNPACKED = 150_000_000
_HARMLESS = 20_000_000
_RATIO = 100
_ENTRIES = 5_000
_MOST_MERGED = 50_000
_MERGED = re.compile(rb'<mergeCell [^>]*?ref="\$?([A-Z]{1,3})\$?(\d{1,7}):\$?([A-Z]{1,3})\$?(\d{1,7})"')
_PIECE = 1 << 20


@dataclass(frozen=True, slots=True)
class Broken:
    """A cell whose value is not known, and why."""

    message: Message
    remedy: Message


def is_archive(data: bytes) -> bool:
    return data.startswith((b"PK\x03\x04", b"PK\x05\x06"))


def sheet_entries(data: bytes, sheet: str | None, *, sheets: list[str], unused: list[str]) -> Iterator[Entry]:
    """The rows of `sheet`, else of the first one with a column of questions. Names go to `sheets`, the one read first.

    Raises UserError for a bomb, a damaged file, and a sheet that is not there or holds no questions.
    """
    import openpyxl

    _check(data)
    try:
        values = openpyxl.load_workbook(io.BytesIO(data), read_only=True, data_only=True, keep_links=False)
        formulas = openpyxl.load_workbook(io.BytesIO(data), read_only=True, data_only=False, keep_links=False)
        titles = [s.title for s in values.worksheets if s.sheet_state == "visible"]
    except Exception:  # a parser of broken input raises anything
        raise _damaged() from None
    if sheet is not None and sheet not in titles:
        raise UserError(
            Message("There is no sheet “{name}”.", name=sheet[:80]),
            Message("Choose one of {names}.", names=", ".join(titles)[:500]),
        )
    headings: list[str] = []
    try:
        for title in titles if sheet is None else [sheet]:
            found = _columns(values[title])
            if isinstance(found, list):
                headings = headings or found
                continue
            row, columns = found
            sheets += [title, *(t for t in titles if t != title)]
            unused += columns.unused
            merged = _merged(data, str(getattr(values[title], "_worksheet_path", "")))
            yield from _rows(values[title], formulas[title], row, columns, merged)
            return
    except UserError:
        raise
    except Exception:
        raise _damaged() from None
    finally:
        values.close()
        formulas.close()
    raise no_question_column(headings)


def _columns(sheet: object) -> tuple[int, Columns] | list[str]:
    """Row and columns of the heading; the first row's cells where there is none."""
    first: list[str] = []
    for n, cells in enumerate(_cells(sheet, 1, _HEADING_WITHIN), start=1):
        texts = ["" if c is None else str(c) for c in cells]
        if (found := columns_of(texts)) is not None:
            return n, found
        first = first or [t.strip() for t in texts if t.strip()]
    return first


def _cells(sheet: object, first: int, last: int | None = None) -> Iterator[Sequence[object]]:
    # What a sheet says about its own size may be wrong: 1 cell, or a million empty rows.
    sheet.reset_dimensions()  # type: ignore[attr-defined]
    yield from sheet.iter_rows(  # type: ignore[attr-defined]
        min_row=first, max_row=last, max_col=_COLUMNS, values_only=True
    )


def _rows(
    values: object, formulas: object, heading: int, columns: Columns, merged: dict[int, dict[int, int]]
) -> Iterator[Entry]:
    above: dict[int, object] = {}
    both = zip(_cells(values, heading + 1), _cells(formulas, heading + 1), strict=False)
    for row, (shown, written) in enumerate(both, start=heading + 1):
        cells = [_value(v, w) for v, w in zip(shown, written, strict=False)]
        for column in range(max(len(cells), *(n + 1 for n in columns.places.values()))):
            until = merged.get(column, {})
            if row in until and until[row] != row and column < len(cells) and cells[column] is None:
                cells[column] = above.get(column)
            elif column < len(cells):
                above[column] = cells[column]
            elif row in until and until[row] != row:
                cells += [None] * (column - len(cells)) + [above.get(column)]
        if any(c is not None and str(c).strip() for c in cells):
            yield _entry(row, cells, columns)


def _entry(row: int, cells: Sequence[object], columns: Columns) -> Entry:
    fields: dict[str, object] = {}
    for name, n in columns.places.items():
        value = cells[n] if n < len(cells) else None
        if isinstance(value, Broken):
            return Problem(row, value.message, value.remedy)
        fields[name] = value
    told = [cells[n] for n in columns.expected if n < len(cells)]
    expected(fields, [str(c) for c in told if c is not None and not isinstance(c, Broken)])
    return Raw(row, fields)


def _value(shown: object, written: object) -> object:
    """A cell as a person reads it: no .0 behind whole numbers; a formula's result, or why there is none."""
    formula = (isinstance(written, str) and written.startswith("=")) or type(written).__name__.endswith("Formula")
    if formula and shown is None:
        return Broken(
            Message("It holds a formula whose result is not stored."),
            Message("Open the file in a spreadsheet program and save it, or put the value in place of the formula."),
        )
    if isinstance(shown, str) and re.fullmatch(r"#(REF!|N/A|VALUE!|NAME\?|DIV/0!|NUM!|NULL!|SPILL!|CALC!)", shown):
        return Broken(Message("It holds a spreadsheet error: {error}.", error=shown), Message("Correct that cell."))
    if isinstance(shown, float):
        return f"{shown:.10g}" if abs(shown) < 1e15 else repr(shown)
    if isinstance(shown, datetime.datetime) and shown.time() == datetime.time():
        return shown.date()
    return shown


def _merged(data: bytes, path: str) -> dict[int, dict[int, int]]:
    """Column (from 0) → row → the row whose value it shows, for cells merged downwards."""
    found: dict[int, dict[int, int]] = {}
    rest, n = b"", 0
    with zipfile.ZipFile(io.BytesIO(data)) as archive, archive.open(path.lstrip("/")) as file:
        while piece := file.read(_PIECE):
            piece = rest + piece
            rest = piece[-200:]
            for match in _MERGED.finditer(piece):
                first, last = int(match[2]), int(match[4])
                column = 0
                for letter in match[1]:
                    column = column * 26 + letter - 64
                for row in range(first, min(last, first + _MOST_MERGED) + 1):
                    found.setdefault(column - 1, {})[row] = first
                    n += 1
                if n > _MOST_MERGED:
                    return found
    return found


def _check(data: bytes) -> None:
    """Raises UserError for what is no office file, and for one that would fill the memory."""
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            entries = archive.infolist()
    except (zipfile.BadZipFile, EOFError, OSError, ValueError, NotImplementedError):
        raise _damaged() from None
    unpacked = sum(entry.file_size for entry in entries)
    if len(entries) > _ENTRIES or unpacked > _UNPACKED or (unpacked > _HARMLESS and unpacked > _RATIO * len(data)):
        raise UserError(
            Message("Unpacked it would take {n} MB: it is not opened.", n=f"{unpacked / 1e6:,.0f}"),
            Message("Save the questions alone as a new file, or as CSV."),
        )
    names = [entry.filename for entry in entries]
    if "[Content_Types].xml" not in names or not any(name.startswith("xl/") for name in names):
        raise UserError(
            Message("It is no Excel file (XLSX)."), Message("Save the questions as XLSX, CSV, JSONL or YAML.")
        )


def _damaged() -> UserError:
    return UserError(
        Message("It is damaged or cut off."),
        Message("Copy or download it again; if it opens in its own program, save it anew from there."),
    )
