"""What a running batch waits for, and how long it still takes."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from app.domain.batches import Cause, Why
from app.domain.message import Message
from app.services.batches.lane import Lane


def waits_for(storing: Message | None, feeding: Why | None, lanes: Mapping[str, Lane]) -> Why | None:
    """The first trouble there is: answers that cannot be stored, questions that cannot be prepared, an endpoint."""
    if storing is not None:
        return Why(Cause.STORAGE, storing)
    if feeding is not None:
        return feeding
    for name, lane in lanes.items():
        if lane.trouble is not None:
            said = Message(
                "Waiting for {endpoint}: {reason} Asking again in {seconds} s.",
                endpoint=name,
                reason=lane.trouble,
                seconds=round(lane.wait),
            )
            return Why(Cause.ENDPOINT, said)
    return None


def seconds_left(each: int, over: Sequence[int], lane_of: Sequence[str], lanes: Mapping[str, Lane]) -> float | None:
    """By contestant `each` answers are to come in all, `over` are there; None where a speed is not known."""
    left = dict.fromkeys(lanes, 0)
    for lane, there in zip(lane_of, over, strict=True):
        left[lane] += max(0, each - there)
    # Endpoints answer beside each other: the slowest decides.
    times = [lanes[name].seconds_for(answers) for name, answers in left.items()]
    known = [t for t in times if t is not None]
    return max(known) if len(known) == len(times) else None
