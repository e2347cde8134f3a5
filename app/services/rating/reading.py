"""A row of a file as a vote: which answers it is about, who says what of them, and when."""

from __future__ import annotations

import json
import secrets
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import lru_cache

from app.domain.comparisons import AnswerRecord, ComparisonRecord
from app.domain.errors import UserError
from app.domain.message import Message
from app.domain.queueing import PairKey
from app.domain.ratings import TAGS, Rating, Stars
from app.domain.store import ComparisonStore
from app.services.comparing.prompting import clean
from app.services.rating.queueing import RatingQueue
from app.services.rating.rows import Written, outcome_in
from app.services.rating.sheet import pairs_by_token
from app.services.rating.voting import MAX_COMMENT, clean_name

_TRUE, _FALSE = ("true", "yes", "y", "1", "예", "참"), ("false", "no", "n", "0", "아니오", "거짓")


@dataclass(frozen=True, slots=True)
class ReadVote:
    """`line` is where it stands in the file; `timed` whether the file says when it was cast."""

    line: int
    rating: Rating
    timed: bool
    stars: tuple[Stars, ...] = ()


class VoteReading:
    """Rows of one file as votes. `rater` is whose those are that name nobody."""

    def __init__(self, queue: RatingQueue, comparisons: ComparisonStore, rater: str) -> None:
        self._queue = queue
        self._rater = rater
        self._find = lru_cache(maxsize=2_000)(comparisons.get)
        self._shown = lru_cache(maxsize=2_000)(queue.revealed_to)
        self._tokens: dict[str, Mapping[str, tuple[PairKey, str, str]]] = {}
        self._now = datetime.now(UTC)

    def vote(self, row: Written) -> ReadVote:
        """Raises UserError for what is not understood."""
        cells = row.cells
        if "pair" in cells:
            comparison, left, right = self._of_token(cells["pair"])
            blind = True
        else:
            record = self._find(cells.get("comparison", ""))
            comparison = record.id
            left, right = _two(record, cells.get("left"), cells.get("right"))
            blind = _yes(cells["blind"]) if "blind" in cells else False
        outcome = outcome_in(cells["outcome"])
        if outcome is None:
            raise UserError(
                Message("“{text}” is not a vote.", text=cells["outcome"][:80]),
                Message("Write left, right, tie or both bad; in a sheet A, B, tie or both bad."),
            )
        rater = cells.get("rater") or self._rater
        if not rater.strip():
            raise UserError(
                Message("Nobody is named as the rater."), Message("Fill in the column rater, or say --rater NAME.")
            )
        rater = clean_name(rater)
        # When the names were shown to them, and when they voted, a file does not say together.
        blind = blind and rater not in (self._shown(comparison) or ())
        at = self._time(cells["time"]) if "time" in cells else None
        comment = clean(cells.get("comment", ""))[0]
        if len(comment) > MAX_COMMENT:
            raise UserError(
                Message("The comment has more than {n} characters.", n=f"{MAX_COMMENT:,}"), Message("Shorten it.")
            )
        rating = Rating(
            vote=secrets.token_hex(10),
            comparison=comparison,
            left=left,
            right=right,
            outcome=outcome,
            blind=blind,
            rater=rater,
            created_at=at or self._now,
            best_of=int(cells["best_of"]) if cells.get("best_of", "").isdecimal() else None,
            tags=_tags(cells.get("tags", "")),
            comment=comment,
        )
        stars = tuple(
            Stars(rating.vote, answer, _stars(cells[name]), blind, rating.rater, rating.created_at)
            for name, answer in (("stars_left", left), ("stars_right", right))
            if name in cells
        )
        return ReadVote(row.line, rating, at is not None, stars)

    def _of_token(self, token: str) -> tuple[str, str, str]:
        batch = token.partition(".")[0]
        if batch not in self._tokens:
            self._tokens[batch] = {}
            with suppress(UserError):
                self._tokens[batch] = pairs_by_token(self._queue, batch)
        found = self._tokens[batch].get(token)
        if found is None:
            raise UserError(
                Message("There is no pair “{token}” here.", token=token[:80]),
                Message("Import the sheet where it was exported, with its column pair as it was."),
            )
        return found[0][0], found[1], found[2]

    def _time(self, text: str) -> datetime:
        try:
            at = datetime.fromisoformat(text)
            at = (at if at.tzinfo else at.replace(tzinfo=UTC)).astimezone(UTC)
        except (ValueError, OverflowError):
            raise UserError(
                Message("“{text}” is not a time.", text=text[:80]), Message("Write it as 2026-11-21T14:30:00+09:00.")
            ) from None
        if at > self._now + timedelta(days=1):
            raise UserError(Message("{time} has not come yet.", time=text[:80]), Message("Check the time."))
        return at


def _two(record: ComparisonRecord, left: str | None, right: str | None) -> tuple[str, str]:
    """The ids of the two answers that a row is about. Raises UserError."""
    if left is None and right is None and len(record.ratable) == 2:
        return record.ratable[0].id, record.ratable[1].id
    if left is None or right is None:
        raise UserError(
            Message("It does not say which two answers were compared."),
            Message("Fill in left and right: the answers' ids, their contestants, or their numbers from the left."),
        )
    one, other = _answer(record, left), _answer(record, right)
    if one.id == other.id:
        raise UserError(Message("Left and right are the same answer."), Message("Name two different ones."))
    if not (one.answer.status.ratable and other.answer.status.ratable):
        raise UserError(
            Message("One of the two answers is not complete."),
            Message("Leave this line out; failed, cut and stopped answers are not rated."),
        )
    return one.id, other.id


def _answer(record: ComparisonRecord, text: str) -> AnswerRecord:
    by_id = [a for a in record.answers if a.id == text.lower()]
    by_number = [a for a in record.answers if text == str(a.side + 1)]
    by_model = [a for a in record.answers if str(a.contestant.model) == text]
    found = by_id or by_number or by_model
    if len(found) == 1:
        return found[0]
    if found:
        raise UserError(
            Message("“{text}” is two contestants of this comparison.", text=text[:80]),
            Message("Name the answer by its id, or by its number from the left."),
        )
    raise UserError(
        Message("“{text}” is no answer of the comparison {id}.", text=text[:80], id=record.id),
        Message("Name it by its id, by its contestant (provider:name), or by its number from the left."),
    )


def _yes(text: str) -> bool:
    word = text.strip().casefold()
    if word not in (*_TRUE, *_FALSE):
        raise UserError(
            Message("“{text}” does not say whether the vote was blind.", text=text[:80]),
            Message("Write true or false."),
        )
    return word in _TRUE


def _stars(text: str) -> int:
    if text in ("1", "2", "3", "4", "5"):
        return int(text)
    raise UserError(
        Message("“{text}” are no stars.", text=text[:80]), Message("Write 1 to 5, or leave the cell empty.")
    )


def _tags(text: str) -> tuple[str, ...]:
    """A JSON list, as the export writes it, or words with commas between them."""
    try:
        given = json.loads(text) if text.startswith("[") else text.split(",")
    except ValueError:
        given = [text]
    tags = tuple(str(tag).strip() for tag in given if str(tag).strip())
    if unknown := set(tags) - set(TAGS):
        raise UserError(
            Message("Unknown tag: {tags}.", tags=", ".join(sorted(unknown))[:200]),
            Message("Use {known}.", known=", ".join(TAGS)),
        )
    return tags
