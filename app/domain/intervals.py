"""A figure with what is known of its uncertainty."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Interval:
    """`value` with its interval at `level`, from `n` observations of `units` independent units.

    A bound is None where the data are too few to give one. `method` names the formula.
    """

    value: float
    low: float | None
    high: float | None
    n: int
    units: int
    method: str
    level: float = 0.95
