"""Cost of ownership: the incumbent's API against machines that the challenger answers on."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from decimal import Decimal

from app.domain.errors import UserError
from app.domain.intervals import Interval
from app.domain.message import Message
from app.domain.ownership import (
    Assumptions,
    Money,
    Ownership,
    OwnershipStore,
    Range,
    WayCost,
)
from app.domain.pricing import PriceBook
from app.services.ownership.assumptions import assumptions_of, sheet_from_dict, sheet_of, sheet_to_dict
from app.services.ownership.sheet import SPECS, Group, Kind, Line, Sheet, group
from app.services.results.contestants import ContestantResult
from app.services.results.json_form import plain
from app.services.results.service import Results

# The reference table's ways by the names that it gives them.
_SLUGS = {"GPU bought": "bought", "GPU rented": "rented", "CPU": "cpu"}
_REFERENCE = Message("reference table")
_LOCAL = Message(
    "The machine that answered this batch. What it cost is not known here: enter its price, 0 for one that is there"
    " anyway. Its speed is that of one answer at a time; a machine that answers several at once does more."
)
_FROM_LIST = Message(
    "Fees by the price list and the tokens of this batch: one question and its answer count as a conversation."
)
_BY_DAY = Message("assumed: people ask by day")
_POINTS = 60


@dataclass(frozen=True, slots=True)
class Curve:
    """USD a month of one way by conversations a month: (volume, low, likely, high)."""

    way: str
    points: tuple[tuple[Decimal, Decimal, Decimal, Decimal], ...]


class OwnershipService:
    """Safe to call from any thread."""

    def __init__(
        self,
        owning: Callable[[Assumptions], Ownership],
        reference: Assumptions,
        prices: PriceBook,
        store: OwnershipStore,
    ) -> None:
        self._owning = owning
        self._reference = reference
        self._prices = prices
        self._store = store

    def reference(self) -> Sheet:
        """The reference table's figures, nothing measured."""
        return sheet_of(self._reference, _SLUGS, _REFERENCE)

    def of_batch(self, results: Results) -> Sheet:
        """What was kept for the batch, else what was measured in it. Raises UserError for what cannot be read."""
        kept = self._store.get(results.batch.id)
        return sheet_from_dict(kept) if kept else self.measured(results)

    def measured(self, results: Results) -> Sheet:
        """The reference table, with what this batch measured and the price list says in its place."""
        sheet = self.reference()
        asked, api, *ways = sheet.groups
        incumbent, challenger = results.incumbent, results.challenger
        asked = _with(
            asked,
            input_tokens=_figure(incumbent.input_tokens, 0),
            output_tokens=_figure(incumbent.output_tokens, 0),
        )
        fees = self._fees(incumbent, "api")
        if fees:
            api = _with(group("api", {}, _FROM_LIST), **fees)
        api = _with(api, acceptable=_percent(incumbent))
        if challenger.local is False:
            # What people said of it says nothing of a model on a machine.
            ways.insert(0, self._other_api(incumbent, challenger))
        else:
            ways = [_with(way, acceptable=_percent(challenger)) for way in ways]
        if challenger.local:
            ways.insert(0, _machine(challenger))
        return replace(sheet, groups=(asked, api, *ways))

    def keep(self, batch_id: str, sheet: Sheet) -> None:
        """Keep the assumptions with the batch, in the place of those before. Raises UserError as `costs` does."""
        self.costs(sheet)
        self._store.put(batch_id, sheet_to_dict(sheet))

    def costs(self, sheet: Sheet) -> Ownership:
        """What each way costs, ways named by slug. Raises UserError for assumptions that cannot be meant."""
        return self._owning(assumptions_of(sheet))

    def curves(self, sheet: Sheet, most: Decimal) -> tuple[Curve, ...]:
        """Each way that has no unknown part, from 0 to `most` conversations a month."""
        given = assumptions_of(sheet)
        volumes = [most * n / _POINTS for n in range(_POINTS + 1)]
        months = [self._owning(_at(given, volume)).costs for volume in volumes]
        found = []
        for n, way in enumerate(months[0]):
            spreads = [costs[n].monthly for costs in months]
            points = tuple(
                (volume, s.low, s.likely, s.high)
                for volume, s in zip(volumes, spreads, strict=True)
                if s is not None and s.low is not None and s.likely is not None and s.high is not None
            )
            if len(points) == len(volumes):
                found.append(Curve(way.name, points))
        return tuple(found)

    def record(self, sheet: Sheet) -> dict[str, object]:
        """Assumptions and results as plain data, for the decision record and for `--json`."""
        return {"assumptions": sheet_to_dict(sheet), "result": plain(self.costs(sheet))}

    def kept(self, batch_id: str) -> dict[str, object] | None:
        """The same of what was kept for a batch; None where nothing was, or by a version that this one cannot read."""
        given = self._store.get(batch_id)
        try:
            return None if given is None else self.record(sheet_from_dict(given))
        except UserError:
            return None

    def _other_api(self, incumbent: ContestantResult, challenger: ContestantResult) -> Group:
        note = Message(
            "{model}, by the price list, at the same volume: the tokens read of the batch, and as many written as it"
            " wrote there against {incumbent}.",
            model=challenger.label,
            incumbent=incumbent.label,
        )
        lines: dict[str, Line | None] = {"output_ratio": _ratio(challenger, incumbent)}
        lines |= self._fees(challenger, "other_api")
        return _with(group("other_api", {}, note), acceptable=_percent(challenger), **lines)

    def _fees(self, contestant: ContestantResult, kind: Kind) -> dict[str, Line]:
        model, now = contestant.contestant.model, datetime.now(UTC)
        price = self._prices.price(model, now, local=bool(contestant.local))
        if price is not None and price.source != "local":
            source = (
                Message("price list of {date}", date=price.as_of.isoformat())
                if price.as_of
                else Message("your price list")
            )
            return {
                "input_per_million": _line(kind, "input_per_million", Money.usd(price.input), source),
                "output_per_million": _line(kind, "output_per_million", Money.usd(price.output), source),
            }
        return {}


