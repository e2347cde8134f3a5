"""What a rating queue reads and keeps, over SQL: ids and counts, never texts."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from itertools import combinations, groupby

from sqlalchemy import Connection, Engine, ScalarSelect, and_, delete, func, insert, or_, select
from sqlalchemy.orm import InstrumentedAttribute

from app.domain.answers import Status
from app.domain.batches import BatchState
from app.domain.queueing import Claim, Given, GoldVote, Pair, PairKey
from app.domain.ratings import Outcome
from storage.database import reading, write
from storage.evaluation_tables import BatchItemRow, BatchRow, ClaimRow, GoldVoteRow, QuestionRow
from storage.putting import put
from storage.tables import AnswerRow, ComparisonRow, RatingRow, RevealRow

_MANY = 500


class SqlQueueStore:
    """The QueueStore port over an engine of storage.database. Safe to call from any thread."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine

    def state(self, batch_id: str) -> object:
        row = select(BatchRow.state, BatchRow.updated_at).where(BatchRow.id == batch_id)
        with reading(self._engine) as session:
            found = session.execute(row).one_or_none()
        if found is None or found.state != BatchState.RUNNING.value:
            # Nobody answers: to count a hundred thousand answers every few seconds would be for nothing.
            return found and found.updated_at
        return self._complete(batch_id)

    def _complete(self, batch_id: str) -> int:
        answers = (
            select(func.count())
            .select_from(BatchItemRow)
            .join(AnswerRow, AnswerRow.comparison_id == BatchItemRow.comparison_id)
            .where(BatchItemRow.batch_id == batch_id, AnswerRow.status == Status.DONE.value)
        )
        with reading(self._engine) as session:
            return session.scalar(answers) or 0

    def pairs(self, batch_id: str) -> Sequence[Pair]:
        answers = (
            select(
                BatchItemRow.comparison_id,
                AnswerRow.id,
                AnswerRow.position,
                BatchItemRow.question,
                func.coalesce(QuestionRow.category, ""),
            )
            .join(AnswerRow, AnswerRow.comparison_id == BatchItemRow.comparison_id)
            .join(BatchRow, BatchRow.id == BatchItemRow.batch_id)
            .outerjoin(
                QuestionRow,
                and_(QuestionRow.set_id == BatchRow.set_id, QuestionRow.position == BatchItemRow.question),
            )
            .where(BatchItemRow.batch_id == batch_id, AnswerRow.status == Status.DONE.value)
            .order_by(BatchItemRow.position, AnswerRow.position)
        )
        with reading(self._engine) as session:
            rows = session.execute(answers).all()
        return tuple(
            Pair(comparison, one[1], other[1], (one[2], other[2]), one[3], one[4])
            for comparison, complete in groupby(rows, key=lambda row: str(row[0]))
            for one, other in combinations(complete, 2)
        )

    def comparison_of(self, answer_id: str) -> str:
        with reading(self._engine) as session:
            return session.scalar(select(AnswerRow.comparison_id).where(AnswerRow.id == answer_id)) or ""

    def reference(self, comparison_id: str) -> str:
        found = (
            select(QuestionRow.reference)
            .join(BatchRow, BatchRow.set_id == QuestionRow.set_id)
            .join(BatchItemRow, BatchItemRow.batch_id == BatchRow.id)
            .where(BatchItemRow.comparison_id == comparison_id, QuestionRow.position == BatchItemRow.question)
        )
        with reading(self._engine) as session:
            return session.scalar(found) or ""

    def ratings(self, batch_id: str, after: int = 0) -> Sequence[Given]:
        rows = (
            select(
                RatingRow.seq,
                RatingRow.comparison_id,
                RatingRow.left_id,
                RatingRow.right_id,
                RatingRow.rater,
                RatingRow.blind,
                RatingRow.best_of,
            )
            .where(RatingRow.seq > after, _batch_of(RatingRow.comparison_id) == batch_id)
            .order_by(RatingRow.seq)
        )
        with reading(self._engine) as session:
            # Not through the session: it would look at each of a hundred thousand rows once more.
            return [
                Given(seq, comparison, left, right, rater, blind and best_of is None, best_of)
                for seq, comparison, left, right, rater, blind, best_of in session.connection().execute(rows).all()
            ]

    def times(self, numbers: Sequence[int]) -> Mapping[int, datetime]:
        found: dict[int, datetime] = {}
        with reading(self._engine) as session:
            for start in range(0, len(numbers), _MANY):
                some = select(RatingRow.seq, RatingRow.created_at)
                rows = session.execute(some.where(RatingRow.seq.in_(numbers[start : start + _MANY])))
                found.update(rows.tuples().all())
        return found

    def claims(self, batch_id: str) -> Sequence[Claim]:
        rows = select(ClaimRow).where(_batch_of(ClaimRow.comparison_id) == batch_id)
        with reading(self._engine) as session:
            return [
                Claim((row.comparison_id, row.first_id, row.second_id), row.rater, row.until, row.skipped)
                for row in session.scalars(rows)
            ]

    def claim(self, key: PairKey, rater: str, *, places: int, now: datetime, until: datetime) -> bool:
        return write(
            self._engine, lambda connection: _claimed(connection, key, rater, places, now, until), durable=False
        )

    def skip(self, key: PairKey, rater: str, at: datetime) -> None:
        write(self._engine, lambda connection: _put(connection, key, rater, at, skipped=True), durable=False)

    def seen(self, batch_id: str) -> Sequence[tuple[str, str]]:
        of_batch = BatchItemRow.comparison_id == RevealRow.comparison_id
        rows = select(RevealRow.comparison_id, RevealRow.rater).join(BatchItemRow, of_batch)
        with reading(self._engine) as session:
            found = session.execute(rows.where(BatchItemRow.batch_id == batch_id))
            return found.tuples().all()

    def revealed_to(self, comparison_id: str) -> frozenset[str] | None:
        with reading(self._engine) as session:
            row = session.get(ComparisonRow, comparison_id)
            if row is None or row.revealed_at is None:
                return None
            by = select(RevealRow.rater).where(RevealRow.comparison_id == comparison_id)
            return frozenset(session.scalars(by))

    def add_gold(self, vote: GoldVote) -> None:
        row = {
            "batch_id": vote.batch,
            "comparison_id": vote.comparison,
            "right_answer": vote.right,
            "wrong_answer": vote.wrong,
            "outcome": vote.outcome.value,
            "passed": vote.passed,
            "rater": vote.rater,
            "created_at": vote.created_at,
        }
        write(self._engine, lambda connection: connection.execute(insert(GoldVoteRow).values(row)))

    def golds(self, batch_id: str, rater: str | None = None) -> Sequence[GoldVote]:
        rows = select(GoldVoteRow).where(GoldVoteRow.batch_id == batch_id).order_by(GoldVoteRow.seq)
        if rater is not None:
            rows = rows.where(GoldVoteRow.rater == rater)
        with reading(self._engine) as session:
            return [
                GoldVote(
                    row.batch_id,
                    row.comparison_id,
                    row.right_answer,
                    row.wrong_answer,
                    Outcome(row.outcome),
                    row.passed,
                    row.rater,
                    row.created_at,
                )
                for row in session.scalars(rows)
            ]


