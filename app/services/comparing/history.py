"""Past comparisons, as the History page and `python -m app history` ask for them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from app.domain.comparisons import ComparisonRecord, Query, Summary
from app.domain.ratings import Rating, Stars
from app.domain.store import ComparisonStore, RatingStore


@dataclass(frozen=True, slots=True)
class Page:
    """One page of History, newest first, and the number of all comparisons that match."""

    lines: tuple[Summary, ...]
    total: int


@dataclass(frozen=True, slots=True)
class Reopened:
    """A comparison with all that was ever said about it, oldest first, corrected votes included."""

    record: ComparisonRecord
    ratings: tuple[Rating, ...]
    stars: tuple[Stars, ...]

    @property
    def standing(self) -> tuple[Rating, ...]:
        """The ratings that no later vote corrected."""
        corrected = self._corrected
        return tuple(r for r in self.ratings if r.vote not in corrected)

    @property
    def standing_stars(self) -> tuple[Stars, ...]:
        corrected = self._corrected
        return tuple(s for s in self.stars if s.vote not in corrected)

    @property
    def _corrected(self) -> frozenset[str]:
        return frozenset(r.supersedes for r in self.ratings if r.supersedes is not None)


class History:
    """Safe to call from any thread; every call raises UserError when the database cannot be used."""

    def __init__(self, comparisons: ComparisonStore, ratings: RatingStore) -> None:
        self._comparisons = comparisons
        self._ratings = ratings

    def search(self, query: Query) -> Page:
        lines, total = self._comparisons.search(query)
        return Page(tuple(lines), total)

    def models(self) -> Sequence[str]:
        """Every model that was ever compared, sorted."""
        return self._comparisons.models()

    def get(self, comparison_id: str) -> Reopened:
        """Raises UserError when there is none; a unique beginning of an id (4 characters) will do."""
        record = self._comparisons.get(comparison_id)
        ratings, stars = self._ratings.of(record.id)
        return Reopened(record, tuple(ratings), tuple(stars))

    def thread(self, comparison_id: str) -> tuple[ComparisonRecord, ...]:
        """The conversation up to and including this comparison, oldest first. Raises UserError."""
        return tuple(self._comparisons.thread(self._comparisons.get(comparison_id)))
