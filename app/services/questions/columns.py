"""What the columns of a question file are called, and a row of it as it was written."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from app.domain.errors import UserError
from app.domain.message import Message

# Of several that fit, the earlier name is the question: data sets carry a `text` beside their `question`.
_NAMES: Mapping[str, tuple[str, ...]] = {
    "question": (
        *("question", "query", "prompt", "instruction", "user input", "input", "message", "text", "q"),
        *("질문", "문의", "질의", "물음", "문제", "프롬프트", "질문 내용"),
    ),
    "reference": (
        *("reference", "reference answer", "expected answer", "expectedanswer", "expected output", "ground truth"),
        *("answer", "expected", "gold", "ideal", "output", "a"),
        *("참조 답변", "기준 답변", "모범 답안", "모범 답변", "정답", "기대 답변", "답변", "답"),
    ),
    "document": (
        *("document", "documents", "expected document", "doc", "file", "filename", "file name", "source"),
        *("문서", "문서명", "근거 문서", "정답 문서", "파일", "파일명", "출처"),
    ),
    "page": ("page", "pages", "expected page", "쪽", "페이지", "쪽수", "근거 쪽", "근거 페이지"),
    "targets": ("targets",),
    "category": (
        *("category", "topic", "type", "group", "tag", "label"),
        *("분류", "범주", "카테고리", "유형", "주제"),
    ),
    "language": ("language", "lang", "locale", "언어"),
    "key": ("id", "key", "question id", "no", "no.", "nr", "number", "#", "번호", "아이디", "식별자", "질문 번호"),
    "wants_json": ("wants json", "json", "is json"),
}
_FIELD = {name: (field, rank) for field, names in _NAMES.items() for rank, name in enumerate(names)}


@dataclass(frozen=True, slots=True)
class Raw:
    """One row as it was written: `row` is its line or row number from 1, `fields` by our names."""

    row: int
    fields: Mapping[str, object]


@dataclass(frozen=True, slots=True)
class Problem:
    """Why one row is no question, and what to do about it."""

    row: int
    message: Message
    remedy: Message

    @staticmethod
    def of(row: int, error: UserError) -> Problem:
        return Problem(row, error.message, error.remedy)


Entry = Raw | Problem


@dataclass(slots=True)
class Columns:
    """Which column holds what. `unused` are the headings that say nothing to us."""

    places: dict[str, int] = field(default_factory=dict)
    expected: list[int] = field(default_factory=list)
    unused: list[str] = field(default_factory=list)
    width: int = 0


def heading(text: str) -> str:
    """A heading as it is compared: composed, small, with single blanks for what separates words."""
    folded = unicodedata.normalize("NFC", text).casefold().strip("\ufeff \t\r\n*")
    folded = folded.removeprefix("__metadata:")
    return re.sub(r"[\s_\-]+", " ", folded).strip(" :")


def field_of(name: str) -> tuple[str, int] | None:
    """Our field for a heading, and how late it comes among that field's names."""
    return _FIELD.get(heading(name))


def columns_of(cells: Sequence[str]) -> Columns | None:
    """The columns that a heading row names; None when none of them is the question."""
    found = Columns(width=max((n + 1 for n, cell in enumerate(cells) if cell.strip()), default=0))
    ranks: dict[str, int] = {}
    for n, cell in enumerate(cells):
        if re.fullmatch(r"\s*__expected\d*\s*", cell):
            found.expected.append(n)
            continue
        known = field_of(cell)
        if known is None or ranks.get(known[0], 99) <= known[1]:
            if cell.strip():
                found.unused.append(cell.strip()[:80])
            continue
        name, ranks[known[0]] = known
        if name in found.places:
            found.unused.append(cells[found.places[name]].strip()[:80])
        found.places[name] = n
    return found if "question" in found.places else None


def named(item: Mapping[object, object]) -> tuple[dict[str, object], list[str]]:
    """The fields that an object's keys name, and the keys that say nothing to us."""
    found: dict[str, object] = {}
    ranks: dict[str, int] = {}
    unused = []
    for name, value in item.items():
        known = field_of(str(name))
        if known is None or ranks.get(known[0], 99) <= known[1]:
            unused.append(str(name)[:80])
        else:
            ranks[known[0]] = known[1]
            found[known[0]] = value
    return found, unused
