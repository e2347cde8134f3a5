"""Take a vote, keep it, and only then lift the blind."""

from __future__ import annotations

import secrets
import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from itertools import combinations

from app.domain.comparisons import AnswerRecord, ComparisonRecord
from app.domain.errors import UserError
from app.domain.message import Message
from app.domain.ratings import TAGS, Outcome, Rating, Stars, Vote
from app.domain.store import ComparisonStore, RatingStore
from app.services.comparing.prompting import clean

MAX_COMMENT = 10_000
MAX_NAME = 80


@dataclass(frozen=True, slots=True)
class Ballot:
    """What one rater's last vote on a comparison says, for the rating bar to show."""

    vote: Vote
    blind: bool
    created_at: datetime


class RatingService:
    """Votes on comparisons. Safe to call from any thread."""

    def __init__(self, comparisons: ComparisonStore, ratings: RatingStore) -> None:
        self._comparisons = comparisons
        self._ratings = ratings

    def vote(self, comparison_id: str, vote: Vote) -> ComparisonRecord:
        """Store a vote and reveal the identities. Returns the comparison, revealed.

        A rater's second vote on the same comparison supersedes the first. Raises UserError when the
        answers cannot be rated, the vote makes no sense, or the comparison belongs to a batch: whoever
        chooses which of these to rate, and when to stop, could choose the verdict.
        """
        record = self._comparisons.get(comparison_id)
        if record.batch is not None:
            raise _of_a_batch(record.batch)
        vote = checked(record, vote)
        earlier, given = self._ratings.of(record.id)
        mine = _ballots(record, earlier, vote.rater)
        last = mine[-1].vote if mine else None
        outcomes = _outcomes(record.ratable, vote)
        same = bool(mine) and {said(r.left, r.right, r.outcome) for r in mine if r.vote == last} == {
            said(left.id, right.id, outcome) for left, right, outcome in outcomes
        }
        # Adding stars or a comment after the reveal does not unblind a choice that was made blind. The
        # stars themselves are blind only if they were there before.
        blind = record.hidden or (same and mine[-1].blind)
        now, vote_id = datetime.now(UTC), secrets.token_hex(10)
        shown = len(record.ratable)
        rows = [
            Rating(
                vote=vote_id,
                comparison=record.id,
                left=left.id,
                right=right.id,
                outcome=outcome,
                blind=blind,
                rater=vote.rater,
                created_at=now,
                best_of=shown if shown > 2 else None,
                tags=vote.tags,
                comment=vote.comment,
            )
            for left, right, outcome in outcomes
        ]
        unseen = {(s.answer, s.stars) for s in given if s.vote == last and s.blind}
        stars = [
            Stars(vote_id, answer, n, record.hidden or (answer, n) in unseen, vote.rater, now)
            for answer, n in vote.stars.items()
        ]
        self._ratings.add(rows, stars)
        self._comparisons.reveal(record.id, vote.rater)
        return self._comparisons.get(record.id)

    def ballot(self, comparison_id: str, rater: str) -> Ballot | None:
        """The rater's vote that counts, or None."""
        ratings, stars = self._ratings.of(comparison_id)
        if not any(r.rater == clean_name(rater) for r in ratings):
            return None
        mine = _ballots(self._comparisons.get(comparison_id), ratings, clean_name(rater))
        return ballot_of([r for r in mine if r.vote == mine[-1].vote], stars) if mine else None


def _of_a_batch(batch: str) -> UserError:
    return UserError(
        Message("This comparison belongs to a batch, whose pairs come in an order that nobody chooses."),
        Message("Rate it with the others, on the Rate page or by `python -m app rate --batch {id}`.", id=batch),
    )


def said(left: str, right: str, outcome: Outcome) -> tuple[frozenset[str], str]:
    """An outcome whatever the sides: the two answers, and the one that won or what was said of both."""
    return frozenset((left, right)), {Outcome.LEFT: left, Outcome.RIGHT: right}.get(outcome, outcome.value)


def ballot_of(rows: Sequence[Rating], stars: Sequence[Stars]) -> Ballot:
    """What the rows of one press say together; of `stars` only those of that press count."""
    won = {r.left if r.outcome is Outcome.LEFT else r.right for r in rows if r.outcome in (Outcome.LEFT, Outcome.RIGHT)}
    first = rows[0]
    vote = Vote(
        rater=first.rater,
        best=next(iter(won)) if won else None,
        outcome=None if won else first.outcome,
        stars={s.answer: s.stars for s in stars if s.vote == first.vote},
        tags=first.tags,
        comment=first.comment,
    )
    return Ballot(vote, first.blind, first.created_at)


def _ballots(record: ComparisonRecord, ratings: Sequence[Rating], rater: str) -> list[Rating]:
    """The rater's votes on all answers at once; among three or four those on single pairs (the queue's) are not."""
    several = len(record.ratable) > 2
    return [r for r in ratings if r.rater == rater and (r.best_of is not None or not several)]


def clean_name(rater: str) -> str:
    """A rater's name as it is kept: composed (NFC), without control characters, at most 80 characters."""
    name = unicodedata.normalize("NFC", "".join(c for c in rater if c.isprintable())).strip()[:MAX_NAME]
    return name or "anonymous"


def checked(record: ComparisonRecord, vote: Vote) -> Vote:
    """The vote as it is kept. Raises UserError when the answers cannot be rated or the vote makes no sense."""
    if record.running:
        raise UserError(Message("The answers are not complete yet."), Message("Vote when all of them are done."))
    ratable = {a.id for a in record.ratable}
    if len(ratable) < 2:
        raise UserError(
            Message("A vote needs two complete answers; this comparison has {n}.", n=len(ratable)),
            Message("Ask again; failed, cut and stopped answers are not rated."),
        )
    if (vote.best is None) == (vote.outcome is None):
        raise UserError(Message("Choose the better answer, tie, or both bad."), Message("Give exactly one of them."))
    if vote.best is not None and vote.best not in ratable:
        raise UserError(
            Message("That answer is not one that can be rated."), Message("Choose one of the complete answers.")
        )
    if vote.outcome in (Outcome.LEFT, Outcome.RIGHT):
        raise UserError(Message("Left and right are given by the answer that won."), Message("Name it in `best`."))
    if not set(vote.stars) <= ratable or not all(1 <= n <= 5 for n in vote.stars.values()):
        raise UserError(Message("Stars go from 1 to 5, to complete answers."), Message("Check the stars."))
    if unknown := set(vote.tags) - set(TAGS):
        raise UserError(
            Message("Unknown tag: {tags}.", tags=", ".join(sorted(unknown))[:200]),
            Message("Use {known}.", known=", ".join(TAGS)),
        )
    if len(vote.comment) > MAX_COMMENT:
        raise UserError(
            Message("The comment has more than {n} characters.", n=f"{MAX_COMMENT:,}"), Message("Shorten it.")
        )
    return replace(vote, rater=clean_name(vote.rater), comment=clean(vote.comment)[0])


def _outcomes(answers: Sequence[AnswerRecord], vote: Vote) -> list[tuple[AnswerRecord, AnswerRecord, Outcome]]:
    """One outcome for each pair that was judged, left before right.

    The best of three or four was compared with each of the others, and they not with one another.
    """
    if vote.best is None:
        assert vote.outcome is not None
        return [(left, right, vote.outcome) for left, right in combinations(answers, 2)]
    return [
        (left, right, Outcome.LEFT if left.id == vote.best else Outcome.RIGHT)
        for left, right in combinations(answers, 2)
        if vote.best in (left.id, right.id)
    ]
