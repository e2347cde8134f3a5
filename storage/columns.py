"""Column types that store the same thing in SQLite and in Postgres.

Two characters that a prompt or an answer may hold cannot be stored everywhere: SQLite's driver and
Postgres refuse a lone surrogate, Postgres refuses NUL, and SQLite's text functions end at it. Both
are replaced on the way in, by a character that shows something was there.
"""

from __future__ import annotations

import math
import re
import unicodedata
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from decimal import Decimal

from sqlalchemy import JSON, DateTime, String, Text
from sqlalchemy.engine import Dialect
from sqlalchemy.types import TypeDecorator

_SURROGATE = re.compile("[\ud800-\udfff]")

Json = None | bool | int | float | str | list["Json"] | dict[str, "Json"]


def clean(text: str) -> str:
    """`text` with lone surrogates as U+FFFD and NUL as U+2400 (␀)."""
    if text.isascii() and "\0" not in text:
        return text
    return _SURROGATE.sub("\ufffd", text).replace("\0", "\u2400")


def fold(text: str) -> str:
    """`text` for comparing whatever its case and Unicode form: Unicode's canonical caseless matching."""
    if text.isascii():
        return clean(text).lower()
    decomposed = unicodedata.normalize("NFD", clean(text)).casefold()
    return unicodedata.normalize("NFC", decomposed)


def json_safe(value: object) -> Json:
    """`value` as JSON that every database takes: clean text, no NaN or infinity, nothing but JSON's types."""
    if value is None or isinstance(value, bool | int):
        return value
    if isinstance(value, str):
        return clean(value)
    if isinstance(value, float):
        return value if math.isfinite(value) else str(value)
    if isinstance(value, Mapping):
        return {clean(str(key)): json_safe(item) for key, item in value.items()}
    if isinstance(value, Sequence) and not isinstance(value, bytes | bytearray):
        return [json_safe(item) for item in value]
    return clean(str(value))


class CleanText(TypeDecorator[str]):
    impl = Text
    cache_ok = True

    def process_bind_param(self, value: str | None, dialect: Dialect) -> str | None:
        return None if value is None else clean(str(value))


class CleanString(TypeDecorator[str]):
    """Short text; clean, because people type ids and what they type is looked for."""

    impl = String
    cache_ok = True

    def process_bind_param(self, value: str | None, dialect: Dialect) -> str | None:
        return None if value is None else clean(str(value))


class CleanJson(TypeDecorator[object]):
    impl = JSON(none_as_null=True)
    cache_ok = True

    def process_bind_param(self, value: object, dialect: Dialect) -> object:
        return json_safe(value)


class UtcDateTime(TypeDecorator[datetime]):
    """A moment. Postgres keeps the zone; SQLite keeps text without one, and it is always UTC."""

    impl = DateTime(timezone=True)
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        if value is None:
            return None
        if value.tzinfo is None:
            raise ValueError("a time without a zone cannot be stored")
        return value.astimezone(UTC)

    def process_result_value(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        if value is None:
            return None
        return value.replace(tzinfo=UTC) if value.tzinfo is None else value.astimezone(UTC)


class Money(TypeDecorator[Decimal]):
    """An exact decimal as text: SQLite would store a number as a float."""

    impl = Text
    cache_ok = True

    def process_bind_param(self, value: Decimal | None, dialect: Dialect) -> str | None:
        return None if value is None else format(value, "f")

    def process_result_value(self, value: str | None, dialect: Dialect) -> Decimal | None:
        return None if value is None else Decimal(value)
