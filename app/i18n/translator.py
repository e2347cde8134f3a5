"""Text, numbers and dates as the reader writes them."""

from __future__ import annotations

from datetime import UTC, date, datetime, tzinfo
from decimal import Decimal
from functools import lru_cache
from gettext import NullTranslations
from typing import Literal
from zoneinfo import ZoneInfo

from babel.dates import format_date
from babel.numbers import format_decimal, format_percent
from babel.units import format_unit

from app.domain.message import Message, Param

NOTHING = "–"


class Translator:
    """One language. Every method is safe to call from any thread."""

    def __init__(self, language: str, catalogue: NullTranslations, timezone: str | None = None) -> None:
        self.language = language
        self._catalogue = catalogue
        self._zone = _zone(timezone)

    def translate(self, template: str) -> str:
        """The template in this language, its placeholders as they are: what `Message.format` takes."""
        # gettext keeps the catalogue's header under the empty key.
        return self._catalogue.gettext(template) if template else ""

    def text(self, template: str, /, **params: Param) -> str:
        """`template`, a literal at the call, in this language and filled in."""
        return Message(template, **params).format(self.translate)

    def message(self, message: Message) -> str:
        """A message that was written elsewhere, in this language."""
        return message.format(self.translate)

    def plural(self, singular: str, plural: str, n: int, /, **params: Param) -> str:
        """The form for `n`; both templates are literals at the call, and ``{n}`` is `n` as written here."""
        template = self._catalogue.ngettext(singular, plural, n)
        return template.format(**{"n": self.number(n), **params})

    def number(self, value: float | Decimal, places: int | None = None) -> str:
        """With thousands separators; `places` after the point, else as many as needed, three at most."""
        return _decimal(value if places is None else round(value, places), places, self.language)

    def percent(self, share: float, places: int = 0) -> str:
        """`share` of 1 as a percentage."""
        return format_percent(share, format=_pattern(places) + "%", locale=self.language)

    def usd(self, amount: Decimal | None) -> str:
        """Cents, or two significant digits where it is less: $12.30, $0.012, $0.00060. None is unpriced."""
        if amount is None:
            return self.text("unpriced")
        size = abs(amount)
        places = 2 if size == 0 or size >= 1 else max(2, 1 - size.adjusted())
        return f"{'-' if amount < 0 else ''}${format_decimal(size, format=_pattern(places), locale=self.language)}"

    def seconds(self, value: float | None) -> str:
        """A duration: 38ms, 0.84s, 12.3s, 2m 5s, 1h 3m; a dash where it is unknown."""
        if value is None:
            return NOTHING
        if value < 0.0995:
            return self._unit(round(value * 1000), "millisecond")
        if value < 59.95:
            return self._unit(value, "second", 2 if value < 9.995 else 1)
        minutes, rest = divmod(round(value), 60)
        if minutes < 60:
            return f"{self._unit(minutes, 'minute')} {self._unit(rest, 'second')}"
        hours, minutes = divmod(minutes, 60)
        return f"{self._unit(hours, 'hour')} {self._unit(minutes, 'minute')}"

    def size(self, count: int | None) -> str:
        """Bytes in decimal units, as shops and servers count them: 98 MB, 4.7 GB."""
        if count is None:
            return NOTHING
        amount, unit = float(count), "B"
        for unit in ("B", "kB", "MB", "GB", "TB"):
            if amount < 999.5 or unit == "TB":
                break
            amount /= 1000
        return f"{self.number(amount, 1 if unit in ('GB', 'TB') and amount < 99.5 else 0)} {unit}"

    def day(self, value: date) -> str:
        return format_date(value, "medium", locale=self.language)

    def when(self, moment: datetime) -> str:
        """Date and 24-hour time where the reader is; a moment without time zone is UTC."""
        local = (moment if moment.tzinfo else moment.replace(tzinfo=UTC)).astimezone(self._zone)
        return f"{self.day(local)} {local:%H:%M}"

    def _unit(self, value: float, unit: str, places: int = 0) -> str:
        return _duration(round(value, places), unit, places, self.language)


# Running figures are drawn again and again in many panes, and Babel takes 0.1 ms for each.
@lru_cache(maxsize=4096)
def _duration(value: float, unit: str, places: int, language: str) -> str:
    # Babel has no narrow Korean units; the short ones are as narrow.
    length: Literal["short", "narrow"] = "narrow" if language == "en" else "short"
    return format_unit(value, f"duration-{unit}", length, format=_pattern(places), locale=language)


@lru_cache(maxsize=4096)
def _decimal(value: float | Decimal, places: int | None, language: str) -> str:
    return format_decimal(value, format=None if places is None else _pattern(places), locale=language)


def _pattern(places: int) -> str:
    return "#,##0" + ("." + "0" * places if places else "")


def _zone(name: str | None) -> tzinfo | None:
    """None is the machine's own zone, which `astimezone` takes."""
    if not name:
        return None
    try:
        return ZoneInfo(name)
    except (OSError, ValueError, KeyError):  # unknown, malformed, or no time zone data on this machine
        return None
