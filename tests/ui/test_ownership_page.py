"""The Ownership page: what each way costs a month, and how that changes with what is assumed."""

from __future__ import annotations

from collections.abc import Iterator
from decimal import Decimal
from pathlib import Path

import pytest
from streamlit.testing.v1 import AppTest

from app.bootstrap import Container
from app.ui.ownership import Kept
from tests.integration.evaluated import BATCH, Planted
from tests.ui.evaluated_pages import drawn, evaluated, page
from tests.ui.history_pages import html


@pytest.fixture
def container(tmp_path: Path) -> Iterator[Container]:
    with evaluated(tmp_path, {"휴가": Planted(0.3, 0.2)}, questions=20) as box:
        yield box


def kept(app: AppTest) -> Kept:
    found = app.session_state["ownership"]
    assert isinstance(found, Kept)
    return found


def enter(app: AppTest, group: str, row: int, **cells: float | None) -> AppTest:
    """Type into the table of a group."""
    key = f"ownership-{group}-{kept(app).turn}"
    app.session_state[key] = {"edited_rows": {row: cells}, "added_rows": [], "deleted_rows": []}
    return drawn(app)


def test_without_a_batch_it_begins_with_the_reference_table(container: Container) -> None:
    app = page("ownership")
    shown = html(app)
    assert "CPU costs least: $0.00; the API costs $20.00" in shown
    assert "its speed was not measured" in shown
    assert any("An example, from a reference table" in note.value for note in app.caption)
    assert "$32.22" in shown and "$50.00" in shown
    assert "GPU rented costs no more than the API from 25,000 conversations a month" in shown


def test_a_figure_that_is_entered_changes_the_costs_and_stays_with_the_batch(container: Container) -> None:
    app = enter(page("ownership", b=BATCH), "measured", 0, likely=1200)
    app = enter(app, "measured", 2, likely=5)
    # $1,200 over three years and $5.
    assert "$38.33" in html(app)
    results = container.results.of(BATCH)
    stored = dict(container.ownership.of_batch(results))["measured.price"].value
    assert stored is not None and stored.likely == 1200
    assert "$38.33" in html(page("ownership", b=BATCH))


def test_the_price_of_the_measured_machine_is_unknown_until_it_is_entered(container: Container) -> None:
    shown = html(page("ownership", "ko", b=BATCH))
    assert "측정한 장비: 다음 값이 없어 알 수 없습니다: 가격, 유지비." in shown


def test_won_show_the_same_costs(container: Container) -> None:
    app = page("ownership")
    next(c for c in app.get("button_group") if c.key == "ownership-currency-0").set_value("KRW")
    app = drawn(app)
    assert "₩28,000" in html(app)
    app = enter(app, "bought", 0, likely=1_400_000)
    named = dict(kept(app).sheet)["bought.price"]
    assert (named.currency, named.value and named.value.likely) == ("KRW", Decimal(1_400_000))


def test_the_volume_moves_every_way(container: Container) -> None:
    app = page("ownership")
    next(n for n in app.number_input if n.label == "Conversations a month").set_value(100_000)
    app = drawn(app)
    assert "At 100,000 conversations a month CPU costs least: $0.00; the API costs $200.00" in html(app)


def test_what_cannot_be_meant_is_said_and_kept_nowhere(container: Container) -> None:
    app = enter(page("ownership", b=BATCH), "bought", 3, likely=300)
    assert "GPU bought: a part of the electricity is missing." in html(app)
    assert container.ownership.kept(BATCH) is None


def test_one_press_goes_back_to_what_was_measured(container: Container) -> None:
    app = enter(page("ownership", b=BATCH), "bought", 0, likely=5000)
    next(b for b in app.button if b.key == "ownership-own").click()
    app = drawn(app)
    price = dict(kept(app).sheet)["bought.price"].value
    assert price is not None and price.likely == 800
