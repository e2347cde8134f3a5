"""Costs begin with what a batch measured, and stay with it."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from decimal import Decimal
from pathlib import Path

import pytest
from sqlalchemy import text

from app.domain.errors import UserError
from app.domain.ownership import Range
from app.pricing.ownership import owning
from app.pricing.ownership_presets import REFERENCE
from app.pricing.prices import Prices
from app.services.ownership.service import OwnershipService
from app.services.ownership.sheet import Sheet, edited
from app.services.ownership.words import headline
from app.services.results.service import Results
from storage.ownership import SqlOwnershipStore
from tests.integration.evaluated import BATCH
from tests.integration.test_results import GOOD, results, service


@contextmanager
def measured(folder: Path, *, local: bool = True) -> Iterator[tuple[OwnershipService, Results]]:
    with results(folder, {"휴가": GOOD}, questions=30) as (found, engine):
        with engine.begin() as connection:
            connection.execute(text("update answers set local = :local where provider = 'ollama'"), {"local": local})
        # Answers changed behind the service's back: a new one looks again.
        found = service(engine, found.batch).of(BATCH)
        yield OwnershipService(owning, REFERENCE, Prices(None), SqlOwnershipStore(engine)), found


def likely(sheet: Sheet, key: str) -> Decimal | None:
    value = dict(sheet)[key].value
    return None if value is None else value.likely


def test_tokens_fees_speed_and_acceptable_answers_come_from_the_batch(tmp_path: Path) -> None:
    with measured(tmp_path) as (owned, found):
        sheet = owned.of_batch(found)
        # Planted: 100 and 50 tokens, 50 tokens in 2 s by the challenger.
        assert likely(sheet, "workload.input_tokens") == 100
        assert likely(sheet, "workload.output_tokens") == 50
        assert likely(sheet, "measured.output_per_second") == 25
        assert likely(sheet, "api.input_per_million") == Decimal("0.75")
        assert dict(sheet)["api.input_per_million"].source.template == "price list of {date}"
        assert likely(sheet, "api.per_conversation") is None
        assert likely(sheet, "measured.acceptable") == likely(sheet, "bought.acceptable")
        assert dict(sheet)["api.acceptable"].source.template == "rated, n = {n}"


def test_the_price_of_the_machine_that_answered_is_unknown_and_not_nothing(tmp_path: Path) -> None:
    with measured(tmp_path) as (owned, found):
        costs = {c.name: c for c in owned.costs(owned.of_batch(found)).costs}
    assert costs["measured"].monthly is None
    assert costs["measured"].capacity is not None and costs["measured"].capacity.machines[1] == 1
    assert costs["bought"].capacity is None


def test_a_challenger_that_is_paid_by_use_is_a_way_of_its_own_and_brings_no_machine(tmp_path: Path) -> None:
    with measured(tmp_path, local=False) as (owned, found):
        sheet = owned.of_batch(found)
        assert [g.slug for g in sheet.groups] == ["workload", "api", "other_api", "bought", "rented", "cpu"]
        assert "ollama:llama3.1:8b" in str(sheet.group("other_api").note)
        assert likely(sheet, "other_api.output_ratio") == 100 and likely(sheet, "other_api.acceptable") is not None
        assert likely(sheet, "bought.acceptable") is None
        assert {c.name: c.monthly for c in owned.costs(sheet).costs}["other_api"] is None, "nobody knows its price"


def test_another_api_is_paid_for_the_same_volume_by_its_own_fees_and_its_own_length(tmp_path: Path) -> None:
    with measured(tmp_path, local=False) as (owned, found):
        sheet = owned.of_batch(found)
        for key, value in (("input_per_million", "0.5"), ("output_per_million", "1"), ("output_ratio", "300")):
            sheet = edited(sheet, f"other_api.{key}", "likely", Decimal(value))
        owned.keep(BATCH, sheet)
        assert owned.of_batch(found) == sheet
        result = owned.costs(sheet)
    costs = {c.name: c for c in result.costs}
    # 10,000 times 100 tokens read and three times 50 written.
    assert costs["other_api"].monthly is not None and costs["other_api"].monthly.likely == Decimal("0.5") + Decimal(
        "1.5"
    )
    assert costs["other_api"].capacity is None and costs["other_api"].per_acceptable is not None
    said = str(headline(replace(result, costs=tuple(costs[n] for n in ("api", "other_api"))), Decimal(10_000), "USD"))
    assert "API costs" in said and "speed" not in said
    [even] = [e for e in result.break_evens if e.way == "other_api"]
    assert even.capacity_known and even.conversations.likely == 0, "cheaper at any volume"


def test_what_was_changed_stays_with_the_batch(tmp_path: Path) -> None:
    with measured(tmp_path) as (owned, found):
        assert owned.kept(BATCH) is None
        sheet = edited(owned.of_batch(found), "workload.conversations", "likely", Decimal(70_000))
        owned.keep(BATCH, sheet)
        owned.keep(BATCH, edited(sheet, "bought.price", "likely", Decimal(950)))
        again = owned.of_batch(found)
        assert dict(again)["bought.price"].value == Range.exactly(950)
        assert likely(again, "workload.conversations") == 70_000
        assert owned.kept(BATCH) is not None
        assert likely(owned.measured(found), "workload.conversations") == 10_000


def test_what_cannot_be_meant_is_not_kept(tmp_path: Path) -> None:
    with measured(tmp_path) as (owned, found):
        with pytest.raises(UserError, match="electricity"):
            owned.keep(BATCH, edited(owned.of_batch(found), "cpu.watts", "likely", Decimal(100)))
        assert owned.kept(BATCH) is None
