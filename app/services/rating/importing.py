"""Votes from a file: a sheet that was filled in, an export, or what another tool has collected. All or nothing."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from functools import cache

from app.domain.errors import UserError
from app.domain.message import Message
from app.domain.ratings import Rating
from app.domain.store import ComparisonStore, RatingStore
from app.services.questions.columns import Problem
from app.services.rating.queueing import RatingQueue
from app.services.rating.reading import ReadVote, VoteReading
from app.services.rating.rows import written_rows
from app.services.rating.view import scramble
from app.services.rating.voting import said

_SAME_MOMENT = timedelta(seconds=1)


@dataclass(frozen=True, slots=True)
class VotesImported:
    """What became of a file's rows. With `problems` nothing was stored.

    `stored` holds `corrections` of earlier votes; `duplicates` were there already, `outdated` were
    overtaken by a later vote of the same rater, `blank` say nothing (of a sheet: not rated yet).
    `open_eyes` of the stored are not known to be blind: a verdict does not count them.
    """

    stored: int = 0
    corrections: int = 0
    duplicates: int = 0
    outdated: int = 0
    blank: int = 0
    open_eyes: int = 0
    problems: tuple[Problem, ...] = ()


class VoteImport:
    """Safe to call from any thread."""

    def __init__(self, queue: RatingQueue, comparisons: ComparisonStore, ratings: RatingStore) -> None:
        self._queue = queue
        self._comparisons = comparisons
        self._ratings = ratings

    def load(self, name: str, data: bytes, *, rater: str = "") -> VotesImported:
        """Store a file's votes; `rater` is whose those are that name nobody. Raises UserError for no such file."""
        reading = VoteReading(self._queue, self._comparisons, rater)
        votes: list[ReadVote] = []
        problems: list[Problem] = []
        blank = 0
        for row in written_rows(name, data):
            if row.cells.get("type", "rating") != "rating" or "outcome" not in row.cells:
                blank += "outcome" not in row.cells and row.cells.get("type", "rating") == "rating"
                continue
            try:
                votes.append(reading.vote(row))
            except UserError as problem:
                problems.append(Problem.of(row.line, problem))
        # A sheet may have been sorted by what was voted; a verdict is about questions in an order that was not.
        votes.sort(key=_shuffled)
        # A vote that was cast later corrects an earlier one, whatever line it stands in.
        if all(vote.timed for vote in votes):
            votes.sort(key=lambda vote: vote.rating.created_at)
        report, kept = self._sorted_out(votes, problems)
        if problems:
            return VotesImported(blank=blank, problems=tuple(sorted(problems, key=lambda p: p.row)))
        if kept:
            self._ratings.add([v.rating for v in kept], [s for v in kept for s in v.stars])
        return VotesImported(
            stored=len(kept),
            corrections=report["corrections"],
            duplicates=report["duplicates"],
            outdated=report["outdated"],
            blank=blank,
            open_eyes=sum(not v.rating.blind for v in kept),
        )

    def _sorted_out(
        self, votes: Sequence[ReadVote], problems: list[Problem]
    ) -> tuple[Mapping[str, int], list[ReadVote]]:
        """What is new, with the number of what is not; contradictions within the file go to `problems`."""
        counts = {"corrections": 0, "duplicates": 0, "outdated": 0}
        stored = cache(lambda comparison: self._ratings.of(comparison)[0])
        before: dict[tuple[str, frozenset[str], bool], list[tuple[Rating, bool]]] = {}
        kept = []
        for vote in votes:
            rating = vote.rating
            subject = (rating.rater, frozenset((rating.left, rating.right)), rating.best_of is None)
            if subject not in before:
                before[subject] = [
                    (r, True)
                    for r in stored(rating.comparison)
                    if (r.rater, frozenset((r.left, r.right)), r.best_of is None) == subject
                ]
            earlier = before[subject]
            if any(_same(vote, other, last=other is earlier[-1][0]) for other, _ in earlier):
                counts["duplicates"] += 1
                continue
            if rating.best_of is not None:
                problems.append(Problem.of(vote.line, _best_of()))
                continue
            if earlier and vote.timed and earlier[-1][0].created_at > rating.created_at:
                counts["outdated"] += 1
                continue
            if earlier and not earlier[-1][1] and not vote.timed:
                problems.append(Problem.of(vote.line, _twice(rating.rater)))
                continue
            counts["corrections"] += bool(earlier)
            earlier.append((rating, False))
            kept.append(vote)
        return counts, kept


def _shuffled(vote: ReadVote) -> bytes:
    rating = vote.rating
    return scramble("import", rating.comparison, *sorted((rating.left, rating.right)))


def _same(vote: ReadVote, other: Rating, *, last: bool) -> bool:
    """Whether `other` is this very vote: of the same moment where one is given, else the one that stands."""
    mine = vote.rating
    if said(mine.left, mine.right, mine.outcome) != said(other.left, other.right, other.outcome):
        return False
    return abs(mine.created_at - other.created_at) < _SAME_MOMENT if vote.timed else last


def _best_of() -> UserError:
    return UserError(
        Message("It is a choice among three or four answers; votes on two are imported."),
        Message("Leave this line out."),
    )


def _twice(rater: str) -> UserError:
    return UserError(
        Message("{rater} voted on this pair in another line, otherwise.", rater=rater),
        Message("Leave one of them out, or fill in the column time: then the later one counts."),
    )
