"""Gold pairs: an answer to the question beside the same contestant's answer to another one.

Whoever reads both knows which is better, so that it shows whether somebody reads. On the screen they are
pairs like any other; they are kept apart from the ratings.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass

from app.domain.queueing import GoldVote, Pair, PairKey
from app.domain.ratings import Outcome
from app.services.rating.view import scramble

_TRIES = 8


@dataclass(frozen=True, slots=True)
class Attention:
    """How many gold pairs a rater was asked, and in how many they did not take the wrong answer for as good."""

    passed: int
    total: int

    @property
    def share(self) -> float:
        return self.passed / self.total


def is_due(batch: str, rater: str, every: int, ordinary: int, golds: int) -> bool:
    """Whether the next pair is a gold one: one among each `every` ordinary ones, at a place nobody can foresee."""
    if every <= 0:
        return False
    place = int.from_bytes(scramble(batch, "gold at", rater, str(golds))) % every
    return ordinary >= golds * every + place


def choose(
    batch: str,
    rater: str,
    number: int,
    pairs: Sequence[Pair],
    *,
    avoid: Collection[int],
    text_of: Callable[[str, str], str],
) -> PairKey | None:
    """The rater's gold pair of this number; None where there are no two questions whose answers differ.

    `avoid` are questions that the rater has just seen or is about to see: the same one twice in a row
    would give it away. `text_of` is the text of an answer, by comparison and id.
    """

    def mixed(pair: Pair) -> bytes:
        return scramble(batch, "gold", rater, str(number), *pair.key)

    order = sorted(pairs, key=mixed)
    for pair in sorted(order, key=lambda p: p.question in avoid)[:_TRIES]:
        which = mixed(pair)[-1] & 1
        contestant, right = pair.contestants[which], pair.key[1 + which]
        others = [p for p in reversed(order) if p.question != pair.question and contestant in p.contestants]
        # One of the same category first: an answer about something else altogether would be no test.
        others.sort(key=_elsewhere(pair.category))
        for other in others[:_TRIES]:
            wrong = other.key[1 + other.contestants.index(contestant)]
            if text_of(pair.comparison, right).strip() != text_of(other.comparison, wrong).strip():
                return pair.comparison, right, wrong
    return None


def _elsewhere(category: str) -> Callable[[Pair], bool]:
    return lambda pair: pair.category != category


def passed(outcome: Outcome, right_is_left: bool) -> bool:
    """Whoever says that both are bad has read the wrong one; the right one may be bad too."""
    return outcome is Outcome.BOTH_BAD or outcome is (Outcome.LEFT if right_is_left else Outcome.RIGHT)


def attention(votes: Sequence[GoldVote]) -> dict[str, Attention]:
    """By rater. The first vote on each pair counts: one that was thought over again is no test of attention."""
    first: dict[tuple[str, PairKey], bool] = {}
    for vote in votes:
        first.setdefault((vote.rater, vote.key), vote.passed)
    names = dict.fromkeys(rater for rater, _ in first)
    return {
        name: Attention(
            sum(ok for (rater, _), ok in first.items() if rater == name), sum(rater == name for rater, _ in first)
        )
        for name in names
    }
