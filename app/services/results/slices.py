"""How the votes fell in each category or language: to look at, beside the verdict and not instead of it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from app.domain.batches import VerdictTerms
from app.domain.intervals import Interval
from app.domain.votes import Votes
from app.evaluation.intervals import LEVEL
from app.evaluation.tango import fixed_interval
from app.evaluation.units import Floats, units
from app.evaluation.verdict import Categories


@dataclass(frozen=True, slots=True)
class Slice:
    """Ratings of the challenger against the incumbent in one part of the questions.

    `difference` is the mean over questions of better +1, tie or both bad 0, worse −1, with the interval
    for one look (app.evaluation.tango).
    """

    name: str
    questions: int
    rated: int
    wins: int
    ties: int
    losses: int
    both_bad: int
    difference: Interval | None


def slices(votes: Votes, parts: Categories, terms: VerdictTerms) -> tuple[Slice, ...]:
    """One slice a part, in the order of the parts; questions count with all the ratings they have."""
    # Nothing is tested here, so that a question need not be complete.
    found = units(votes, terms.challenger, terms.incumbent, max(len(votes), 1), closed=True)
    rows = []
    for number, (name, size) in enumerate(zip(parts.names, parts.sizes, strict=True)):
        part = found.pick(parts.of == number)
        rows.append(
            Slice(
                name=name,
                questions=size,
                rated=len(part),
                wins=int(part.wins.sum()),
                ties=int(part.ties.sum()),
                losses=int(part.losses.sum()),
                both_bad=int(part.both_bad.sum()),
                difference=_difference(part.x),
            )
        )
    return tuple(rows)


def _difference(x: Floats) -> Interval | None:
    found = fixed_interval(x, LEVEL)
    if found is None:
        return None
    return Interval(float(x.mean()), found.low, found.high, found.n, found.n, found.method, found.level)


def share(part: Slice) -> Mapping[str, float]:
    """Wins, ties, losses and both-bad as shares of the slice's ratings; all 0 without any."""
    counts = {"wins": part.wins, "ties": part.ties, "losses": part.losses, "both_bad": part.both_bad}
    total = sum(counts.values())
    return {name: n / total if total else 0.0 for name, n in counts.items()}


__all__ = ["Slice", "share", "slices"]
