"""A question set as rows of a table that a person edits, and back."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from app.domain.questions import Question
from app.services.questions.columns import Problem, Raw, named
from app.services.questions.rows import Questions


def from_rows(rows: Sequence[Mapping[str, object]]) -> tuple[tuple[Question, ...], tuple[Problem, ...]]:
    """The questions of rows by app.services.questions.writing.COLUMNS, and what is wrong with the others.

    Rows are numbered from 1; empty ones are passed over.
    """
    found = Questions()
    for n, row in enumerate(rows, start=1):
        fields, _ = named(dict(row.items()))
        if any(value is not None and str(value).strip() for value in fields.values()):
            found.add(Raw(n, fields))
    return found.all(), tuple(found.problems)
