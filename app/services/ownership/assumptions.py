"""From lines to what is computed with, and back: sheets, the engine's assumptions, JSON."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from decimal import Decimal, InvalidOperation
from typing import Any

from app.domain.errors import UserError
from app.domain.message import Message
from app.domain.ownership import (
    HOURS_A_MONTH,
    Api,
    Assumptions,
    Bought,
    Exchange,
    Money,
    People,
    Power,
    Range,
    Rented,
    Speed,
    Workload,
)
from app.services.ownership.sheet import ENDS, KINDS, NAMES, SPECS, Group, Line, Sheet, group
from app.services.results.json_form import plain

FORM = 1
_ONE = Range.exactly(1)
_POWER = ("watts", "idle_watts", "per_kwh")


def assumptions_of(sheet: Sheet) -> Assumptions:
    """What the sheet says, for the engine. Ways are named by their slugs. Raises UserError for what cannot be meant."""
    asked, api = sheet.group("workload"), sheet.group("api")
    hour = _money(asked, "hour") or Money.usd(0)
    ways = tuple(_way(g, hour) for g in sheet.groups if g.kind in ("other_api", "bought", "rented"))
    return Assumptions(
        workload=Workload(
            asked.value("conversations") or Range.exactly(0), asked.value("input_tokens"), asked.value("output_tokens")
        ),
        api=_api(api, hour),
        ways=ways,
        exchange=sheet.exchange,
        acceptable={g.slug: share for g in sheet.groups[1:] if (share := _share(g, "acceptable")) is not None},
    )


def sheet_of(given: Assumptions, slugs: Mapping[str, str], source: Message) -> Sheet:
    """Reference assumptions as lines; `slugs` by the names that they give their ways."""
    workload = {
        "conversations": given.workload.conversations,
        "input_tokens": given.workload.input_tokens,
        "output_tokens": given.workload.output_tokens,
    }
    groups = [group("workload", _lines("workload", workload, source))]
    api = given.api
    fees = {key: getattr(api, key) for key in ("per_conversation", "input_per_million", "output_per_million")}
    groups.append(group("api", _lines("api", fees | {"hours": _hours(api.people)}, source), api.source))
    for way in given.ways:
        if isinstance(way, Api):
            continue  # a reference knows no challenger
        slug = slugs[way.name]
        groups.append(group(slug, _lines(slug, _values(way), source), way.source))
    return Sheet(tuple(groups), given.exchange)


def sheet_to_dict(sheet: Sheet) -> dict[str, object]:
    """As stored and as in a record: every line by its key, with its source."""
    return {
        "form": FORM,
        "exchange": plain(sheet.exchange),
        "groups": [{"slug": g.slug, "note": g.note.to_dict() if g.note else None} for g in sheet.groups],
        "lines": {
            key: {**_ends(line.value), "currency": line.currency, "source": line.source.to_dict()}
            for key, line in sheet
            if line.value is not None
        },
    }


def sheet_from_dict(data: Mapping[str, Any]) -> Sheet:
    """What `sheet_to_dict` made. Raises UserError for anything else."""
    try:
        lines: dict[str, dict[str, Line]] = {}
        for key, given in data["lines"].items():
            slug, _, name = key.partition(".")
            spec = next(spec for spec in SPECS[KINDS[slug]] if spec.key == name)
            value = Range(*(Decimal(given[end]) for end in ENDS))
            lines.setdefault(slug, {})[name] = Line(spec, value, given["currency"], Message.from_dict(given["source"]))
        groups = tuple(
            group(g["slug"], lines.get(g["slug"], {}), Message.from_dict(g["note"]) if g["note"] else None)
            for g in data["groups"]
        )
        rate = data["exchange"]
        dated = date.fromisoformat(rate["as_of"]) if rate["as_of"] else None
        return Sheet(groups, Exchange(Decimal(rate["krw_per_usd"]), dated))
    except (KeyError, TypeError, ValueError, AttributeError, InvalidOperation, StopIteration):
        raise UserError(
            Message("The assumptions that were kept cannot be read by this version."),
            Message("Begin with the reference table."),
        ) from None


def _api(given: Group, hour: Money) -> Api:
    return Api(
        given.slug,
        per_conversation=_money(given, "per_conversation"),
        input_per_million=_money(given, "input_per_million"),
        output_per_million=_money(given, "output_per_million"),
        output_ratio=(_share(given, "output_ratio") if given.kind == "other_api" else None) or _ONE,
        people=_people(given, hour),
    )


def _way(given: Group, hour: Money) -> Api | Bought | Rented:
    if given.kind == "other_api":
        return _api(given, hour)
    machines = given.value("machines")
    count = int(machines.likely) if machines else 1
    speed = Speed(
        given.value("output_per_second"), given.value("input_per_second"), _share(given, "utilisation") or _ONE
    )
    people = _people(given, hour)
    if given.kind == "rented":
        by_month, by_hour = _money(given, "month"), _money(given, "hour")
        hours = given.value("rented_hours")
        return Rented(
            given.slug,
            by_month or by_hour,
            per="month" if by_month or not by_hour else "hour",
            hours=hours.likely if hours else HOURS_A_MONTH,
            speed=speed,
            machines=count,
            people=people,
        )
    return Bought(
        given.slug,
        _money(given, "price") if given.value("years") else None,
        years=given.value("years") or _ONE,
        upkeep=_money(given, "upkeep"),
        power=_power(given),
        speed=speed,
        machines=count,
        people=people,
    )


def _power(given: Group) -> Power | None:
    known = [key for key in _POWER if given.value(key) is not None]
    if not known:
        return None
    watts, idle, price = given.value("watts"), given.value("idle_watts"), _money(given, "per_kwh")
    if watts is None or idle is None or price is None:
        raise UserError(
            Message("{way}: a part of the electricity is missing.", way=given.name),
            Message("Give the watts while it answers, those while it waits and the price of a kWh, or none of them."),
        )
    if idle.high > watts.low:
        raise UserError(
            Message("{way}: it draws more while it waits than while it answers.", way=given.name),
            Message("Correct the watts."),
        )
    return Power(watts, idle, price)


def _people(given: Group, hour: Money) -> People:
    return People(given.value("hours") or Range.exactly(0), hour)


def _money(given: Group, key: str) -> Money | None:
    line = given.line(key)
    return None if line.value is None else Money(line.value, line.currency)


def _share(given: Group, key: str) -> Range | None:
    value = given.value(key)
    return None if value is None else Range(value.low / 100, value.likely / 100, value.high / 100)


def _hours(people: People) -> Range | None:
    return people.hours if people.hours.high else None


def _values(way: Bought | Rented) -> dict[str, Range | Money | None]:
    speed = way.speed
    common: dict[str, Range | Money | None] = {
        "output_per_second": speed.output_per_second,
        "input_per_second": speed.input_per_second,
        "machines": Range.exactly(way.machines) if way.machines > 1 else None,
        "hours": _hours(way.people),
    }
    if isinstance(way, Rented):
        return {way.per: way.fee, **common}
    power = way.power
    return {
        "price": way.price,
        "years": way.years,
        "upkeep": way.upkeep,
        "watts": power.watts if power else None,
        "idle_watts": power.idle_watts if power else None,
        "per_kwh": power.per_kwh if power else None,
        **common,
    }


def _lines(slug: str, values: Mapping[str, Range | Money | None], source: Message) -> dict[str, Line]:
    specs = {spec.key: spec for spec in SPECS[KINDS[slug]]}
    return {
        key: Line(specs[key], value.amount, value.currency, source)
        if isinstance(value, Money)
        else Line(specs[key], value, source=source)
        for key, value in values.items()
        if value is not None
    }


def _ends(value: Range | None) -> dict[str, str | None]:
    return {end: None if value is None else format(getattr(value, end), "f") for end in ENDS}


__all__ = ["NAMES", "assumptions_of", "sheet_from_dict", "sheet_of", "sheet_to_dict"]
