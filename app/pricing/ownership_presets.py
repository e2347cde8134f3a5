"""Assumptions to begin with: given figures and round guesses, nothing that was measured. All of it is to be edited."""

from __future__ import annotations

from decimal import Decimal

from app.domain.message import Message
from app.domain.ownership import Api, Assumptions, Bought, Exchange, Money, Range, Rented, Workload

GIVEN = Message("From a reference table for 10,000 conversations a month: given, not measured. It counts no people.")
GIVEN_BOUGHT = Message(
    "From a reference table for 10,000 conversations a month: given, not measured. It counts no people. "
    "How many years the machine serves is assumed here."
)

# The table: API $20 a month; a GPU bought for $800 and $10 a month; a GPU rented for $50 a month; a CPU $0.
REFERENCE = Assumptions(
    workload=Workload(Range.exactly(10_000)),
    api=Api("API", per_conversation=Money.usd(Decimal(20) / 10_000), source=GIVEN),
    ways=(
        Bought(
            "GPU bought",
            Money.usd(800),
            years=Range(Decimal(2), Decimal(3), Decimal(5)),
            upkeep=Money.usd(10),
            source=GIVEN_BOUGHT,
        ),
        Rented("GPU rented", Money.usd(50), source=GIVEN),
        Bought("CPU", Money.usd(0), years=Range.exactly(1), source=GIVEN),
    ),
    # A round figure; nobody looked it up.
    exchange=Exchange(Decimal(1400)),
)
