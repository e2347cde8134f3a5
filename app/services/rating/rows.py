"""A file of votes as rows: which column holds what, and what is written in it. What a row means is not known here."""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from app.domain.errors import UserError
from app.domain.message import Message
from app.domain.ratings import Outcome
from app.services.export.spreadsheet import FORMULA
from app.services.questions.columns import heading
from app.services.questions.decoding import decoded

MOST_BYTES = 20_000_000
_SEPARATORS = (",", ";", "\t")

_NAMES: Mapping[str, tuple[str, ...]] = {
    "pair": ("pair", "token", "쌍"),
    "comparison": ("comparison", "comparison id", "비교"),
    "left": ("left", "left answer", "left id", "left contestant", "왼쪽"),
    "right": ("right", "right answer", "right id", "right contestant", "오른쪽"),
    "outcome": ("outcome", "vote", "result", "rating", "평가", "결과"),
    "rater": ("rater", "by", "name", "your name", "평가자", "이름"),
    "time": ("time", "created at", "when", "date", "timestamp", "시각", "날짜"),
    "blind": ("blind", "블라인드"),
    "comment": ("comment", "comments", "why", "의견"),
    "tags": ("tags", "tag", "태그"),
    "stars_left": ("stars left", "stars a", "별점 a"),
    "stars_right": ("stars right", "stars b", "별점 b"),
    "best_of": ("best of",),
    "type": ("type",),
}
# Of several that fit, the earlier name is meant: an export has a column `vote` beside its `outcome`.
_FIELD = {name: (field, rank) for field, names in _NAMES.items() for rank, name in enumerate(names)}

_OUTCOMES: Mapping[str, Outcome] = {
    **dict.fromkeys(("left", "l", "a", "1", "a is better", "왼쪽", "a가 나음"), Outcome.LEFT),
    **dict.fromkeys(("right", "r", "b", "2", "b is better", "오른쪽", "b가 나음"), Outcome.RIGHT),
    **dict.fromkeys(("tie", "t", "equal", "same", "draw", "0", "=", "비슷함", "무승부"), Outcome.TIE),
    **dict.fromkeys(("both bad", "bad", "x", "neither", "all bad", "둘 다 별로", "둘다 별로"), Outcome.BOTH_BAD),
}


@dataclass(frozen=True, slots=True)
class Written:
    """One row: `line` is where it begins in the file, `cells` by our names, empty ones left out."""

    line: int
    cells: Mapping[str, str]


def written_rows(name: str, data: bytes) -> Iterator[Written]:
    """The rows below the heading. Raises UserError for a file that is no table of votes."""
    if len(data) > MOST_BYTES:
        raise UserError(
            Message("{name} is larger than {n} MB.", name=name[:120], n=MOST_BYTES // 1_000_000),
            Message("Import it in parts."),
        )
    text = decoded(name, data).removeprefix("\ufeff")
    first = text.split("\n", 1)[0]
    separator = max(_SEPARATORS, key=first.count)
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=separator)
    try:
        columns = _columns(next(reader, []))
        end = reader.line_num
        for cells in reader:
            start, end = end + 1, reader.line_num
            found = {columns[n]: _plain(cell) for n, cell in enumerate(cells) if n in columns and cell.strip()}
            if found:
                yield Written(start, found)
    except csv.Error as error:
        raise UserError(
            Message("Line {n} is no CSV: {reason}.", n=reader.line_num, reason=str(error)[:200]),
            Message("Save the sheet as CSV again, with a heading."),
        ) from None


def outcome_in(text: str) -> Outcome | None:
    """What was written as a vote, in English or Korean; None for anything else."""
    return _OUTCOMES.get(re.sub(r"[\s_\-]+", " ", text.strip().casefold()))


def _columns(cells: Sequence[str]) -> dict[int, str]:
    best: dict[str, tuple[int, int]] = {}
    for n, cell in enumerate(cells):
        if known := _FIELD.get(heading(cell)):
            field, rank = known
            best[field] = min(best.get(field, (rank, n)), (rank, n))
    named = set(best)
    if "outcome" not in named or not named & {"pair", "comparison"}:
        shown = ", ".join(f"“{cell.strip()[:40]}”" for cell in cells if cell.strip()) or "–"
        raise UserError(
            Message("These are no columns of votes: {headings}.", headings=shown[:400]),
            Message("Name them in the first row: pair (of a sheet) or comparison, left, right; outcome, rater, time."),
        )
    return {n: field for field, (_, n) in best.items()}


def _plain(cell: str) -> str:
    """Without the apostrophe that keeps a spreadsheet from running it (app.services.export.spreadsheet)."""
    cell = cell.strip()
    return cell[1:] if cell.startswith("'") and cell[1:].startswith(FORMULA) else cell
