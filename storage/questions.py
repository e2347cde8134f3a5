"""Question sets, over SQL: versions are added, never changed."""

from __future__ import annotations

import unicodedata
from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime
from typing import cast

from sqlalchemy import Connection, Engine, func, insert, select, tuple_
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from app.domain.errors import UserError
from app.domain.message import Message
from app.domain.questions import Question, QuestionSet, QuestionSetInfo, digest_of
from app.domain.searching import Target
from storage.columns import clean, fold
from storage.database import reading, write
from storage.evaluation_tables import QuestionRow, QuestionSetRow
from storage.ids import new_id

# Every loser of a race learns that another version came; so many at once are not people.
_RACES = 20


class SqlQuestionStore:
    """The QuestionStore port over an engine of storage.database. Safe to call from any thread.

    A set is found whatever the case and Unicode form of its name, and keeps the name of its first version.
    """

    def __init__(self, engine: Engine) -> None:
        self._engine = engine

    def add(self, name: str, questions: Sequence[Question]) -> QuestionSet:
        """As the port says; what is returned is what was stored, down to the character (storage.columns)."""
        stored = tuple(map(_clean, questions))
        for _ in range(_RACES):
            try:
                return write(self._engine, lambda connection: _added(connection, name, stored))
            except IntegrityError:
                # Postgres lets two look at the latest version at once: the second finds its number taken.
                continue
        raise UserError(
            Message("“{name}” is being changed by many others at this moment.", name=name[:80]),
            Message("Try again."),
        )

    def get(self, name: str, version: int | None = None) -> QuestionSet:
        with reading(self._engine) as session:
            row = find_set(session, name, version)
            # Columns rather than objects: a set of 20,000 is read whenever its results are looked at.
            questions = session.connection().execute(
                select(*_COLUMNS).where(QuestionRow.set_id == row.id).order_by(QuestionRow.position)
            )
            return QuestionSet(row.name, row.version, tuple(_question(*q) for q in questions), row.created_at)

    def list(self) -> Sequence[QuestionSetInfo]:
        latest = select(QuestionSetRow.folded, func.max(QuestionSetRow.version)).group_by(QuestionSetRow.folded)
        with reading(self._engine) as session:
            rows = session.scalars(
                select(QuestionSetRow)
                .where(tuple_(QuestionSetRow.folded, QuestionSetRow.version).in_(latest))
                .order_by(QuestionSetRow.created_at.desc(), QuestionSetRow.folded)
            ).all()
            counted: dict[str, int] = {}
            categories: dict[str, list[str]] = {}
            first = func.min(QuestionRow.position)
            groups = session.execute(
                select(QuestionRow.set_id, QuestionRow.category, func.count(), first)
                .where(QuestionRow.set_id.in_([row.id for row in rows]))
                .group_by(QuestionRow.set_id, QuestionRow.category)
                .order_by(first)
            )
            for set_id, category, n, _ in groups:
                counted[set_id] = counted.get(set_id, 0) + n
                categories.setdefault(set_id, []).append(category)
            return tuple(
                QuestionSetInfo(
                    row.name, row.version, counted.get(row.id, 0), tuple(categories.get(row.id, ())), row.created_at
                )
                for row in rows
            )

    def versions(self, name: str) -> Sequence[int]:
        with reading(self._engine) as session:
            versions = select(QuestionSetRow.version).where(QuestionSetRow.folded == fold(name))
            return tuple(session.scalars(versions.order_by(QuestionSetRow.version)))


def find_set(session: Session, name: str, version: int | None = None) -> QuestionSetRow:
    """The row of a version, the latest by default. Raises UserError when there is none."""
    wanted = select(QuestionSetRow).where(QuestionSetRow.folded == fold(name))
    if version is not None:
        # A number that no column holds is no version either.
        wanted = wanted.where(QuestionSetRow.version == max(0, min(version, 2**31 - 1)))
    row = session.scalars(wanted.order_by(QuestionSetRow.version.desc()).limit(1)).one_or_none()
    if row is not None:
        return row
    if version is None:
        raise UserError(
            Message("There is no question set “{name}”.", name=name[:80]),
            Message("`python -m app questions list` lists them; `python -m app questions import FILE` makes one."),
        )
    raise UserError(
        Message(
            "There is no version {version} of the question set “{name}”.", version=str(version)[:20], name=name[:80]
        ),
        Message("`python -m app questions list` lists the sets with their latest versions."),
    )


def _added(connection: Connection, name: str, questions: tuple[Question, ...]) -> QuestionSet:
    folded, digest, now = fold(name), digest_of(questions), datetime.now(UTC)
    latest = connection.execute(
        select(QuestionSetRow.name, QuestionSetRow.version, QuestionSetRow.digest, QuestionSetRow.created_at)
        .where(QuestionSetRow.folded == folded)
        .order_by(QuestionSetRow.version.desc())
        .limit(1)
    ).one_or_none()
    if latest is not None and latest.digest == digest:
        return QuestionSet(latest.name, latest.version, questions, latest.created_at)
    called = unicodedata.normalize("NFC", clean(name)) if latest is None else latest.name
    identity, version = new_id(), 1 if latest is None else latest.version + 1
    connection.execute(
        insert(QuestionSetRow).values(
            id=identity, name=called, folded=folded, version=version, created_at=now, digest=digest
        )
    )
    if questions:
        connection.execute(insert(QuestionRow), [_values(identity, n, q) for n, q in enumerate(questions)])
    return QuestionSet(called, version, questions, now)


def _clean(question: Question) -> Question:
    return replace(
        question,
        key=clean(question.key),
        text=clean(question.text),
        reference=clean(question.reference),
        targets=tuple(Target(clean(t.document), t.page) for t in question.targets),
        category=clean(question.category),
        language=clean(question.language),
    )


def _values(set_id: str, position: int, question: Question) -> dict[str, object]:
    return {
        "set_id": set_id,
        "position": position,
        "key": question.key,
        "text": question.text,
        "reference": question.reference,
        "targets": [[t.document, t.page] for t in question.targets],
        "category": question.category,
        "language": question.language,
        "wants_json": question.wants_json,
    }


_COLUMNS = (
    QuestionRow.key,
    QuestionRow.text,
    QuestionRow.reference,
    QuestionRow.targets,
    QuestionRow.category,
    QuestionRow.language,
    QuestionRow.wants_json,
)


def _question(
    key: str, text: str, reference: str, targets: object, category: str, language: str, wants_json: bool
) -> Question:
    """From `_COLUMNS`."""
    places = tuple(Target(document, page) for document, page in cast("list[tuple[str, int | None]]", targets))
    return Question(key, text, reference, places, category, language, wants_json)
