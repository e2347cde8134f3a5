"""Cost of ownership: a month of each way, the volume at which two of them meet, and what they carry.

Ranges are corners, not draws: a cost rises or falls with each assumption alone, so the lowest one has all
of them at their cheap ends. Only the tokens of a conversation enter both sides of a break-even; there
each is tried at low, likely and high.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from decimal import ROUND_CEILING, Decimal
from itertools import product
from typing import Literal

from app.domain.ownership import (
    HOURS_A_MONTH,
    ZERO,
    Api,
    Assumptions,
    Bought,
    BreakEven,
    Capacity,
    Exchange,
    Money,
    Ownership,
    People,
    Range,
    Rented,
    Spread,
    WayCost,
    Workload,
)

MILLION, THOUSAND, MONTHS, SECONDS = Decimal(1_000_000), Decimal(1000), Decimal(12), Decimal(3600)

Case = Literal["cheap", "likely", "dear"]
CASES: tuple[Case, Case, Case] = ("cheap", "likely", "dear")
OPPOSITE: dict[Case, Case] = {"cheap": "dear", "likely": "likely", "dear": "cheap"}


@dataclass(frozen=True, slots=True)
class Line:
    """USD a month at `v` conversations: machines(v) · fixed + v · each + people. None = unknown.

    `carried` is how many conversations one machine carries; None = unknown, then there are `machines`.
    """

    fixed: Decimal | None
    each: Decimal | None
    people: Decimal
    machines: int = 0
    carried: Decimal | None = None

    def machines_for(self, volume: Decimal) -> int:
        if self.carried is None:
            return self.machines
        return max(self.machines, int((volume / self.carried).to_integral_value(ROUND_CEILING)))

    def at(self, volume: Decimal) -> Decimal | None:
        if self.fixed is None or self.each is None:
            return None
        return self.machines_for(volume) * self.fixed + volume * self.each + self.people


Tokens = tuple[Decimal | None, Decimal | None]
"""Input and output tokens of one conversation."""


def owning(assumptions: Assumptions) -> Ownership:
    """What each way costs under `assumptions`, and from which volume it costs no more than the API."""
    ways = (assumptions.api, *assumptions.ways)
    evens = (break_even(assumptions, way) for way in assumptions.ways)
    return Ownership(
        tuple(_cost(assumptions, way) for way in ways), tuple(e for e in evens if e is not None), assumptions.exchange
    )


def line(way: Api | Bought | Rented, tokens: Tokens, exchange: Exchange, case: Case) -> Line:
    """The cost of `way` by volume, with every assumption but the tokens at the end that `case` names."""
    parts = _parts(way, exchange, case)
    seconds = None if isinstance(way, Api) else _seconds(way, tokens, case)
    fixed = _sum(parts[name] for name in ("hardware", "rent", "upkeep", "idle") if name in parts)
    people = _people(way.people, exchange, case)
    if isinstance(way, Api):
        return Line(ZERO, _per_conversation(way, tokens, exchange, case), people)
    carried = None
    if seconds is not None and seconds > 0:
        busy = way.hours if isinstance(way, Rented) and way.per == "hour" else HOURS_A_MONTH
        carried = busy * SECONDS * _at(way.speed.utilisation, OPPOSITE[case]) / seconds
    return Line(fixed, _working(way, seconds, exchange, case), people, way.machines, carried)


def break_even(assumptions: Assumptions, way: Bought | Rented) -> BreakEven | None:
    """The volume at which `way` and the API cost the same; None where a part of either is unknown."""

    def meets(case: Case, tokens: Tokens) -> Decimal | None:
        mine = line(way, tokens, assumptions.exchange, case)
        return crossing(line(assumptions.api, tokens, assumptions.exchange, OPPOSITE[case]), mine)

    likely = _tokens(assumptions.workload, "likely")
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
        lines[1].carried is not None,
    )


def crossing(api: Line, machines: Line) -> Decimal | None:
    """The smallest volume at which `machines` cost no more than `api`; None for none.

    With m machines the lines meet at (m · fixed + people − the API's people) / the saving on each
    conversation. It counts where m machines carry that volume, and fewer do not.
    """
    if machines.fixed is None or machines.each is None or api.each is None:
        return None
    saving = api.each - machines.each
    people = machines.people - api.people
    if saving <= 0:
        return ZERO if saving == 0 and machines.machines * machines.fixed + people <= 0 else None
    count = Decimal(machines.machines)
    if machines.carried is not None:
        # m · (what a full machine saves − what it costs) must pay for the people.
        gain = machines.carried * saving - machines.fixed
        if count * gain < people:
            if gain <= 0:
                return None
            count = (people / gain).to_integral_value(ROUND_CEILING)
    return max(ZERO, (count * machines.fixed + people) / saving)


def _cost(assumptions: Assumptions, way: Api | Bought | Rented) -> WayCost:
    exchange, workload = assumptions.exchange, assumptions.workload
    lines = {case: line(way, _tokens(workload, case), exchange, case) for case in CASES}
    months = [lines[case].at(_at(workload.conversations, case)) for case in CASES]
    likely, volume = lines["likely"], workload.conversations.likely
    items = _parts(way, exchange, "likely")
    count = likely.machines_for(volume)
    parts = {name: None if usd is None else usd * count for name, usd in items.items() if name != "idle"}
    if "idle" in items:
        parts["electricity"] = _sum([_times(items["idle"], count), _times(likely.each, volume)])
    if isinstance(way, Api):
        parts["fees"] = _times(likely.each, volume)
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
    cheap, likely, dear = (lines[case].machines_for(_at(workload.conversations, case)) for case in CASES)
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
        wanted = _at(share, OPPOSITE[case])
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


def _parts(way: Api | Bought | Rented, exchange: Exchange, case: Case) -> dict[str, Decimal | None]:
    """USD a month for one machine, by item; `idle` is the electricity of a machine that waits."""
    if isinstance(way, Api):
        return {}
    if isinstance(way, Rented):
        fee = _usd(way.fee, exchange, case)
        return {"rent": _times(fee, way.hours if way.per == "hour" else 1)}
    price = _usd(way.price, exchange, case)
    parts = {
        "hardware": None if price is None else price / (_at(way.years, OPPOSITE[case]) * MONTHS),
        "upkeep": _usd(way.upkeep, exchange, case),
    }
    if way.power is not None:
        kwh = _at(way.power.idle_watts, case) * HOURS_A_MONTH / THOUSAND
        parts["idle"] = _times(_usd(way.power.per_kwh, exchange, case), kwh)
    return parts


def _working(way: Bought | Rented, seconds: Decimal | None, exchange: Exchange, case: Case) -> Decimal | None:
    """USD for the electricity that one conversation takes beyond that of a machine which waits."""
    if isinstance(way, Rented) or way.power is None:
        return ZERO
    if seconds is None:
        return None
    more = _at(way.power.watts, case) - _at(way.power.idle_watts, case)
    return _times(_usd(way.power.per_kwh, exchange, case), more * seconds / SECONDS / THOUSAND)


def _per_conversation(api: Api, tokens: Tokens, exchange: Exchange, case: Case) -> Decimal | None:
    if api.per_conversation is not None:
        return _usd(api.per_conversation, exchange, case)
    prices = (_usd(price, exchange, case) for price in (api.input_per_million, api.output_per_million))
    return _sum(
        None if price is None or count is None else price * count / MILLION
        for price, count in zip(prices, tokens, strict=True)
    )


def _seconds(way: Bought | Rented, tokens: Tokens, case: Case) -> Decimal | None:
    """Seconds of one machine that a conversation takes; None where tokens or speed are unknown."""
    read, written = tokens
    speed = way.speed
    if speed.output_per_second is None or written is None or (speed.input_per_second is not None and read is None):
        return None
    seconds = written / _at(speed.output_per_second, OPPOSITE[case])
    if speed.input_per_second is not None and read is not None:
        seconds += read / _at(speed.input_per_second, OPPOSITE[case])
    return seconds


def _people(people: People, exchange: Exchange, case: Case) -> Decimal:
    rate = exchange.to_usd(_at(people.rate.amount, case), people.rate.currency)
    return _at(people.hours, case) * rate


def _tokens(workload: Workload, case: Case) -> Tokens:
    read, written = workload.input_tokens, workload.output_tokens
    return None if read is None else _at(read, case), None if written is None else _at(written, case)


def _corners(workload: Workload) -> Iterator[Tokens]:
    ends = [
        [None] if tokens is None else sorted({tokens.low, tokens.likely, tokens.high})
        for tokens in (workload.input_tokens, workload.output_tokens)
    ]
    yield from ((read, written) for read, written in product(*ends))


def _at(assumed: Range, case: Case) -> Decimal:
    """Of an assumption that costs more the higher it is; ask for the opposite case where it costs less."""
    return {"cheap": assumed.low, "likely": assumed.likely, "dear": assumed.high}[case]


def _usd(money: Money | None, exchange: Exchange, case: Case) -> Decimal | None:
    return None if money is None else exchange.to_usd(_at(money.amount, case), money.currency)


def _times(usd: Decimal | None, by: Decimal | int) -> Decimal | None:
    return None if usd is None else usd * by


def _sum(amounts: Iterable[Decimal | None]) -> Decimal | None:
    total = ZERO
    for amount in amounts:
        if amount is None:
            return None
        total += amount
    return total
