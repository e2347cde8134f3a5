"""CSV that a spreadsheet opens as it is meant: RFC 4180, known as UTF-8, and no cell that runs."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Iterable, Iterator, Mapping, Sequence

BOM = "\ufeff"
# A spreadsheet takes a cell that begins so for a formula and runs it; the wide forms too, in East Asian editions.
FORMULA = ("=", "+", "-", "@", "\t", "\r", "\n", "＝", "＋", "－", "＠")


def csv_pieces(columns: Sequence[str], rows: Iterable[Mapping[str, object]]) -> Iterator[str]:
    """Pieces of text to be joined and encoded as UTF-8, without translating newlines; a row each.

    Begins with a byte order mark, by which Excel knows UTF-8; a text that a spreadsheet would run as a
    formula begins with an apostrophe.
    """
    buffer = io.StringIO(newline="")
    writer = csv.writer(buffer)
    buffer.write(BOM)
    writer.writerow(columns)
    for row in rows:
        writer.writerow([cell(row.get(name)) for name in columns])
        yield _taken(buffer)
    yield _taken(buffer)


def cell(value: object) -> object:
    """A value as it is written: nothing for None and for what is empty, JSON for what has parts."""
    if value is None or value == {} or value == []:
        return ""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, Mapping | list | tuple):
        value = json.dumps(value, ensure_ascii=False)
    if isinstance(value, str) and value.startswith(FORMULA):
        return "'" + value
    return value


def _taken(buffer: io.StringIO) -> str:
    text = buffer.getvalue()
    buffer.seek(0)
    buffer.truncate()
    return text
