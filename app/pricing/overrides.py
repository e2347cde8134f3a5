"""The team's own prices: negotiated ones, and those that the price list does not have."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime
from decimal import Decimal, InvalidOperation
from pathlib import Path

from app.domain.answers import Usage
from app.domain.errors import UserError
from app.domain.message import Message
from app.domain.models import ModelRef

PRICES = ("input", "cached_input", "cache_write", "output")
MILLION = Decimal(1_000_000)
EXAMPLE = '"openai:gpt-5.4-mini" = { input = "0.60", output = "3.60" }'


@dataclass(frozen=True, slots=True)
class Override:
    """USD per million tokens, whatever the prompt's length. It holds from `as_of` on; None = always."""

    input: Decimal
    output: Decimal
    cached_input: Decimal | None = None
    cache_write: Decimal | None = None
    as_of: date | None = None

    def cost(self, usage: Usage) -> Decimal:
        """USD; cached and cache-written tokens cost as much as other input where no price is given for them."""
        cached = min(usage.cached_input, usage.input)
        written = min(usage.cache_write, usage.input - cached)
        total = (
            (usage.input - cached - written) * self.input
            + cached * (self.input if self.cached_input is None else self.cached_input)
            + written * (self.input if self.cache_write is None else self.cache_write)
            + usage.output * self.output
        )
        return total / MILLION


class Overrides:
    """What one price file says: entries by model, where `*` stands for any characters."""

    def __init__(self, entries: Mapping[str, Override] | None = None) -> None:
        # The most specific entry first: the one with the most characters that are not wildcards.
        rows = sorted((entries or {}).items(), key=lambda row: len(row[0].replace("*", "")) - row[0].count("*") / 100)
        self._rows = tuple((_pattern(name), entry) for name, entry in reversed(rows))

    def find(self, model: ModelRef, at: datetime) -> Override | None:
        """The entry for `model` that holds at `at` (by the date on this machine)."""
        day = (at if at.tzinfo else at.replace(tzinfo=UTC)).astimezone().date()
        for pattern, entry in self._rows:
            if pattern.fullmatch(str(model)) and (entry.as_of is None or entry.as_of <= day):
                return entry
        return None


def read(path: Path) -> Overrides:
    """The price file at `path`; no file is no overrides. Raises UserError that names file and entry."""
    file = str(path)
    try:
        # A byte order mark, as Windows editors write it, is not an error.
        data = tomllib.loads(path.read_bytes().decode("utf-8-sig"), parse_float=Decimal)
    except FileNotFoundError:
        return Overrides()
    except OSError as error:
        raise UserError(
            Message("The price file {file} cannot be read: {reason}.", file=file, reason=error.strerror or "?"),
            Message("Make it a readable file, or name another one in UNDERSTUDY_PRICES."),
        ) from None
    except (ValueError, RecursionError) as error:  # TOML, UTF-8 or a number of thousands of digits
        raise UserError(
            Message("The price file {file} is not valid TOML: {reason}.", file=file, reason=str(error)[:200]),
            Message("Write each entry like this, names in quotes: {example}", example=EXAMPLE),
        ) from None
    return Overrides({name: _entry(file, name, value) for name, value in data.items()})


def _entry(file: str, name: str, value: object) -> Override:
    if not isinstance(value, dict) or not re.fullmatch(r"[^:]+:.+", name):
        raise UserError(
            Message("In the price file {file}, {entry} is not a model with its prices.", file=file, entry=name[:80]),
            Message("Write provider:name in quotes: {example}", example=EXAMPLE),
        )
    unknown = [key for key in value if key not in (*PRICES, "as_of")]
    if unknown:
        raise UserError(
            Message(
                "In the price file {file}, the entry {entry} has an unknown key: {key}.",
                file=file,
                entry=name[:80],
                key=unknown[0][:80],
            ),
            Message("An entry may have {keys}.", keys=", ".join((*PRICES, "as_of"))),
        )
    prices = {key: _usd(file, name, key, value[key]) for key in PRICES if key in value}
    missing = [key for key in ("input", "output") if key not in prices]
    if missing:
        raise UserError(
            Message(
                "In the price file {file}, the entry {entry} lacks {key}.", file=file, entry=name[:80], key=missing[0]
            ),
            Message("Give input and output in USD per million tokens: {example}", example=EXAMPLE),
        )
    return Override(**prices, as_of=_date(file, name, value["as_of"]) if "as_of" in value else None)


def _usd(file: str, name: str, key: str, value: object) -> Decimal:
    """A price read exactly: a string or a number, from 0 to a million."""
    amount: Decimal | None = None
    if isinstance(value, (str, int, Decimal)) and not isinstance(value, bool):
        try:
            amount = Decimal(value)
        except InvalidOperation:
            amount = None
    if amount is None or not amount.is_finite() or not 0 <= amount <= MILLION:
        raise UserError(
            _odd(file, name, key, value),
            Message("Write USD per million tokens as a number from 0 up, for example 0.60."),
        )
    return amount


def _date(file: str, name: str, value: object) -> date:
    found = value
    if isinstance(value, str):
        try:
            found = date.fromisoformat(value)
        except ValueError:
            found = None
    if not isinstance(found, date) or isinstance(found, datetime):
        raise UserError(_odd(file, name, "as_of", value), Message("Write a date as 2026-11-01."))
    return found


def _odd(file: str, name: str, key: str, value: object) -> Message:
    try:
        shown = str(value)[:80]
    except ValueError:  # Python writes no integer of more than 4,300 digits
        shown = "…"
    return Message(
        "In the price file {file}, {key} of {entry} is “{value}”.", file=file, key=key, entry=name[:80], value=shown
    )


def _pattern(name: str) -> re.Pattern[str]:
    return re.compile(".*".join(map(re.escape, name.split("*"))), re.IGNORECASE | re.DOTALL)
