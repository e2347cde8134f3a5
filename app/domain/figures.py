"""What was measured of a batch's answers, as rows that a summary can be made of without their texts."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import Protocol

from app.domain.answers import Status, Timing
from app.domain.evidence import Evidence


@dataclass(frozen=True, slots=True)
class AnswerFigures:
    """One answer of a batch without its text. `item`, `question` and `contestant` are positions.

    `timing` in seconds, tokens as counted or None, `cost_usd` None = unpriced; `cached` was copied
    from an earlier answer, so that its times are not this run's. `local` None = never known.
    `failed_before`: it failed, and was asked again.
    """

    answer: str
    comparison: str
    item: int
    question: int
    repeat: int
    contestant: int
    status: Status
    timing: Timing
    input_tokens: int | None
    output_tokens: int | None
    estimated: bool
    cost_usd: Decimal | None
    cached: bool
    local: bool | None
    failed_before: bool = False


@dataclass(frozen=True, slots=True)
class Unmeasured:
    """An answer that has no measures yet, with what it is measured by."""

    answer: str
    question: int
    text: str
    evidence: Evidence


Figures = Mapping[str, float | int | bool | str | None]
"""Measures of one answer by name; None where one does not apply."""


class FigureStore(Protocol):
    """Figures of a batch's answers. Safe to call from any thread."""

    def of_batch(self, batch_id: str) -> tuple[AnswerFigures, ...]:
        """Every answer that was begun, in the order of its item and contestant."""
        ...

    def unmeasured(self, batch_id: str, form: int) -> Iterator[Unmeasured]:
        """The complete answers without measures of this form."""
        ...

    def save_measures(self, form: int, figures: Mapping[str, Figures]) -> None:
        """By answer id; what was there is replaced."""
        ...

    def evidence(self, batch_id: str) -> Mapping[int, str]:
        """The digest of the evidence of each item that was asked."""
        ...

    def measures(self, batch_id: str, form: int) -> Mapping[str, Figures]:
        """By answer id."""
        ...