def cheapest(found: Ownership) -> WayCost | None:
    """The way that costs least at the likely volume; None where no way's cost is known."""
    known = [(cost.monthly.likely, cost) for cost in found.costs if cost.monthly and cost.monthly.likely is not None]
    return min(known, key=lambda pair: pair[0])[1] if known else None


def reach(found: Ownership, volume: Decimal) -> Decimal:
    """How far to draw costs over volume: past the volume assumed and the likely break-evens near it."""
    ends = [e.conversations.likely for e in found.break_evens if e.conversations.likely is not None]
    near = [end for end in ends if end <= 20 * max(volume, Decimal(1))]
    return max([volume * 2, *(end * Decimal("1.4") for end in near), Decimal(100)])


def _machine(challenger: ContestantResult) -> Group:
    reading = next((p.p50.value for p in challenger.phases if p.name == "prefill"), None)
    speeds: dict[str, Line | None] = {
        "output_per_second": _figure(challenger.tokens_per_second, 1),
        "acceptable": _percent(challenger),
        "years": _line("bought", "years", Range(Decimal(2), Decimal(3), Decimal(5)), Message("assumed")),
        "upkeep": None,
        "utilisation": _line("bought", "utilisation", Range(Decimal(15), Decimal(30), Decimal(60)), _BY_DAY),
    }
    if reading and challenger.input_tokens:
        rate = Decimal(str(round(challenger.input_tokens.value / reading, 1)))
        speeds["input_per_second"] = (
            _line("bought", "input_per_second", Range.exactly(rate), Message("tokens read over the median time"))
            if rate
            else None
        )
    return _with(group("measured", {}, _LOCAL), **speeds)


def _ratio(challenger: ContestantResult, incumbent: ContestantResult) -> Line | None:
    """How much the one writes, in percent of what the other does."""
    mine, theirs = challenger.output_tokens, incumbent.output_tokens
    if mine is None or theirs is None or not mine.value or not theirs.value:
        return None
    ends = (mine.value if end is None else max(end, 0.0) for end in (mine.low, mine.value, mine.high))
    low, likely, high = (round(Decimal(str(100 * end / theirs.value)), 1) for end in ends)
    source = Message("measured, n = {n}", n=f"{mine.n:,}")
    return _line("other_api", "output_ratio", Range(min(low, likely), likely, max(high, likely)), source)


def _with(given: Group, **lines: Line | None) -> Group:
    """The group with these lines where there is something to say."""
    known = {line.spec.key: line for line in given.lines}
    known |= {key: replace(line, spec=known[key].spec) for key, line in lines.items() if line is not None}
    return replace(given, lines=tuple(known.values()))


def _figure(measured: Interval | None, places: int) -> Line | None:
    """A measured mean or median with its interval; None where nothing was measured."""
    if measured is None or measured.value <= 0:
        return None

    def rounded(value: float | None) -> Decimal:
        return round(Decimal(str(measured.value if value is None else max(value, 0.1))), places)

    low, likely, high = rounded(measured.low), rounded(measured.value), rounded(measured.high)
    source = Message("measured, n = {n}", n=f"{measured.n:,}")
    return Line(SPECS["workload"][0], Range(min(low, likely), likely, max(high, likely)), source=source)


def _percent(contestant: ContestantResult) -> Line | None:
    share = contestant.acceptable
    if share is None:
        return None
    low, likely, high = (
        round(Decimal(str(100 * (share.value if v is None else v))), 1) for v in (share.low, share.value, share.high)
    )
    source = Message("rated, n = {n}", n=f"{share.n:,}")
    return Line(SPECS["workload"][0], Range(min(low, likely), likely, max(high, likely)), source=source)


def _line(kind: Kind, key: str, value: Range | Money, source: Message) -> Line:
    spec = next(spec for spec in SPECS[kind] if spec.key == key)
    if isinstance(value, Money):
        return Line(spec, value.amount, value.currency, source)
    return Line(spec, value, source=source)


def _at(given: Assumptions, volume: Decimal) -> Assumptions:
    return replace(given, workload=replace(given.workload, conversations=Range.exactly(volume)))
