"""What a cost comparison says, in sentences."""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal
from typing import Any

from app.domain.message import Message
from app.domain.ownership import Currency, Exchange, Ownership
from app.services.decision.html_text import money
from app.services.ownership.service import cheapest
from app.services.ownership.sheet import KINDS, NAMES, Kind, Sheet

_NEEDED: dict[Kind, tuple[str, ...]] = {
    "api": ("per_conversation", "input_per_million", "output_per_million"),
    "other_api": ("per_conversation", "input_per_million", "output_per_million"),
    "bought": ("price", "years", "upkeep"),
    "rented": ("month",),
    "workload": (),
}


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


def amount(usd: Decimal | None, currency: Currency, exchange: Exchange) -> str:
    """An amount as people write it: $12.30, $0.0020, ₩28,000; empty for None."""
    if usd is None:
        return ""
    if currency == "USD":
        return money(usd)
    won = exchange.from_usd(usd, "KRW")
    return f"₩{won:,.0f}" if not won or won >= 100 else money(won, "₩")


def headline(found: Ownership, volume: Decimal, currency: Currency) -> Message:
    """Which way costs least at the likely volume, and what the API costs beside it."""
    least, api = cheapest(found), found.costs[0]
    if least is None or least.monthly is None:
        return Message("No way's cost is known yet: fill in what is unknown.")
    n = f"{volume:,.0f}"
    costs = amount(least.monthly.likely, currency, found.exchange)
    if least.name == api.name:
        return Message("At {n} conversations a month the API costs least: {costs}.", n=n, costs=costs)
    if api.monthly is None:
        return Message(
            "At {n} conversations a month {way} costs {costs}; what the API costs is unknown.",
            n=n,
            way=NAMES[least.name],
            costs=costs,
        )
    said = Message(
        "At {n} conversations a month {way} costs least: {costs}; the API costs {api}.",
        n=n,
        way=NAMES[least.name],
        costs=costs,
        api=amount(api.monthly.likely, currency, found.exchange),
    )
    if least.capacity is not None or KINDS[least.name] == "other_api":
        return said
    return Message(
        "{said} Whether {way} can answer so many is not known: its speed was not measured.",
        said=said,
        way=NAMES[least.name],
    )


def missing(sheet: Sheet, found: Ownership) -> tuple[tuple[Message, tuple[Message, ...]], ...]:
    """The ways without a cost, each with the names of the lines that it lacks."""
    lacking = []
    for cost in found.costs:
        if cost.monthly is not None:
            continue
        group = sheet.group(cost.name)
        needed = _NEEDED[group.kind]
        names = tuple(line.spec.name for line in group.lines if line.spec.key in needed and line.value is None)
        lacking.append((NAMES[cost.name], names))
    return tuple(lacking)
