"""The cost comparison in a decision record: what a month costs each way, from which volume, on what assumptions."""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal
from html import escape
from typing import Any

from app.domain.message import Message
from app.services.decision.html_text import NOTHING, Writer, money, small
from app.services.ownership.sheet import KINDS, NAMES, SPECS
from app.services.ownership.words import even_words, rounded

Json = Mapping[str, Any]


def ownership(write: Writer, given: Json | None) -> str:
    """Nothing where no costs were compared."""
    if not given:
        return ""
    result, assumed = given["result"], given["assumptions"]
    volume = assumed["lines"].get("workload.conversations")
    asked = "0" if volume is None else f"{Decimal(volume['likely']):,f}"
    head = [
        Message("Way"),
        Message("A month"),
        Message("A conversation"),
        Message("An acceptable answer"),
        Message("One machine carries a month"),
        Message("Machines"),
    ]
    rows = [
        [
            write.t(NAMES[cost["name"]]),
            _spread(write, cost["monthly"]),
            _spread(write, cost["per_conversation"]),
            _spread(write, cost["per_acceptable"]),
            _carried(cost["capacity"]),
            _machines(cost["capacity"]),
        ]
        for cost in result["costs"]
    ]
    return "".join(
        (
            write.paragraph(Message("At {n} conversations a month, in USD. Below: low to high.", n=asked), "note"),
            write.table(Message("Cost of ownership"), [write.t(h) for h in head], rows, numbers=range(1, len(head))),
            f"<ul>{''.join(f'<li>{write.t(even_words(even))}</li>' for even in result['break_evens'])}</ul>",
            write.folded(Message("What this assumes"), _assumed(write, assumed)),
        )
    )


def _assumed(write: Writer, assumed: Json) -> str:
    rows = []
    for key, line in assumed["lines"].items():
        slug, _, name = key.partition(".")
        spec = next(spec for spec in SPECS[KINDS[slug]] if spec.key == name)
        unit = write.t(spec.unit)
        if spec.money:
            unit = f"{escape(str(line['currency']))} {unit}"
        ends = (f"{Decimal(line[end]).normalize():,f}" for end in ("low", "likely", "high"))
        rows.append([write.t(NAMES[slug]), write.t(spec.name), *ends, unit, write.t(Message.from_dict(line["source"]))])
    head = [
        Message("Way"),
        Message("Assumption"),
        Message("Low"),
        Message("Likely"),
        Message("High"),
        Message("Unit"),
        Message("Source"),
    ]
    rate = assumed["exchange"]
    told = Message(
        "Exchange rate: {rate} won a dollar ({dated}).",
        rate=f"{Decimal(rate['krw_per_usd']):,f}",
        dated=_dated(rate["as_of"]),
    )
    notes = [Message.from_dict(g["note"]) for g in assumed["groups"] if g["note"]]
    return (
        write.table(Message("Assumptions"), [write.t(h) for h in head], rows, numbers=(2, 3, 4))
        + write.paragraph(told, "note")
        + "".join(write.paragraph(note, "note") for note in dict.fromkeys(notes))
    )


def _dated(as_of: str | None) -> Message:
    return Message("{date}", date=as_of) if as_of else Message("a round figure that nobody looked up")


def _spread(write: Writer, spread: Json | None) -> str:
    if spread is None:
        return write.t(Message("unknown"))
    likely = money(spread["likely"]) or NOTHING
    if spread["low"] == spread["high"]:
        return likely
    return likely + small(f"{money(spread['low']) or NOTHING} … {money(spread['high']) or '∞'}")


def _carried(capacity: Json | None) -> str:
    if capacity is None:
        return NOTHING
    spread = capacity["conversations"]
    ends = "" if spread["low"] == spread["high"] else small(f"{rounded(spread['low'])} … {rounded(spread['high'])}")
    return rounded(spread["likely"]) + ends


def _machines(capacity: Json | None) -> str:
    if capacity is None:
        return NOTHING
    low, likely, high = capacity["machines"]
    return f"{likely:,}" + ("" if low == high else small(f"{low:,} … {high:,}"))
