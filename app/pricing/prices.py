"""What tokens cost: the team's own prices first, then the public price list."""

from __future__ import annotations

import threading
from collections.abc import Mapping
from datetime import date, datetime
from decimal import Decimal
from functools import cache
from importlib.metadata import version
from pathlib import Path
from typing import TYPE_CHECKING

from app.domain.answers import Usage
from app.domain.errors import UserError
from app.domain.models import ModelRef
from app.domain.pricing import Price
from app.pricing.overrides import Overrides, read

if TYPE_CHECKING:
    from genai_prices.data_snapshot import DataSnapshot
    from genai_prices.types import ModelPrice, TieredPrices

# genai-prices does not say when its list was made. This is the newest date on which a release says
# that a price changed or was checked, looked up in its data.py when the version is pinned.
LIST_DATES = {"0.2.3": date(2026, 11, 9)}

Stamp = tuple[int, int, int]


class Prices:
    """A PriceBook over genai-prices, offline, with the team's price file laid over it. Thread-safe.

    `providers` maps our provider names to genai-prices' ids, for endpoints that bill like a known
    one: ``{"gemini": "google", "grok": "x-ai"}``; `openai` is always there. A provider that is not
    mapped has no list price, so a gateway's own models are never billed by a namesake's price.
    """

    def __init__(self, overrides: Path | None = None, providers: Mapping[str, str] | None = None) -> None:
        self._path = overrides
        self._providers = {"openai": "openai", **(providers or {})}
        self._lock = threading.Lock()
        self._stamp: Stamp | None = None
        self._overrides = Overrides()
        self._problem: UserError | None = None

    def cost(self, model: ModelRef, usage: Usage, at: datetime, *, local: bool) -> Decimal | None:
        """USD for `usage` as billed at `at`; None when any part of it is unpriced.

        The team's price file decides first, then a local model costs nothing, then the list. Its
        long-context tiers hold for the whole request. A date without time zone is UTC.
        """
        if entry := self._current().find(model, at):
            return entry.cost(usage)
        if local:
            return Decimal(0)
        listed = self._listed(model, at)
        return None if listed is None else _billed(listed, usage)

    def price(self, model: ModelRef, at: datetime, *, local: bool) -> Price | None:
        """What to show for `model`: USD per million tokens for short prompts."""
        if entry := self._current().find(model, at):
            return Price(entry.input, entry.cached_input, entry.output, "override", entry.as_of)
        if local:
            return Price(Decimal(0), Decimal(0), Decimal(0), "local")
        listed = self._listed(model, at)
        if listed is None or listed.input_mtok is None or listed.output_mtok is None:
            return None
        cached = listed.cache_read_mtok
        return Price(
            _base(listed.input_mtok),
            None if cached is None else _base(cached),
            _base(listed.output_mtok),
            "list",
            self.list_date(),
        )

    def problem(self) -> UserError | None:
        """What is wrong with the price file now; the prices it had before still hold."""
        self._current()
        return self._problem

    def list_date(self) -> date | None:
        """How recent the public list is; None for a release whose date we do not know."""
        return LIST_DATES.get(version("genai-prices"))

    def list_name(self) -> str:
        """The price list with its version, for showing."""
        return f"genai-prices {version('genai-prices')}"

    def _current(self) -> Overrides:
        """The overrides of the file as it is now; a broken edit leaves the last good ones."""
        if self._path is None:
            return self._overrides
        with self._lock:
            stamp = _stamp(self._path)
            if stamp != self._stamp:
                try:
                    self._overrides, self._problem = read(self._path), None
                except UserError as error:
                    self._problem = error
                self._stamp = stamp
            return self._overrides

    def _listed(self, model: ModelRef, at: datetime) -> ModelPrice | None:
        provider = self._providers.get(model.provider)
        if provider is None:
            return None
        try:
            _, found = _list().find_provider_model(model.name, None, provider, None)
        except LookupError:
            return None
        return found.get_prices(at)


def _billed(price: ModelPrice, usage: Usage) -> Decimal | None:
    from genai_prices.types import Usage as Billed

    # The list counts a part without a price as free; here that part is unknown, and so is the sum.
    if (usage.input and price.input_mtok is None) or (usage.output and price.output_mtok is None):
        return None
    cached = min(usage.cached_input, usage.input)
    written = min(usage.cache_write, usage.input - cached)
    counted = Billed(
        input_tokens=usage.input,
        cache_read_tokens=cached,
        cache_write_tokens=written,
        output_tokens=usage.output,
    )
    return price.calc_price(counted)["total_price"]


def _base(price: Decimal | TieredPrices) -> Decimal:
    return price if isinstance(price, Decimal) else price.base


def _stamp(path: Path) -> Stamp | None:
    try:
        found = path.stat()
    except OSError:
        return None
    return found.st_mtime_ns, found.st_size, found.st_ino


@cache
def _list() -> DataSnapshot:
    """The list in the wheel — a snapshot of our own, which no updater in this process can replace."""
    from genai_prices import data
    from genai_prices.data_snapshot import DataSnapshot

    return DataSnapshot(providers=data.providers, from_auto_update=False)
