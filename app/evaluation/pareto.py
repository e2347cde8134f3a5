"""Which contestants nobody beats in both: more quality for less money, or for less waiting."""

from __future__ import annotations

from collections.abc import Sequence

Point = tuple[float, float | None]


def front(points: Sequence[Point]) -> tuple[bool | None, ...]:
    """For each (quality, burden) whether no other is at least as good in both and better in one.

    A burden (cost, seconds) of None is unknown: such a point neither stands on the front nor pushes
    another off it, and its answer is None.
    """
    known = [(quality, burden) for quality, burden in points if burden is not None]
    return tuple(
        None if burden is None else not any(_beats(other, (quality, burden)) for other in known)
        for quality, burden in points
    )


def _beats(other: tuple[float, float], point: tuple[float, float]) -> bool:
    return other != point and other[0] >= point[0] and other[1] <= point[1]
