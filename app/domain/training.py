"""What people said about whole comparisons, for those who go on to fine-tune a model with it."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Protocol

from app.domain.comparisons import ComparisonRecord
from app.domain.ratings import Rating, Stars


@dataclass(frozen=True, slots=True)
class RatedComparison:
    """A comparison with the ratings and stars that count: corrections have taken their places."""

    record: ComparisonRecord
    ratings: tuple[Rating, ...]
    stars: tuple[Stars, ...]


class RatedStore(Protocol):
    """Comparisons that somebody rated. Safe to call from any thread."""

    def rated(self, batch: str | None = None) -> Iterator[RatedComparison]:
        """Oldest first, without holding them all in memory; of one batch (its whole id) where it is named."""
        ...
