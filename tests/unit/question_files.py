"""Question files as people and programs make them."""

from __future__ import annotations

import io
import zipfile
from collections.abc import Sequence

import openpyxl

from app.services.questions.reading import Reading, read_questions

GOOD = {"question": "How many days?", "reference": "Fifteen.", "category": "leave", "language": "en"}


def read(text: str | bytes, name: str = "set.csv", sheet: str | None = None) -> Reading:
    return read_questions(name, text if isinstance(text, bytes) else text.encode("utf-8", "surrogatepass"), sheet=sheet)


def workbook(
    rows: Sequence[Sequence[object]],
    *,
    merge: Sequence[str] = (),
    title: str = "Questions",
    others: Sequence[tuple[str, Sequence[Sequence[object]]]] = (),
) -> bytes:
    """XLSX of `rows`; `others` are sheets before it."""
    book = openpyxl.Workbook()
    book.remove(book.active)
    for name, content in [*others, (title, rows)]:
        sheet = book.create_sheet(name)
        for row in content:
            sheet.append(list(row))
    for cells in merge:
        book[title].merge_cells(cells)
    out = io.BytesIO()
    book.save(out)
    return out.getvalue()


def with_part(data: bytes, name: str, content: bytes) -> bytes:
    """The archive with one more part in it."""
    out = io.BytesIO(data)
    with zipfile.ZipFile(out, "a", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr(name, content)
    return out.getvalue()
