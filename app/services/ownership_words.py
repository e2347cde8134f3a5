"""What a cost comparison says, in sentences."""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal
from typing import Any

from app.domain.message import Message
from app.services.ownership_sheet import NAMES


def even_words(even: Mapping[str, Any]) -> Message:
    """From which volume on a way costs no more than the API; `even` is a BreakEven as plain data."""
    way, spread = NAMES[even["way"]], even["conversations"]
    low, likely, high = (None if spread[e] is None else Decimal(str(spread[e])) for e in ("low", "likely", "high"))
    if likely is None:
        if low is None:
            return Message("{way} costs more than the API at any volume.", way=way)
        return Message(
            "{way} costs more than the API at any volume, unless everything turns out well: then less from {low}"
            " conversations a month.",
            way=way,
            low=rounded(low),
        )
    if high == 0:
        return Message("{way} costs no more than the API at any volume.", way=way)
    if high is None:
        return Message(
            "{way} costs no more than the API from about {likely} conversations a month; from {low} if everything"
            " turns out well, and never if it turns out badly.",
            way=way,
            likely=rounded(likely),
            low=rounded(low or 0),
        )
    if rounded(low or 0) == rounded(high):
        return Message(
            "{way} costs no more than the API from {likely} conversations a month.", way=way, likely=rounded(likely)
        )
    return Message(
        "{way} costs no more than the API from about {likely} conversations a month ({low} to {high}).",
        way=way,
        likely=rounded(likely),
        low=rounded(low or 0),
        high=rounded(high),
    )


def rounded(value: object) -> str:
    """A count to three digits: it rests on guesses."""
    number = Decimal(str(value))
    places = min(2 - number.adjusted(), 0) if number else 0
    return f"{round(number, places):,.0f}"
