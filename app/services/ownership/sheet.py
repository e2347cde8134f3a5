"""The assumptions of a cost comparison as lines that people edit: one for each figure, each with its source.

A line keeps low, likely and high in its own unit (shares in percent), and money in the currency that it was
named in. A line without a value is unknown.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from decimal import Decimal
from typing import Literal

from app.domain.errors import UserError
from app.domain.message import Message
from app.domain.ownership import Currency, Exchange, Range

Kind = Literal["workload", "api", "other_api", "bought", "rented"]
End = Literal["low", "likely", "high"]
ENDS: tuple[End, End, End] = ("low", "likely", "high")

ENTERED = Message("entered by hand")
UNKNOWN = Message("unknown")
MOST = Decimal("1e12")


@dataclass(frozen=True, slots=True)
class Spec:
    """A figure that can be assumed. `money` says that its unit is a currency, per `unit` where there is one."""

    key: str
    name: Message
    unit: Message
    money: bool = False
    most: Decimal = MOST
    above_zero: bool = False
    whole: bool = False


@dataclass(frozen=True, slots=True)
class Line:
    spec: Spec
    value: Range | None = None
    currency: Currency = "USD"
    source: Message = UNKNOWN


@dataclass(frozen=True, slots=True)
class Group:
    """The lines of one way, or of what is asked; `slug` names it in keys, in the JSON and at the command line."""

    slug: str
    kind: Kind
    name: Message
    lines: tuple[Line, ...]
    note: Message | None = None

    def value(self, key: str) -> Range | None:
        return self.line(key).value

    def line(self, key: str) -> Line:
        return next(line for line in self.lines if line.spec.key == key)


@dataclass(frozen=True, slots=True)
class Sheet:
    groups: tuple[Group, ...]
    exchange: Exchange

    def __iter__(self) -> Iterator[tuple[str, Line]]:
        """Every line by its key, `group.line`."""
        for group in self.groups:
            for line in group.lines:
                yield f"{group.slug}.{line.spec.key}", line

    def group(self, slug: str) -> Group:
        return next(group for group in self.groups if group.slug == slug)


_NOTHING, _MONTH, _HOUR = Message("{x}", x=""), Message("a month"), Message("an hour")
_SHARE = Message("% of answers")
_PEOPLE = (
    Spec("hours", Message("People's hours"), _MONTH),
    Spec("acceptable", Message("Acceptable answers"), _SHARE, most=Decimal(100)),
)
_SPEED = (
    Spec("output_per_second", Message("Writes"), Message("tokens/s, a machine"), above_zero=True),
    Spec("input_per_second", Message("Reads"), Message("tokens/s, a machine"), above_zero=True),
    Spec(
        "utilisation",
        Message("Hours with work to do"),
        Message("% of the month"),
        most=Decimal(100),
        above_zero=True,
    ),
    Spec("machines", Message("Machines at least"), _NOTHING, above_zero=True, whole=True, most=Decimal(10_000)),
)
_FEES = (
    Spec("per_conversation", Message("Fee, all in"), Message("a conversation"), money=True),
    Spec("input_per_million", Message("Fee for tokens read"), Message("a million"), money=True),
    Spec("output_per_million", Message("Fee for tokens written"), Message("a million"), money=True),
)
SPECS: dict[Kind, tuple[Spec, ...]] = {
    "workload": (
        Spec("conversations", Message("Conversations"), _MONTH),
        Spec("input_tokens", Message("Tokens read"), Message("a conversation")),
        Spec("output_tokens", Message("Tokens written"), Message("a conversation")),
        Spec("hour", Message("An hour of somebody's work"), _HOUR, money=True),
    ),
    "api": (*_FEES, *_PEOPLE),
    "other_api": (
        *_FEES,
        Spec("output_ratio", Message("Writes"), Message("% of the tokens above"), above_zero=True),
        *_PEOPLE,
    ),
    "bought": (
        Spec("price", Message("Price"), Message("a machine"), money=True),
        Spec("years", Message("Used for"), Message("years"), above_zero=True, most=Decimal(100)),
        Spec("upkeep", Message("Upkeep"), _MONTH, money=True),
        Spec("watts", Message("Draws while it answers"), Message("watts")),
        Spec("idle_watts", Message("Draws while it waits"), Message("watts")),
        Spec("per_kwh", Message("Electricity"), Message("a kWh"), money=True),
        *_SPEED,
        *_PEOPLE,
    ),
    "rented": (
        Spec("month", Message("Rent"), _MONTH, money=True),
        Spec("hour", Message("Rent by the hour"), _HOUR, money=True),
        Spec("rented_hours", Message("Hours rented"), _MONTH, above_zero=True, most=Decimal(744)),
        *_SPEED,
        *_PEOPLE,
    ),
}
NAMES: dict[str, Message] = {
    "workload": Message("What is asked"),
    "api": Message("API"),
    "other_api": Message("The challenger's API"),
    "bought": Message("GPU bought"),
    "rented": Message("GPU rented"),
    "cpu": Message("CPU"),
    "measured": Message("The machine measured"),
}
KINDS: dict[str, Kind] = {
    "workload": "workload",
    "api": "api",
    "other_api": "other_api",
    "bought": "bought",
    "rented": "rented",
    "cpu": "bought",
    "measured": "bought",
}


def group(slug: str, values: Mapping[str, Line], note: Message | None = None) -> Group:
    """A group with the lines of its kind; those without a value in `values` are unknown."""
    kind = KINDS[slug]
    lines = tuple(replace(values[spec.key], spec=spec) if spec.key in values else Line(spec) for spec in SPECS[kind])
    return Group(slug, kind, NAMES[slug], lines, note)


def edited(sheet: Sheet, key: str, end: End, value: Decimal | None, currency: Currency = "USD") -> Sheet:
    """The sheet with one figure changed; `value` None empties it.

    An exact line stays exact when its likely value changes; a range that the new value leaves is widened to
    it. A line without its likely value is unknown. Raises UserError for an unknown line, and for a value
    that it does not take.
    """
    found = dict(sheet).get(key)
    if found is None:
        raise UserError(
            Message("“{key}” is not an assumption of this comparison.", key=key[:80]),
            Message("It knows {keys}.", keys=", ".join(name for name, _ in sheet)),
        )
    if value is not None:
        _check(found.spec, value)
    changed = replace(
        found,
        value=_ranged(found, end, value, currency, sheet.exchange),
        currency=currency if found.spec.money else found.currency,
        source=ENTERED if value is not None or end != "likely" else UNKNOWN,
    )
    slug, _, name = key.partition(".")
    return replace(
        sheet,
        groups=tuple(
            replace(g, lines=tuple(changed if line.spec.key == name else line for line in g.lines))
            if g.slug == slug
            else g
            for g in sheet.groups
        ),
    )


def shown(line: Line, end: End, currency: Currency, exchange: Exchange) -> Decimal | None:
    """One figure of a line; money in `currency`, exactly as it was named where it was named in it."""
    if line.value is None:
        return None
    value: Decimal = getattr(line.value, end)
    return _converted(value, line.currency, currency, exchange) if line.spec.money else value


def _ranged(line: Line, end: End, value: Decimal | None, currency: Currency, exchange: Exchange) -> Range | None:
    was = line.value
    if was is not None and line.spec.money and line.currency != currency:
        was = Range(*(_converted(getattr(was, e), line.currency, currency, exchange) for e in ENDS))
    if value is None:
        if was is None or end == "likely":
            return None
        value = was.likely
    if was is None or line.spec.whole or (end == "likely" and was.low == was.high):
        return Range.exactly(value)
    ends = {e: getattr(was, e) for e in ENDS} | {end: value}
    if end != "likely":
        ends["likely"] = max(ends["likely"], value) if end == "low" else min(ends["likely"], value)
    return Range(min(ends.values()), ends["likely"], max(ends.values()))


def _converted(value: Decimal, own: Currency, wanted: Currency, exchange: Exchange) -> Decimal:
    if own == wanted:
        return value
    return exchange.from_usd(exchange.to_usd(value, own), wanted)


def _check(spec: Spec, value: Decimal) -> None:
    if not value.is_finite() or not 0 <= value <= spec.most or (spec.above_zero and not value):
        raise UserError(
            Message("“{name}” cannot be {value}.", name=spec.name, value=str(value)[:40]),
            Message("Write a number from 0 to {most}.", most=f"{spec.most:,.0f}")
            if not spec.above_zero
            else Message("Write a number above 0, at most {most}.", most=f"{spec.most:,.0f}"),
        )
    if spec.whole and value != value.to_integral_value():
        raise UserError(
            Message("“{name}” cannot be {value}.", name=spec.name, value=str(value)[:40]),
            Message("Write a whole number."),
        )