def _batch_of(comparison: InstrumentedAttribute[str]) -> ScalarSelect[str]:
    """Asked of each of a few rows: a join would be made by going through all that the batch has."""
    return select(BatchItemRow.batch_id).where(BatchItemRow.comparison_id == comparison).scalar_subquery()


def _claimed(connection: Connection, key: PairKey, rater: str, places: int, now: datetime, until: datetime) -> bool:
    comparison, first, second = key
    # Whoever asks for a place of this comparison waits here for whoever is about to take one (Postgres;
    # SQLite has one writer at a time anyway).
    batch = connection.scalar(
        select(BatchItemRow.batch_id).where(BatchItemRow.comparison_id == comparison).with_for_update()
    )
    pair = or_(
        and_(RatingRow.left_id == first, RatingRow.right_id == second),
        and_(RatingRow.left_id == second, RatingRow.right_id == first),
    )
    votes = connection.execute(
        select(RatingRow.rater, RatingRow.blind & RatingRow.best_of.is_(None)).where(
            RatingRow.comparison_id == comparison, pair
        )
    ).all()
    rated = {name for name, fair in votes if fair}
    held = connection.scalars(
        select(ClaimRow.rater).where(
            ClaimRow.comparison_id == comparison,
            ClaimRow.first_id == first,
            ClaimRow.second_id == second,
            ClaimRow.until > now,
        )
    )
    # Whoever has voted with open eyes holds the pair no more, and has not filled its place either.
    holding = set(held) - {name for name, _ in votes}
    if len((rated | holding) - {rater}) >= places:
        return False
    of_batch = _batch_of(ClaimRow.comparison_id) == batch
    connection.execute(delete(ClaimRow).where(ClaimRow.rater == rater, ~ClaimRow.skipped, of_batch))
    _put(connection, key, rater, until, skipped=None)
    return True


def _put(connection: Connection, key: PairKey, rater: str, until: datetime, *, skipped: bool | None) -> None:
    """`skipped` None: as it was."""
    comparison, first, second = key
    place = {"comparison_id": comparison, "first_id": first, "second_id": second, "rater": rater}
    row = {**place, "until": until, "skipped": bool(skipped)}
    put(connection, ClaimRow, [row], keeping=("skipped",) if skipped is None else ())
