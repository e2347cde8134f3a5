"""`ownership` in the terminal: the reference table, a batch's own figures, and what is kept."""

from __future__ import annotations

from typing import Any

import pytest

from tests.integration.commands import Commands
from tests.integration.evaluated import BATCH
from tests.integration.test_cli_results import planted
from tests.integration.test_results import GOOD


@pytest.fixture
def rated(commands: Commands) -> Commands:
    planted(commands, {"휴가": GOOD}, questions=20)
    return commands


def lines(commands: Commands, *arguments: str) -> Any:
    found: Any = commands("ownership", *arguments, "--json").json
    return found["assumptions"]["lines"]


def test_the_reference_table_needs_no_batch(commands: Commands) -> None:
    told = commands("ownership")
    assert told.code == 0
    assert "CPU costs least: $0.00; the API costs $20.00" in told.out
    assert "GPU rented costs no more than the API from 25,000 conversations a month." in told.out


def test_figures_are_set_as_one_number_or_as_a_range_or_unknown(commands: Commands) -> None:
    found = lines(commands, "--volume", "50,000", "--set", "bought.years=3..4..6", "--set", "rented.month=")
    assert found["workload.conversations"]["likely"] == "50000"
    assert [found["bought.years"][end] for end in ("low", "likely", "high")] == ["3", "4", "6"]
    assert "rented.month" not in found


def test_what_is_kept_is_what_the_next_call_begins_with(rated: Commands) -> None:
    assert lines(rated, BATCH)["workload.input_tokens"]["likely"] == "100"
    assert rated("ownership", BATCH, "--volume", "7000", "--keep").code == 0
    assert lines(rated, BATCH)["workload.conversations"]["likely"] == "7000"
    assert lines(rated, BATCH, "--preset", "measured")["workload.conversations"]["likely"] == "10000"


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (["--set", "bought.wings=2"], "bought.price"),
        (["--set", "bought.price=much"], "is not a value for bought.price"),
        (["--set", "bought.price=1..2..3..4"], "LOW..LIKELY..HIGH"),
        (["--rate", "0"], "is not a value for --rate"),
        (["--set", "bought.watts=300"], "a part of the electricity is missing"),
        (["ffff"], "There is no batch"),
    ],
)
def test_what_cannot_be_is_wrong_usage_and_says_the_remedy(commands: Commands, arguments: list[str], says: str) -> None:
    told = commands("ownership", *arguments)
    assert told.code == 2
    assert says in told.err


def test_won_are_shown_at_the_rate_that_was_given(commands: Commands) -> None:
    told = commands("--lang", "ko", "ownership", "--currency", "KRW", "--rate", "1000")
    assert "₩20,000" in told.out and "참고표" not in told.err
