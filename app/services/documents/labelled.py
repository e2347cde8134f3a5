"""A labelled set: questions, and the documents (and pages) that answer them, from a file."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from app.domain.errors import UserError
from app.domain.message import Message
from app.domain.searching import Labelled, Target
from app.services.questions.columns import Problem
from app.services.questions.reading import Counting, read_rows
from app.services.questions.values import prose, targets_of

MOST_QUESTIONS = 5_000
_REMEDY = Message("Write one line for each: question, document, page (a page may be left out).")


def read_labelled(name: str, data: bytes) -> tuple[Labelled, ...]:
    """The questions in the order of their first line; lines with the same question are one with several targets.

    The files of app.services.questions.reading. The heading of CSV may be missing: the columns are
    question, document, page then. Raises UserError with the first row that is no question with a document.
    """
    rows = read_rows(name, data, bare=("question", "document", "page"))
    questions: dict[str, dict[Target, None]] = {}
    for entry in rows.entries:
        if isinstance(entry, Problem):
            raise UserError(at(rows.counting, entry.row, entry.message), entry.remedy)
        try:
            question, targets = prose(entry.fields.get("question"), Message("question")), targets_of(entry.fields)
        except UserError as error:
            raise UserError(at(rows.counting, entry.row, error.message), error.remedy) from None
        if not question or not targets:
            nothing = Message("There is no question or no document.")
            raise UserError(at(rows.counting, entry.row, nothing), _REMEDY)
        questions.setdefault(question, {}).update(dict.fromkeys(targets))
        if len(questions) > MOST_QUESTIONS:
            raise UserError(
                Message("{name} has more than {n} questions.", name=name[:120], n=f"{MOST_QUESTIONS:,}"),
                Message("Take a sample of them: some hundred give narrow intervals."),
            )
    if not questions:
        raise UserError(Message("There is no question in {name}.", name=name[:120]), _REMEDY)
    return tuple(Labelled(question, tuple(targets)) for question, targets in questions.items())


def at(counting: Counting, row: int, message: Message) -> Message:
    """What is wrong, with where it is."""
    if counting == "line":
        return Message("Line {row}: {what}", row=row, what=message)
    return Message("Row {row}: {what}", row=row, what=message)


def absent(questions: Sequence[Labelled], documents: Iterable[str]) -> tuple[str, ...]:
    """The labelled documents that are not among `documents`: no search can find them."""
    there = set(documents)
    return tuple(dict.fromkeys(t.document for q in questions for t in q.targets if t.document not in there))
