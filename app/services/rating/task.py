"""A pair as a rater may see it: two answers under letters, and nothing that tells whose they are."""

from __future__ import annotations

import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass, field, replace

from app.domain.answers import Answer, Status
from app.domain.comparisons import AnswerRecord, ComparisonRecord
from app.domain.models import Contestant, ModelRef
from app.domain.queueing import GoldVote, PairKey
from app.domain.ratings import Outcome, Rating, Stars, Vote
from app.services.rating.view import scramble
from app.services.rating.voting import Ballot, ballot_of

_NOBODY = Contestant(ModelRef("hidden", "hidden"))


@dataclass(frozen=True, slots=True)
class Behind:
    """What the screen does not show: which answers these are by side, and whether the outcome is known."""

    key: PairKey
    left: str
    right: str
    gold: bool = False

    def id_of(self, side: int) -> str:
        return self.right if side else self.left


@dataclass(frozen=True, slots=True)
class Task:
    """A pair on a rater's screen. `id` and the ids in `record` are made up: they lead to no other page.

    `record` holds the question, its sources and the two texts, the left one first. `ballot` is the vote
    that stands when the rater has gone back to the pair, `returned` says that they skipped it before.
    """

    id: str
    batch: str
    rater: str
    record: ComparisonRecord
    category: str
    reference: str
    ballot: Ballot | None = None
    returned: bool = False
    behind: Behind = field(default=Behind(("", "", ""), "", ""), repr=False)

    @property
    def identical(self) -> bool:
        left, right = (unicodedata.normalize("NFC", a.answer.text).strip() for a in self.record.by_side)
        return left == right

    @property
    def question(self) -> str:
        return self.record.comparison.prompt


def left_first(batch: str, key: PairKey, rater: str) -> bool:
    """Whether the first answer is on the left: random by pair and rater, the same again after a reload."""
    return bool(scramble(batch, "side", *key, rater)[0] & 1)


def masked(
    record: ComparisonRecord, texts: tuple[str, str], behind: Behind, *, batch: str, rater: str
) -> ComparisonRecord:
    """The comparison with two answers only, `texts` by side, and neither names nor figures."""
    identity = scramble(batch, "task", *behind.key, rater).hex()
    return ComparisonRecord(
        id=identity,
        thread=identity,
        turn=0,
        created_at=record.created_at,
        comparison=replace(record.comparison, contestants=(_NOBODY, _NOBODY), system="", blind=True),
        answers=tuple(
            AnswerRecord(f"{identity}-{side}", side, side, _NOBODY, Answer(Status.DONE, text=text))
            for side, text in enumerate(texts)
        ),
    )


def outcome_of(record: ComparisonRecord, vote: Vote) -> Outcome:
    """The vote on a masked record by side."""
    if vote.outcome is not None:
        return vote.outcome
    return Outcome.LEFT if vote.best == record.by_side[0].id else Outcome.RIGHT


def earlier_vote(
    shown: ComparisonRecord, behind: Behind, ratings: Sequence[Rating], stars: Sequence[Stars], rater: str
) -> Ballot | None:
    """The rater's vote on this very pair that stands, in the ids of the masked record."""
    pair = {behind.left, behind.right}
    mine = [r for r in ratings if r.rater == rater and r.best_of is None and {r.left, r.right} == pair]
    if not mine:
        return None
    ballot = ballot_of(mine[-1:], stars)
    made_up = {behind.id_of(answer.side): answer.id for answer in shown.answers}
    vote = replace(
        ballot.vote,
        best=made_up.get(ballot.vote.best or ""),
        stars={made_up[answer]: n for answer, n in ballot.vote.stars.items()},
    )
    return replace(ballot, vote=vote)


def gold_ballot(shown: ComparisonRecord, vote: GoldVote) -> Ballot:
    """The vote on a gold pair, as if it were any other."""
    sides = {Outcome.LEFT: 0, Outcome.RIGHT: 1}
    best = shown.by_side[sides[vote.outcome]].id if vote.outcome in sides else None
    return Ballot(Vote(vote.rater, best, None if best else vote.outcome), True, vote.created_at)
