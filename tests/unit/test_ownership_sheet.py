"""Assumptions as lines: what is edited, what is kept, what the engine makes of it."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import date
from decimal import Decimal
from typing import Any

import pytest

from app.domain.errors import UserError
from app.domain.ownership import Exchange, Range
from app.pricing.ownership import owning
from app.pricing.ownership_presets import REFERENCE
from app.pricing.prices import Prices
from app.services.ownership.assumptions import assumptions_of, sheet_from_dict, sheet_to_dict
from app.services.ownership.service import OwnershipService, cheapest, reach
from app.services.ownership.sheet import ENDS, Sheet, edited, shown
from app.services.ownership.words import amount, headline, missing


class NoStore:
    def get(self, batch_id: str) -> None:
        return None

    def put(self, batch_id: str, assumptions: object) -> None:
        raise AssertionError("nothing is to be stored")


def service() -> OwnershipService:
    return OwnershipService(owning, REFERENCE, Prices(None), NoStore())


@pytest.fixture
def sheet() -> Sheet:
    return service().reference()


def line(sheet: Sheet, key: str) -> Range | None:
    return dict(sheet)[key].value


def test_the_reference_table_costs_the_same_as_lines(sheet: Sheet) -> None:
    ours, theirs = owning(assumptions_of(sheet)).costs, owning(REFERENCE).costs
    assert [(c.monthly, c.per_conversation) for c in ours] == [(c.monthly, c.per_conversation) for c in theirs]
    assert [c.monthly.likely for c in ours if c.monthly and c.monthly.likely is not None][:1] == [20]


def test_a_sheet_that_was_stored_is_the_same_when_it_is_read(sheet: Sheet) -> None:
    sheet = edited(sheet, "bought.per_kwh", "likely", Decimal("140.5"), "KRW")
    sheet = replace(sheet, exchange=Exchange(Decimal(1385), date(2026, 11, 9)))
    assert sheet_from_dict(json.loads(json.dumps(sheet_to_dict(sheet)))) == sheet


def test_what_cannot_be_read_says_what_to_do(sheet: Sheet) -> None:
    stored: dict[str, Any] = json.loads(json.dumps(sheet_to_dict(sheet)))
    stored["lines"]["bought.wings"] = stored["lines"].pop("bought.price")
    with pytest.raises(UserError, match="reference table"):
        sheet_from_dict(stored)


def test_an_exact_figure_stays_exact(sheet: Sheet) -> None:
    sheet = edited(sheet, "bought.price", "likely", Decimal(1200))
    assert line(sheet, "bought.price") == Range.exactly(1200)
    assert dict(sheet)["bought.price"].source.template == "entered by hand"


@pytest.mark.parametrize(
    ("end", "value", "becomes"),
    [
        ("likely", 4, (2, 4, 5)),
        ("likely", 9, (2, 9, 9)),
        ("low", 1, (1, 3, 5)),
        ("low", 4, (4, 4, 5)),
        ("high", 2, (2, 2, 2)),
        ("high", 1, (1, 1, 2)),
    ],
)
def test_a_range_follows_the_figure_that_was_entered(
    sheet: Sheet, end: Any, value: int, becomes: tuple[int, int, int]
) -> None:
    """Two, three, five years."""
    changed = line(edited(sheet, "bought.years", end, Decimal(value)), "bought.years")
    assert changed == Range(*map(Decimal, becomes))


def test_a_figure_that_is_cleared_is_unknown_and_its_way_has_no_cost(sheet: Sheet) -> None:
    sheet = edited(sheet, "bought.price", "likely", None)
    found = service().costs(sheet)
    assert line(sheet, "bought.price") is None
    assert next(c for c in found.costs if c.name == "bought").monthly is None
    assert [(way.template, [n.template for n in names]) for way, names in missing(sheet, found)] == [
        ("GPU bought", ["Price"])
    ]


def test_money_is_kept_in_the_currency_that_it_was_named_in(sheet: Sheet) -> None:
    won = edited(sheet, "bought.price", "likely", Decimal(1_120_000), "KRW")
    named = dict(won)["bought.price"]
    assert shown(named, "likely", "KRW", won.exchange) == 1_120_000
    assert shown(named, "likely", "USD", won.exchange) == 800
    assert service().costs(won).costs == service().costs(sheet).costs
    half_known = edited(won, "bought.price", "high", Decimal(1000), "USD")
    assert [shown(dict(half_known)["bought.price"], end, "USD", won.exchange) for end in ENDS] == [800, 800, 1000]


@pytest.mark.parametrize(
    ("key", "value"),
    [
        ("bought.price", "-1"),
        ("bought.years", "0"),
        ("bought.utilisation", "101"),
        ("bought.machines", "1.5"),
        ("bought.price", "NaN"),
        ("bought.price", "1e99"),
    ],
)
def test_a_value_that_cannot_be_is_refused(sheet: Sheet, key: str, value: str) -> None:
    with pytest.raises(UserError, match="cannot be"):
        edited(sheet, key, "likely", Decimal(value))


def test_an_unknown_line_is_refused_with_those_that_there_are(sheet: Sheet) -> None:
    with pytest.raises(UserError, match=r"bought\.price"):
        edited(sheet, "bought.wings", "likely", Decimal(2))


def test_half_an_electricity_bill_is_refused(sheet: Sheet) -> None:
    with pytest.raises(UserError, match="GPU bought: a part of the electricity is missing"):
        service().costs(edited(sheet, "bought.watts", "likely", Decimal(300)))


def test_rent_by_the_hour_is_paid_for_the_hours_rented(sheet: Sheet) -> None:
    for key, value in (("rented.month", None), ("rented.hour", Decimal("0.5")), ("rented.rented_hours", Decimal(200))):
        sheet = edited(sheet, key, "likely", value)
    rented = next(c for c in service().costs(sheet).costs if c.name == "rented")
    assert rented.monthly is not None and rented.monthly.likely == 100


def test_people_cost_their_hours_on_every_way(sheet: Sheet) -> None:
    for key, value in (("workload.hour", 30), ("api.hours", 1), ("cpu.hours", 4)):
        sheet = edited(sheet, key, "likely", Decimal(value))
    months = {c.name: c.monthly.likely for c in service().costs(sheet).costs if c.monthly}
    assert (months["api"], months["cpu"]) == (50, 120)


def test_the_headline_names_the_cheapest_way_and_the_api(sheet: Sheet) -> None:
    found = service().costs(edited(sheet, "cpu.price", "likely", None))
    assert cheapest(found) is found.costs[0]
    assert str(headline(found, Decimal(10_000), "USD")) == (
        "At 10,000 conversations a month the API costs least: $20.00."
    )
    assert "CPU costs least: $0.00; the API costs $20.00" in str(
        headline(service().costs(sheet), Decimal(10_000), "USD")
    )


def test_curves_go_past_the_break_even_and_leave_out_what_is_unknown(sheet: Sheet) -> None:
    sheet = edited(sheet, "rented.month", "likely", None)
    most = reach(service().costs(sheet), Decimal(10_000))
    curves = service().curves(sheet, most)
    assert [c.way for c in curves] == ["api", "bought", "cpu"]
    # $32.22 a month against $0.002 a conversation.
    assert 16_111 < most < 40_000
    assert curves[0].points[-1][2] == most * Decimal("0.002")


@pytest.mark.parametrize(
    ("usd", "currency", "text"),
    [
        ("20", "USD", "$20.00"),
        ("0.002", "USD", "$0.0020"),
        ("20", "KRW", "₩28,000"),
        ("0.002", "KRW", "₩2.80"),
        ("0", "KRW", "₩0"),
    ],
)
def test_money_is_written_as_people_write_it(usd: str, currency: Any, text: str) -> None:
    assert amount(Decimal(usd), currency, Exchange(Decimal(1400))) == text
