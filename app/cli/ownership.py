"""`ownership`: what a month of answering costs, through the API and on machines."""

from __future__ import annotations

from decimal import Decimal, InvalidOperation
from typing import TYPE_CHECKING, Annotated, Literal

import typer

from app.cli import output
from app.cli.session import container

if TYPE_CHECKING:
    from app.domain.ownership import Exchange, Ownership, Spread
    from app.services.ownership.sheet import End, Sheet

Preset = Literal["kept", "measured", "reference"]


def ownership(
    batch: Annotated[str, typer.Argument(metavar="[BATCH]", help="The batch whose figures to begin with.")] = "",
    preset: Annotated[
        Preset | None,
        typer.Option(
            help="Begin with what was kept for the batch, with what it measured, or with the reference table"
            " [default: kept with a batch, else reference]."
        ),
    ] = None,
    volume: Annotated[str | None, typer.Option(metavar="N", help="Conversations a month.")] = None,
    change: Annotated[
        list[str] | None,
        typer.Option(
            "--set",
            metavar="KEY=VALUE",
            help="One assumption, LOW..LIKELY..HIGH or one number, or nothing for unknown: bought.price=1200."
            " --json lists the keys. May be repeated.",
        ),
    ] = None,
    currency: Annotated[Literal["USD", "KRW"], typer.Option(help="Of what is set and what is shown.")] = "USD",
    rate: Annotated[str | None, typer.Option(metavar="WON", help="Won for a dollar.")] = None,
    keep: Annotated[bool, typer.Option("--keep", help="Keep these assumptions with the batch.")] = False,
    as_json: Annotated[bool, typer.Option("--json", help="As JSON.")] = False,
) -> None:
    """What a month costs through the API, on machines bought and rented; from which volume they pay."""
    from dataclasses import replace

    from app.domain.ownership import Exchange

    with container() as box:
        service = box.ownership
        results = box.results.of(batch) if batch else None
        if results is None or preset == "reference":
            sheet = service.reference()
        else:
            sheet = service.measured(results) if preset == "measured" else service.of_batch(results)
        if rate is not None:
            sheet = replace(sheet, exchange=Exchange(_number("--rate", rate, above_zero=True)))
        for entry in [*([] if volume is None else [f"workload.conversations={volume}"]), *(change or [])]:
            sheet = _set(sheet, entry, currency)
        if keep and results is not None:
            service.keep(results.batch.id, sheet)
        if as_json:
            output.emit_json(service.record(sheet))
            return
        _show(sheet, service.costs(sheet), currency)


def _set(sheet: Sheet, entry: str, currency: Literal["USD", "KRW"]) -> Sheet:
    from app.services.ownership.sheet import edited

    key, _, given = entry.partition("=")
    key = key.strip()
    sheet = edited(sheet, key, "likely", None)
    parts = given.split("..") if given.strip() else []
    ends: tuple[tuple[End, ...], ...] = ((), ("likely",), ("low", "high"), ("likely", "low", "high"))
    if len(parts) > 3:
        raise _no_number(key, given)
    if len(parts) == 3:
        parts = [parts[1], parts[0], parts[2]]
    for end, value in zip(ends[len(parts)], parts, strict=True):
        sheet = edited(sheet, key, end, _number(key, value), currency)
    return sheet


def _number(name: str, text: str, *, above_zero: bool = False) -> Decimal:
    try:
        value = Decimal(text.strip().replace(",", ""))
    except InvalidOperation:
        raise _no_number(name, text) from None
    if not value.is_finite() or (above_zero and value <= 0):
        raise _no_number(name, text)
    return value


def _no_number(name: str, text: str) -> Exception:
    from app.domain.errors import UserError
    from app.domain.message import Message

    return UserError(
        Message("“{value}” is not a value for {field}.", value=text[:80], field=name[:80]),
        Message("Write a number, or three as LOW..LIKELY..HIGH: --set bought.years=2..3..5"),
    )


def _show(sheet: Sheet, found: Ownership, currency: Literal["USD", "KRW"]) -> None:
    from app.domain.message import Message
    from app.services.ownership.sheet import NAMES
    from app.services.ownership.words import even_words, headline, missing, rounded
    from app.services.results.json_form import plain

    asked = sheet.group("workload").value("conversations")
    output.say(output.text(headline(found, asked.likely if asked else Decimal(0), currency)))
    output.say()
    rows = [
        [
            output.text(NAMES[cost.name]),
            _spread(cost.monthly, currency, found.exchange),
            _spread(cost.per_conversation, currency, found.exchange),
            _spread(cost.per_acceptable, currency, found.exchange),
            "–" if cost.capacity is None else f"{cost.capacity.machines[1]}",
            "–" if cost.capacity is None else rounded(cost.capacity.conversations.likely or 0),
        ]
        for cost in found.costs
    ]
    head = (
        Message("Way"),
        Message("A month"),
        Message("A conversation"),
        Message("An acceptable answer"),
        Message("Machines"),
        Message("One machine carries a month"),
    )
    output.table([output.text(h) for h in head], rows, right=(1, 2, 3, 4, 5))
    output.say()
    for even in found.break_evens:
        data = plain(even)
        assert isinstance(data, dict)
        output.say(output.text(even_words(data)))
    for way, names in missing(sheet, found):
        lacking = ", ".join(output.text(name) for name in names)
        output.say(output.text(Message("{way}: unknown, as this is missing: {names}.", way=way, names=lacking)))


def _spread(spread: Spread | None, currency: Literal["USD", "KRW"], exchange: Exchange) -> str:
    from app.domain.message import Message
    from app.services.ownership.words import amount

    if spread is None:
        return output.text(Message("unknown"))
    low, likely, high = (amount(usd, currency, exchange) for usd in (spread.low, spread.likely, spread.high))
    return likely or "–" if low == high else f"{likely or '–'} ({low or '–'} … {high or '∞'})"
