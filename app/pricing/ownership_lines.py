"""The cost of one way by volume, as lines, and where two of them meet."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from decimal import ROUND_CEILING, Decimal
from typing import Literal

from app.domain.ownership import HOURS_A_MONTH, ZERO, Api, Bought, Exchange, Money, People, Range, Rented, Workload

MILLION, THOUSAND, MONTHS, SECONDS = Decimal(1_000_000), Decimal(1000), Decimal(12), Decimal(3600)

Case = Literal["cheap", "likely", "dear"]
CASES: tuple[Case, Case, Case] = ("cheap", "likely", "dear")
OPPOSITE: dict[Case, Case] = {"cheap": "dear", "likely": "likely", "dear": "cheap"}

Tokens = tuple[Decimal | None, Decimal | None]
"""Input and output tokens of one conversation."""


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


def line(way: Api | Bought | Rented, tokens: Tokens, exchange: Exchange, case: Case) -> Line:
    """The cost of `way` by volume, with every assumption but the tokens at the end that `case` names."""
    parts = parts_of(way, exchange, case)
    seconds = None if isinstance(way, Api) else _seconds(way, tokens, case)
    fixed = total(parts[name] for name in ("hardware", "rent", "upkeep", "idle") if name in parts)
    people = _people(way.people, exchange, case)
    if isinstance(way, Api):
        return Line(ZERO, _per_conversation(way, tokens, exchange, case), people)
    carried = None
    if seconds is not None and seconds > 0:
        busy = way.hours if isinstance(way, Rented) and way.per == "hour" else HOURS_A_MONTH
        carried = busy * SECONDS * at(way.speed.utilisation, OPPOSITE[case]) / seconds
    return Line(fixed, _working(way, seconds, exchange, case), people, way.machines, carried)


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


def parts_of(way: Api | Bought | Rented, exchange: Exchange, case: Case) -> dict[str, Decimal | None]:
    """USD a month for one machine, by item; `idle` is the electricity of a machine that waits."""
    if isinstance(way, Api):
        return {}
    if isinstance(way, Rented):
        fee = _usd(way.fee, exchange, case)
        return {"rent": times(fee, way.hours if way.per == "hour" else 1)}
    price = _usd(way.price, exchange, case)
    parts = {
        "hardware": None if price is None else price / (at(way.years, OPPOSITE[case]) * MONTHS),
        "upkeep": _usd(way.upkeep, exchange, case),
    }
    if way.power is not None:
        kwh = at(way.power.idle_watts, case) * HOURS_A_MONTH / THOUSAND
        parts["idle"] = times(_usd(way.power.per_kwh, exchange, case), kwh)
    return parts


def _working(way: Bought | Rented, seconds: Decimal | None, exchange: Exchange, case: Case) -> Decimal | None:
    """USD for the electricity that one conversation takes beyond that of a machine which waits."""
    if isinstance(way, Rented) or way.power is None:
        return ZERO
    if seconds is None:
        return None
    more = at(way.power.watts, case) - at(way.power.idle_watts, case)
    return times(_usd(way.power.per_kwh, exchange, case), more * seconds / SECONDS / THOUSAND)


def _per_conversation(api: Api, tokens: Tokens, exchange: Exchange, case: Case) -> Decimal | None:
    if api.per_conversation is not None:
        return _usd(api.per_conversation, exchange, case)
    read, written = tokens
    counts = (read, None if written is None else written * at(api.output_ratio, case))
    prices = (_usd(price, exchange, case) for price in (api.input_per_million, api.output_per_million))
    return total(
        None if price is None or count is None else price * count / MILLION
        for price, count in zip(prices, counts, strict=True)
    )


def _seconds(way: Bought | Rented, tokens: Tokens, case: Case) -> Decimal | None:
    """Seconds of one machine that a conversation takes; None where tokens or speed are unknown."""
    read, written = tokens
    speed = way.speed
    if speed.output_per_second is None or written is None or (speed.input_per_second is not None and read is None):
        return None
    seconds = written / at(speed.output_per_second, OPPOSITE[case])
    if speed.input_per_second is not None and read is not None:
        seconds += read / at(speed.input_per_second, OPPOSITE[case])
    return seconds


def _people(people: People, exchange: Exchange, case: Case) -> Decimal:
    rate = exchange.to_usd(at(people.rate.amount, case), people.rate.currency)
    return at(people.hours, case) * rate


def tokens_of(workload: Workload, case: Case) -> Tokens:
    read, written = workload.input_tokens, workload.output_tokens
    return None if read is None else at(read, case), None if written is None else at(written, case)


def at(assumed: Range, case: Case) -> Decimal:
    """Of an assumption that costs more the higher it is; ask for the opposite case where it costs less."""
    return {"cheap": assumed.low, "likely": assumed.likely, "dear": assumed.high}[case]


def _usd(money: Money | None, exchange: Exchange, case: Case) -> Decimal | None:
    return None if money is None else exchange.to_usd(at(money.amount, case), money.currency)


def times(usd: Decimal | None, by: Decimal | int) -> Decimal | None:
    return None if usd is None else usd * by


def total(amounts: Iterable[Decimal | None]) -> Decimal | None:
    """The sum; None when one of them is unknown."""
    known = ZERO
    for amount in amounts:
        if amount is None:
            return None
        known += amount
    return known
