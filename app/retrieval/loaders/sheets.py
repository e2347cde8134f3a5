"""XLSX by openpyxl and CSV: a sheet is a page, a row is a line that names its columns."""

from __future__ import annotations

import csv
import datetime
import io
from collections.abc import Callable, Iterable
from functools import partial
from pathlib import Path

import openpyxl

from app.domain.errors import UserError
from app.domain.loading import FileFormat, LoadedDocument, LoadingLimits, OnPage
from app.retrieval.loaders.archive import damaged
from app.retrieval.loaders.decoding import decode
from app.retrieval.loaders.gathering import Gathered
from app.retrieval.loaders.tables import is_header, record_line, row_line
from app.retrieval.loaders.tidying import tidy

_EVERY = 2_000
_LINES = 50  # rows added at once, as one paragraph
_FIELD = 1_000_000


def load_xlsx(path: Path, limits: LoadingLimits, on_page: OnPage) -> LoadedDocument:
    """The values as last calculated, sheet by sheet. Raises UserError."""
    gathered = Gathered(limits)
    with path.open("rb") as file:
        try:
            book = openpyxl.load_workbook(file, read_only=True, data_only=True, keep_links=False)
            sheets = [s for s in book.worksheets if s.sheet_state == "visible"]
            for n, sheet in enumerate(sheets, start=1):
                on_page(n - 1, len(sheets))
                # What a sheet says about its own size may be wrong: 1 cell, or a million empty rows.
                sheet.reset_dimensions()
                gathered.page()
                gathered.heading(sheet.title, 1)
                rows = ([_shown(value) for value in row] for row in sheet.iter_rows(values_only=True))
                _rows(rows, gathered, partial(on_page, n - 1, len(sheets)))
            on_page(len(sheets), len(sheets))
            book.close()
        except (MemoryError, UserError):
            raise
        except Exception:  # a parser of broken input raises anything
            raise damaged() from None
    if gathered.length <= sum(len(s.title) + 2 for s in sheets):
        gathered = Gathered(limits)  # headings alone: no text
    return gathered.document(FileFormat.XLSX)


def load_csv(path: Path, limits: LoadingLimits, on_page: OnPage) -> LoadedDocument:
    """Comma, semicolon, tab or bar: whichever parts the first lines most evenly. Raises UserError."""
    text = decode(path.read_bytes())
    csv.field_size_limit(_FIELD)
    sample = text[:20_000]
    try:
        dialect: type[csv.Dialect] = csv.Sniffer().sniff(sample, delimiters=",;\t|")
    except csv.Error:
        dialect = csv.excel_tab if "\t" in sample.partition("\n")[0] else csv.excel
    gathered = Gathered(limits)
    try:
        _rows(csv.reader(io.StringIO(text, newline=""), dialect), gathered, partial(on_page, 0, 1))
    except csv.Error:
        raise damaged() from None
    return gathered.document(FileFormat.CSV)


def _rows(rows: Iterable[list[str]], gathered: Gathered, alive: Callable[[], None]) -> None:
    """Add rows as lines; a first row that names the columns is carried into every line."""
    header: list[str] | None = None
    first = True
    lines: list[str] = []

    def flush() -> None:
        gathered.add(tidy("\n".join(lines)), tidied=True, gap="\n" if gathered.length else "")
        lines.clear()

    for n, row in enumerate(rows):
        if n % _EVERY == 0:
            alive()
        if not any(cell.strip() for cell in row):
            continue
        if first and is_header(row):
            header = row
        else:
            line = record_line(header, row) if header else row_line(row)
            if line:
                lines.append(line)
        first = False
        if len(lines) >= _LINES:
            flush()
    if header and not lines and not gathered.length:
        lines.append(row_line(header))
    flush()


def _shown(value: object) -> str:
    """A cell as a person reads it: no .0 behind whole numbers, no midnight behind dates."""
    if value is None:
        return ""
    if isinstance(value, float):
        return f"{value:.10g}" if abs(value) < 1e15 else repr(value)
    if isinstance(value, datetime.datetime):
        return value.date().isoformat() if value.time() == datetime.time() else value.isoformat(" ", "minutes")
    return str(value)
