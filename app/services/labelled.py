"""A labelled set: questions, and the documents (and pages) that answer them, from CSV or JSON lines."""

from __future__ import annotations

import csv
import io
import json
import unicodedata
from collections.abc import Iterable, Iterator, Sequence

from app.domain.errors import UserError
from app.domain.message import Message
from app.domain.searching import Labelled, Target

MOST_QUESTIONS = 5_000
MOST_BYTES = 10_000_000
_QUESTION = ("question", "query", "질문")
_DOCUMENT = ("document", "doc", "file", "문서", "파일")
_PAGE = ("page", "쪽", "페이지")
_REMEDY = Message("Write one line for each: question, document, page (a page may be left out).")

Row = tuple[int, str, str, object]
"""Line, question, document, page."""


def read_labelled(name: str, data: bytes) -> tuple[Labelled, ...]:
    """The questions in the order of their first line; lines with the same question are one with several targets.

    CSV with the columns question, document, page (separated by comma, semicolon or tab; the heading
    may be missing), or JSON lines with these names, where `targets` may hold several of
    {document, page}. Raises UserError with the line that cannot be read.
    """
    if len(data) > MOST_BYTES:
        raise UserError(
            Message("{name} is larger than {n} MB.", name=name, n=MOST_BYTES // 1_000_000),
            Message("A labelled set holds questions, not documents."),
        )
    text = _decoded(name, data)
    rows = _json_rows(text) if text.lstrip()[:1] in ("{", "[") else _csv_rows(text)
    questions: dict[str, dict[Target, None]] = {}
    for line, question, document, page in rows:
        if not question.strip() or not document.strip():
            raise UserError(Message("Line {line} has no question or no document.", line=line), _REMEDY)
        target = Target(unicodedata.normalize("NFC", document.strip()), _page(page, line))
        questions.setdefault(unicodedata.normalize("NFC", question.strip()), {})[target] = None
        if len(questions) > MOST_QUESTIONS:
            raise UserError(
                Message("{name} has more than {n} questions.", name=name, n=f"{MOST_QUESTIONS:,}"),
                Message("Take a sample of them: some hundred give narrow intervals."),
            )
    if not questions:
        raise UserError(Message("There is no question in {name}.", name=name), _REMEDY)
    return tuple(Labelled(question, tuple(targets)) for question, targets in questions.items())


def absent(questions: Sequence[Labelled], documents: Iterable[str]) -> tuple[str, ...]:
    """The labelled documents that are not among `documents`: no search can find them."""
    there = set(documents)
    return tuple(dict.fromkeys(t.document for q in questions for t in q.targets if t.document not in there))


def _decoded(name: str, data: bytes) -> str:
    for encoding in ("utf-8-sig", "cp949"):
        try:
            return data.decode(encoding)
        except UnicodeDecodeError:
            continue
    raise UserError(Message("{source} is not text in UTF-8.", source=name), Message("Save it as UTF-8."))


def _csv_rows(text: str) -> Iterator[Row]:
    first = text.lstrip().splitlines()[0] if text.strip() else ""
    separator = max(",;\t", key=first.count)
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=separator)
    columns = (0, 1, 2)
    began = False
    try:
        for row in reader:
            if not any(cell.strip() for cell in row):
                continue
            if not began:
                began = True
                heading = [cell.strip().lower() for cell in row]
                found = [_column(heading, names) for names in (_QUESTION, _DOCUMENT, _PAGE)]
                if found[0] is not None and found[1] is not None:
                    columns = (found[0], found[1], len(row) if found[2] is None else found[2])
                    continue
            cells = [row[c] if c < len(row) else "" for c in columns]
            yield reader.line_num, cells[0], cells[1], cells[2]
    except csv.Error as exc:
        raise UserError(
            Message("Line {line} is not CSV: {why}.", line=reader.line_num, why=str(exc)), _REMEDY
        ) from None


def _column(heading: Sequence[str], names: Sequence[str]) -> int | None:
    return next((n for n, cell in enumerate(heading) if cell in names), None)


def _json_rows(text: str) -> Iterator[Row]:
    for line, item in _json_items(text):
        targets = item.get("targets") if isinstance(item, dict) else None
        if not isinstance(item, dict) or not isinstance(targets, list | None):
            raise UserError(
                Message("Line {line} is not an object with question and document.", line=line),
                Message("For example: {example}", example='{"question": "…", "document": "handbook.pdf", "page": 3}'),
            )
        for target in targets or [item]:
            given = target if isinstance(target, dict) else {"document": target}
            yield line, str(item.get("question") or ""), str(given.get("document") or ""), given.get("page")


def _json_items(text: str) -> Iterator[tuple[int, object]]:
    try:
        if text.lstrip().startswith("["):
            yield from enumerate(json.loads(text), start=1)
            return
        line = 0
        for line, content in enumerate(text.splitlines(), start=1):
            if content.strip():
                yield line, json.loads(content)
    except (json.JSONDecodeError, RecursionError) as exc:
        where = exc.lineno if isinstance(exc, json.JSONDecodeError) and text.lstrip().startswith("[") else line
        raise UserError(Message("Line {line} is not JSON.", line=where), _REMEDY) from None


def _page(value: object, line: int) -> int | None:
    if value is None or not str(value).strip():
        return None
    text = str(value).strip().removesuffix(".0")
    if text.isdecimal() and len(text) < 8 and int(text) > 0:
        return int(text)
    raise UserError(Message("Line {line}: “{page}” is not a page.", line=line, page=str(value)[:40]), _REMEDY)
