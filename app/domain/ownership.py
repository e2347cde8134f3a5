"""What answering costs a month: through an API, on machines bought, on machines rented.

Every assumption is the team's to change. None is unknown and stays so: what has an unknown part has no
total, and is never taken for free.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from typing import Literal, Protocol

from app.domain.message import Message

Currency = Literal["USD", "KRW"]

ZERO = Decimal(0)
HOURS_A_MONTH = Decimal("730.5")  # 365.25 days / 12


@dataclass(frozen=True, slots=True)
class Range:
    """An assumption that is not known exactly: 0 ≤ low ≤ likely ≤ high. Raises ValueError otherwise."""

    low: Decimal
    likely: Decimal
    high: Decimal

    def __post_init__(self) -> None:
        if not all(part.is_finite() for part in (self.low, self.likely, self.high)):
            raise ValueError("an assumption is a finite number")
        if not ZERO <= self.low <= self.likely <= self.high:
            raise ValueError("an assumption goes from 0 up: low, likely, high")

    @staticmethod
    def exactly(value: Decimal | int | str) -> Range:
        return Range(Decimal(value), Decimal(value), Decimal(value))


@dataclass(frozen=True, slots=True)
class Money:
    """An amount in the currency that it was named in."""

    amount: Range
    currency: Currency = "USD"

    @staticmethod
    def usd(value: Decimal | int | str) -> Money:
        return Money(Range.exactly(value))

    @staticmethod
    def krw(value: Decimal | int | str) -> Money:
        return Money(Range.exactly(value), "KRW")


@dataclass(frozen=True, slots=True)
class Exchange:
    """Won for a dollar. `as_of` None: a round figure that nobody looked up."""

    krw_per_usd: Decimal
    as_of: date | None = None

    def __post_init__(self) -> None:
        if not (self.krw_per_usd.is_finite() and self.krw_per_usd > 0):
            raise ValueError("an exchange rate is above 0")

    def to_usd(self, amount: Decimal, currency: Currency) -> Decimal:
        return amount if currency == "USD" else amount / self.krw_per_usd

    def from_usd(self, amount: Decimal, currency: Currency) -> Decimal:
        return amount if currency == "USD" else amount * self.krw_per_usd


@dataclass(frozen=True, slots=True)
class Workload:
    """What is asked in a month; tokens of one conversation, as measured or None."""

    conversations: Range
    input_tokens: Range | None = None
    output_tokens: Range | None = None


@dataclass(frozen=True, slots=True)
class People:
    """Hours that people spend on it in a month, and what one hour costs."""

    hours: Range = Range.exactly(0)
    rate: Money = Money.usd(0)


@dataclass(frozen=True, slots=True)
class Speed:
    """What one machine does: tokens a second over all that it answers at once, as measured or None.

    `utilisation` is the share of the month's hours in which there is work for it to do, above 0 to 1:
    people ask by day. Without `input_per_second` reading the prompt takes no time here, and the
    capacity is one that cannot be exceeded rather than one that will be reached.
    """

    output_per_second: Range | None = None
    input_per_second: Range | None = None
    utilisation: Range = Range.exactly(1)

    def __post_init__(self) -> None:
        speeds = (self.output_per_second, self.input_per_second)
        if self.utilisation.low <= 0 or self.utilisation.high > 1 or any(s is not None and s.low <= 0 for s in speeds):
            raise ValueError("a speed is above 0, and a utilisation above 0 and at most 1")


@dataclass(frozen=True, slots=True)
class Power:
    """Watts of a machine while it answers and while it waits; the price of a kilowatt-hour."""

    watts: Range
    idle_watts: Range
    per_kwh: Money

    def __post_init__(self) -> None:
        if self.idle_watts.high > self.watts.low:
            raise ValueError("a machine takes no more while it waits than while it answers")


@dataclass(frozen=True, slots=True)
class Api:
    """Paid by use: per conversation as billed, else per million tokens of the price list of `as_of`.

    `output_ratio` is how much it writes against the workload's figure, which is the incumbent's.
    """

    name: str
    per_conversation: Money | None = None
    input_per_million: Money | None = None
    output_per_million: Money | None = None
    as_of: date | None = None
    people: People = People()
    source: Message | None = None
    output_ratio: Range = Range.exactly(1)


@dataclass(frozen=True, slots=True)
class Bought:
    """Machines paid at once and used for `years`. `upkeep` a month for each, with repairs and space.

    `power` None: the electricity is in `upkeep`. At least `machines` are there whatever the volume.
    """

    name: str
    price: Money | None
    years: Range
    upkeep: Money | None = Money.usd(0)
    power: Power | None = None
    speed: Speed = Speed()
    machines: int = 1
    people: People = People()
    source: Message | None = None

    def __post_init__(self) -> None:
        if self.years.low <= 0 or self.machines < 1:
            raise ValueError("a machine is used for some time, and there is at least one")


@dataclass(frozen=True, slots=True)
class Rented:
    """Machines paid by the month, or by the hour for `hours` a month."""

    name: str
    fee: Money | None
    per: Literal["month", "hour"] = "month"
    hours: Decimal = HOURS_A_MONTH
    speed: Speed = Speed()
    machines: int = 1
    people: People = People()
    source: Message | None = None

    def __post_init__(self) -> None:
        if self.machines < 1 or self.hours <= 0:
            raise ValueError("there is at least one machine, for some time")


@dataclass(frozen=True, slots=True)
class Assumptions:
    """Everything that the comparison of costs rests on. `acceptable` is the share of answers by way's name.

    A way that is an API of its own is the challenger's: at the same volume, by its own fees.
    """

    workload: Workload
    api: Api
    ways: tuple[Api | Bought | Rented, ...]
    exchange: Exchange
    acceptable: dict[str, Range] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Spread:
    """A result in USD or in conversations: at the likely assumptions, and at the ends of all of them together."""

    low: Decimal | None
    likely: Decimal | None
    high: Decimal | None


@dataclass(frozen=True, slots=True)
class Capacity:
    """Conversations a month that one machine can carry, and machines that the volume takes.

    `prompts_counted`: whether the time to read prompts is in it.
    """

    conversations: Spread
    machines: tuple[int, int, int]
    prompts_counted: bool


@dataclass(frozen=True, slots=True)
class WayCost:
    """USD a month of one way; `parts` are its items at the likely assumptions, None = unknown.

    `monthly` None = a part is unknown. `capacity` None = the speed or the tokens are unknown, and the
    cost is that of the machines named. `per_acceptable` divides by the answers that are acceptable;
    None = unknown, an end None = without limit, as none may be acceptable.
    """

    name: str
    monthly: Spread | None
    parts: dict[str, Decimal | None]
    capacity: Capacity | None
    per_conversation: Spread | None
    per_acceptable: Spread | None


@dataclass(frozen=True, slots=True)
class BreakEven:
    """Conversations a month from which `way` costs no more than the API; None = at no volume.

    `low` has every assumption at the end that favours the way, `high` at the other. Past a
    machine's capacity the next one may lift the cost above the API's once more. `capacity_known`
    False: the machines named are taken to carry any volume, which nobody measured.
    """

    way: str
    conversations: Spread
    capacity_known: bool


@dataclass(frozen=True, slots=True)
class Ownership:
    """The API first, then the ways in their order; `break_evens` lacks a way that has an unknown part."""

    costs: tuple[WayCost, ...]
    break_evens: tuple[BreakEven, ...]
    exchange: Exchange


class OwnershipStore(Protocol):
    """The assumptions of cost comparisons, one for a batch. Safe to call from any thread."""

    def get(self, batch_id: str) -> Mapping[str, object] | None: ...

    def put(self, batch_id: str, assumptions: Mapping[str, object]) -> None:
        """In the place of those before."""
        ...
