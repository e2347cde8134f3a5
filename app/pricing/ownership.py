"""Cost of ownership: a month of each way, the volume at which two of them meet, and what they carry.

Ranges are corners, not draws: a cost rises or falls with each assumption alone, so the lowest one has all
of them at their cheap ends. Only the tokens of a conversation enter both sides of a break-even; there
each is tried at low, likely and high.
"""

from __future__ import annotations

from collections.abc import Iterator
from decimal import Decimal
from itertools import product

from app.domain.ownership import (
    Api,
    Assumptions,
    Bought,
    BreakEven,
    Capacity,
    Ownership,
    Range,
    Rented,
    Spread,
    WayCost,
    Workload,
)
from app.pricing.ownership_lines import (
    CASES,
    OPPOSITE,
    Case,
    Line,
    Tokens,
    at,
    crossing,
    line,
    parts_of,
    times,
    tokens_of,
    total,
)


def owning(assumptions: Assumptions) -> Ownership:
    """What each way costs under `assumptions`, and from which volume it costs no more than the API."""
    ways = (assumptions.api, *assumptions.ways)
    evens = (break_even(assumptions, way) for way in assumptions.ways)
    return Ownership(
        tuple(_cost(assumptions, way) for way in ways), tuple(e for e in evens if e is not None), assumptions.exchange
    )


def break_even(assumptions: Assumptions, way: Api | Bought | Rented) -> BreakEven | None:
    """The volume at which `way` and the API cost the same; None where a part of either is unknown."""

    def meets(case: Case, tokens: Tokens) -> Decimal | None:
        mine = line(way, tokens, assumptions.exchange, case)
        return crossing(line(assumptions.api, tokens, assumptions.exchange, OPPOSITE[case]), mine)

    likely = tokens_of(assumptions.workload, "likely")
    lines = [line(w, likely, assumptions.exchange, "likely") for w in (assumptions.api, way)]
    if any(found.fixed is None or found.each is None for found in lines):
        return None
    corners = list(_corners(assumptions.workload))
    low = [volume for tokens in corners if (volume := meets("cheap", tokens)) is not None]
    high = [meets("dear", tokens) for tokens in corners]
    return BreakEven(
        way.name,
        Spread(
            min(low, default=None),
            meets("likely", likely),
            None if None in high else max(volume for volume in high if volume is not None),
        ),
        isinstance(way, Api) or lines[1].carried is not None,
    )


def _cost(assumptions: Assumptions, way: Api | Bought | Rented) -> WayCost:
    exchange, workload = assumptions.exchange, assumptions.workload
    lines = {case: line(way, tokens_of(workload, case), exchange, case) for case in CASES}
    months = [lines[case].at(at(workload.conversations, case)) for case in CASES]
    likely, volume = lines["likely"], workload.conversations.likely
    items = parts_of(way, exchange, "likely")
    count = likely.machines_for(volume)
    parts = {name: None if usd is None else usd * count for name, usd in items.items() if name != "idle"}
    if "idle" in items:
        parts["electricity"] = total([times(items["idle"], count), times(likely.each, volume)])
    if isinstance(way, Api):
        parts["fees"] = times(likely.each, volume)
    parts["people"] = likely.people
    return WayCost(
        way.name,
        None if None in months else Spread(*months),
        parts,
        _capacity(way, lines, workload),
        _per_answer(lines, workload, Range.exactly(1)),
        _per_answer(lines, workload, assumptions.acceptable.get(way.name)),
    )


def _capacity(way: Api | Bought | Rented, lines: dict[Case, Line], workload: Workload) -> Capacity | None:
    if isinstance(way, Api) or any(found.carried is None for found in lines.values()):
        return None
    cheap, likely, dear = (lines[case].machines_for(at(workload.conversations, case)) for case in CASES)
    return Capacity(
        Spread(*(lines[case].carried for case in ("dear", "likely", "cheap"))),
        (cheap, likely, dear),
        way.speed.input_per_second is not None,
    )


def _per_answer(lines: dict[Case, Line], workload: Workload, share: Range | None) -> Spread | None:
    """USD for one answer that is acceptable. More volume is more cost, but less for each: its ends are both tried."""
    volumes = [v for v in (workload.conversations.low, workload.conversations.likely, workload.conversations.high) if v]
    if share is None or not volumes or lines["likely"].at(volumes[0]) is None:
        return None

    def each(case: Case, volume: Decimal) -> Decimal | None:
        wanted = at(share, OPPOSITE[case])
        month = lines[case].at(volume)
        return None if not wanted or month is None else month / volume / wanted

    low = [usd for volume in volumes if (usd := each("cheap", volume)) is not None]
    high = [each("dear", volume) for volume in volumes]
    likely = workload.conversations.likely
    return Spread(
        min(low, default=None),
        each("likely", likely) if likely else None,
        None if None in high else max(usd for usd in high if usd is not None),
    )


def _corners(workload: Workload) -> Iterator[Tokens]:
    ends = [
        [None] if tokens is None else sorted({tokens.low, tokens.likely, tokens.high})
        for tokens in (workload.input_tokens, workload.output_tokens)
    ]
    yield from ((read, written) for read, written in product(*ends))
