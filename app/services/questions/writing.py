"""A question set as CSV and as JSON lines, in the form that the import reads back unchanged."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from typing import Literal

from app.domain.questions import Question
from app.services.export.spreadsheet import csv_pieces

QuestionFormat = Literal["csv", "jsonl"]
COLUMNS = ("id", "question", "reference", "document", "page", "category", "language", "json")


def written(questions: Sequence[Question], format: QuestionFormat) -> str:
    """The whole file. Several documents share a cell, separated by “|”, with their pages in the same order."""
    if format == "csv":
        return "".join(csv_pieces(COLUMNS, map(row_of, questions)))
    return "".join(_lines(questions))


def row_of(question: Question) -> dict[str, object]:
    """The cells by COLUMNS."""
    documents = [t.document.replace("|", "\\|").replace(";", "\\;") for t in question.targets]
    pages = ["" if t.page is None else str(t.page) for t in question.targets]
    return {
        "id": question.key,
        "question": question.text,
        "reference": question.reference,
        "document": "|".join(documents),
        "page": "|".join(pages) if any(pages) else "",
        "category": question.category,
        "language": question.language,
        "json": "yes" if question.wants_json else "",
    }


def question_to_dict(question: Question) -> dict[str, object]:
    """The question as JSON: the object of a line of JSONL and of `questions show --json`."""
    return {
        "id": question.key,
        "question": question.text,
        "reference": question.reference,
        "targets": [{"document": t.document, "page": t.page} for t in question.targets],
        "category": question.category,
        "language": question.language,
        "json": question.wants_json,
    }


def _lines(questions: Sequence[Question]) -> Iterator[str]:
    for question in questions:
        yield json.dumps(question_to_dict(question), ensure_ascii=False, allow_nan=False) + "\n"
