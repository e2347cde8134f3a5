"""Cost of ownership: by hand, and what must hold whatever is assumed."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.domain.ownership import (
    Api,
    Assumptions,
    Bought,
    Exchange,
    Money,
    Ownership,
    People,
    Power,
    Range,
    Rented,
    Speed,
    Spread,
    Workload,
)
from app.pricing.ownership import owning
from app.pricing.ownership_lines import Line, crossing, line
from app.pricing.ownership_presets import REFERENCE

RATE = Exchange(Decimal(1400), date(2026, 11, 9))
API = Api("api", input_per_million=Money.usd("0.75"), output_per_million=Money.usd("4.5"), as_of=date(2026, 11, 9))
GPU = Bought(
    "gpu",
    Money.usd(3600),
    Range.exactly(3),
    upkeep=Money.usd(20),
    power=Power(Range.exactly(300), Range.exactly(50), Money.krw(140)),
    speed=Speed(Range.exactly(100), utilisation=Range.exactly("0.5")),
    people=People(Range.exactly(2), Money.krw(70_000)),
)
LOAD = Workload(Range.exactly(20_000), Range.exactly(1_000), Range.exactly(360))


def months(found: Ownership) -> list[Spread | None]:
    return [cost.monthly for cost in found.costs]


def exactly(value: Decimal) -> Spread:
    return Spread(value, value, value)


def test_a_month_counted_by_hand() -> None:
    found = owning(Assumptions(LOAD, API, (GPU,), RATE))
    api, gpu = found.costs
    # 20,000 · (1,000 · 0.75 + 360 · 4.5) / 1,000,000
    assert api.monthly == exactly(Decimal("47.4"))
    # 3,600 over 36 months; 730.5 h at 50 W and 20,000 · 3.6 s at 250 W more, at $0.10; two hours at $50.
    idle, working = Decimal("3.6525"), Decimal(20_000) * Decimal("3.6") / 3600 * Decimal("0.25") * Decimal("0.1")
    assert gpu.parts == {
        "hardware": 100,
        "upkeep": 20,
        "electricity": pytest.approx(idle + working),
        "people": 100,
    }
    assert gpu.monthly is not None
    assert gpu.monthly.likely == pytest.approx(220 + idle + working)
    assert gpu.per_conversation is not None
    assert gpu.per_conversation.likely == pytest.approx((220 + idle + working) / 20_000)


def test_what_one_machine_carries_and_how_many_it_takes() -> None:
    # 730.5 h · 3,600 s · 0.5 / 3.6 s
    for volume, machines in ((1, 1), (365_250, 1), (365_251, 2), (1_000_000, 3)):
        load = replace(LOAD, conversations=Range.exactly(volume))
        capacity = owning(Assumptions(load, API, (GPU,), RATE)).costs[1].capacity
        assert capacity is not None
        assert capacity.conversations == exactly(Decimal(365_250))
        assert capacity.machines == (machines,) * 3
        assert not capacity.prompts_counted


def test_a_slower_machine_or_fewer_busy_hours_carry_less() -> None:
    halves = Range(Decimal("0.25"), Decimal("0.5"), Decimal(1))
    for speed in (
        replace(GPU.speed, utilisation=halves),
        Speed(Range(*map(Decimal, (50, 100, 200))), None, Range.exactly("0.5")),
    ):
        load = replace(LOAD, conversations=Range.exactly(365_250))
        found = owning(Assumptions(load, API, (replace(GPU, speed=speed),), RATE)).costs[1]
        assert found.capacity is not None and found.monthly is not None
        assert found.capacity.conversations == Spread(Decimal(182_625), Decimal(365_250), Decimal(730_500))
        assert found.capacity.machines == (1, 1, 2)
        assert found.monthly.low is not None and found.monthly.likely is not None and found.monthly.high is not None
        assert found.monthly.high - found.monthly.likely > 120  # the price and upkeep of the second one


def test_reading_the_prompt_takes_the_machine_s_time_where_its_speed_is_known() -> None:
    reading = replace(GPU, speed=replace(GPU.speed, input_per_second=Range.exactly(1000)))
    capacity = owning(Assumptions(LOAD, API, (reading,), RATE)).costs[1].capacity
    assert capacity is not None and capacity.prompts_counted
    assert capacity.conversations.likely == Decimal("730.5") * 3600 / 2 / Decimal("4.6")


def test_a_machine_by_the_hour() -> None:
    rented = Rented("hourly", Money.usd("0.5"), "hour", Decimal(200), Speed(Range.exactly(100)))
    cost = owning(Assumptions(LOAD, API, (rented,), RATE)).costs[1]
    assert cost.monthly == exactly(Decimal(100))
    assert cost.capacity is not None
    assert cost.capacity.conversations == exactly(Decimal(200_000))


def test_the_reference_table() -> None:
    found = owning(REFERENCE)
    likely = {cost.name: cost.monthly.likely for cost in found.costs if cost.monthly is not None}
    assert likely == {"API": 20, "GPU bought": pytest.approx(Decimal(800) / 36 + 10), "GPU rented": 50, "CPU": 0}
    assert [cost.capacity for cost in found.costs] == [None] * 4
    evens = {even.way: even.conversations for even in found.break_evens}
    assert evens["GPU bought"].likely == pytest.approx((Decimal(800) / 36 + 10) / Decimal("0.002"))
    assert evens["GPU bought"].low == pytest.approx((Decimal(800) / 60 + 10) / Decimal("0.002"))
    assert evens["GPU bought"].high == pytest.approx((Decimal(800) / 24 + 10) / Decimal("0.002"))
    assert evens["GPU rented"] == exactly(Decimal(25_000))
    assert evens["CPU"] == exactly(Decimal(0))
    assert not any(even.capacity_known for even in found.break_evens)


def test_unpriced_is_not_free() -> None:
    unpriced = replace(API, output_per_million=None)
    found = owning(Assumptions(LOAD, unpriced, (GPU,), RATE, {"api": Range.exactly(1)}))
    api, gpu = found.costs
    assert (api.monthly, api.per_conversation, api.per_acceptable, api.parts["fees"]) == (None, None, None, None)
    assert gpu.monthly is not None
    assert found.break_evens == ()


@pytest.mark.parametrize(
    ("way", "part"),
    [
        (replace(GPU, price=None), "hardware"),
        (replace(GPU, upkeep=None), "upkeep"),
        (replace(GPU, speed=Speed()), "electricity"),
        (Rented("gpu", None), "rent"),
    ],
)
def test_what_is_unknown_leaves_the_whole_unknown(way: Bought | Rented, part: str) -> None:
    found = owning(Assumptions(LOAD, API, (way,), RATE))
    assert found.costs[1].monthly is None
    assert found.costs[1].parts[part] is None
    assert found.break_evens == ()


def test_tokens_that_nobody_measured_leave_an_api_unpriced_unless_a_conversation_has_a_price() -> None:
    unmeasured = Workload(Range.exactly(1_000))
    assert owning(Assumptions(unmeasured, API, (), RATE)).costs[0].monthly is None
    billed = Api("api", per_conversation=Money.usd("0.002"))
    assert owning(Assumptions(unmeasured, billed, (), RATE)).costs[0].monthly == exactly(Decimal(2))


def test_a_range_goes_from_all_cheap_to_all_dear() -> None:
    unsure = replace(
        GPU, years=Range(Decimal(2), Decimal(3), Decimal(4)), upkeep=Money(Range(*map(Decimal, (10, 20, 40))))
    )
    sure = owning(Assumptions(LOAD, API, (GPU,), RATE)).costs[1].monthly
    month = owning(Assumptions(LOAD, API, (unsure,), RATE)).costs[1].monthly
    assert sure is not None and sure.likely is not None and month is not None
    assert month.likely == sure.likely
    assert month.low == pytest.approx(sure.likely - 25 - 10)
    assert month.high == pytest.approx(sure.likely + 50 + 20)


def test_the_cost_of_an_acceptable_answer() -> None:
    share = Range(Decimal("0.5"), Decimal("0.8"), Decimal("0.9"))
    cost = owning(Assumptions(LOAD, API, (), RATE, {"api": share})).costs[0]
    assert cost.per_acceptable is not None
    each = Decimal("0.00237")
    assert cost.per_acceptable.likely == pytest.approx(each / Decimal("0.8"))
    assert (cost.per_acceptable.low, cost.per_acceptable.high) == pytest.approx((each / Decimal("0.9"), each * 2))


def test_where_none_may_be_acceptable_the_cost_has_no_upper_end() -> None:
    share = Range(Decimal(0), Decimal("0.1"), Decimal("0.4"))
    cost = owning(Assumptions(LOAD, API, (GPU,), RATE, {"gpu": share})).costs
    assert cost[0].per_acceptable is None
    assert cost[1].per_acceptable is not None
    assert cost[1].per_acceptable.likely is not None
    assert cost[1].per_acceptable.high is None


def test_a_full_machine_that_costs_more_than_it_saves_never_breaks_even() -> None:
    slow = replace(GPU, speed=Speed(Range.exactly(1)))
    even = owning(Assumptions(LOAD, API, (slow,), RATE)).break_evens[0]
    assert even.conversations == Spread(None, None, None)
    assert even.capacity_known


def test_the_next_machine_is_counted_where_one_cannot_save_enough() -> None:
    """One machine for $10 carries 100 conversations that save $20; the people cost $25: it takes three."""
    api, machines = (
        Line(Decimal(0), Decimal("0.2"), Decimal(0)),
        Line(Decimal(10), Decimal(0), Decimal(25), 1, Decimal(100)),
    )
    meets = crossing(api, machines)
    assert meets == 275
    assert (machines.at(meets), api.at(meets)) == (55, 55)


@pytest.mark.parametrize(
    "make",
    [
        lambda: Range(Decimal(2), Decimal(1), Decimal(3)),
        lambda: Range.exactly(-1),
        lambda: Range.exactly("NaN"),
        lambda: Exchange(Decimal(0)),
        lambda: Speed(Range.exactly(0)),
        lambda: Speed(utilisation=Range.exactly("1.1")),
        lambda: Power(Range.exactly(10), Range.exactly(20), Money.usd(1)),
        lambda: replace(GPU, years=Range.exactly(0)),
        lambda: replace(GPU, machines=0),
        lambda: Rented("x", None, hours=Decimal(0)),
    ],
)
def test_an_assumption_that_cannot_be_is_refused(make: object) -> None:
    with pytest.raises(ValueError):
        make()  # type: ignore[operator]


def decimals(low: str, high: str) -> st.SearchStrategy[Decimal]:
    return st.decimals(Decimal(low), Decimal(high), places=3)


def ranges(low: str, high: str) -> st.SearchStrategy[Range]:
    return st.tuples(*[decimals(low, high)] * 3).map(lambda parts: Range(*sorted(parts)))


def monies(high: str) -> st.SearchStrategy[Money]:
    return st.builds(Money, ranges("0", high), st.just("USD"))


people = st.builds(People, ranges("0", "20"), monies("60"))
speeds = st.builds(Speed, ranges("1", "500"), st.none() | ranges("50", "5000"), ranges("0.05", "1"))
powers = st.builds(Power, ranges("200", "600"), ranges("0", "200"), monies("0.4"))
bought = st.builds(
    Bought, st.just("way"), monies("9000"), ranges("1", "6"), monies("50"), powers, speeds, st.integers(1, 3), people
)
rented = st.builds(
    Rented,
    st.just("way"),
    monies("3"),
    st.sampled_from(["month", "hour"]),
    decimals("1", "700"),
    speeds,
    st.integers(1, 3),
    people,
)
apis = st.builds(Api, st.just("api"), st.none(), monies("10"), monies("60"), st.none(), people)
loads = st.builds(Workload, ranges("1", "1000000"), ranges("1", "8000"), ranges("1", "2000"))
assumed = st.builds(Assumptions, loads, apis, st.tuples(bought | rented), st.just(RATE))


def ordered(spread: Spread) -> bool:
    far = Decimal("Infinity")
    low, likely, high = (far if part is None else part for part in (spread.low, spread.likely, spread.high))
    slack = Decimal("1e-15") * max(1, likely if likely.is_finite() else 1)
    return low <= likely + slack and likely <= high + slack


@given(assumed)
def test_every_range_holds_its_likely_value(given_assumptions: Assumptions) -> None:
    acceptable = {"way": Range(Decimal("0.1"), Decimal("0.5"), Decimal("0.9"))}
    found = owning(replace(given_assumptions, acceptable=acceptable))
    spreads = [cost.monthly for cost in found.costs] + [cost.per_conversation for cost in found.costs]
    spreads += [cost.per_acceptable for cost in found.costs] + [even.conversations for even in found.break_evens]
    known = [spread for spread in spreads if spread is not None]
    assert len(known) >= 6
    assert all(map(ordered, known))


@given(assumed, decimals("0", "500000"))
def test_more_volume_never_costs_less(given_assumptions: Assumptions, more: Decimal) -> None:
    volumes = given_assumptions.workload.conversations
    bigger = replace(
        given_assumptions.workload,
        conversations=Range(volumes.low + more, volumes.likely + more, volumes.high + more),
    )
    before, after = (owning(replace(given_assumptions, workload=w)) for w in (given_assumptions.workload, bigger))
    for one, other in zip(months(before), months(after), strict=True):
        assert one is not None and other is not None
        pairs = ((one.low, other.low), (one.likely, other.likely), (one.high, other.high))
        assert all(a is not None and b is not None and a <= b for a, b in pairs)


@given(assumed, decimals("0.01", "0.99"))
def test_the_lines_meet_at_the_break_even_and_below_it_the_api_is_cheaper(
    given_assumptions: Assumptions, share: Decimal
) -> None:
    load = given_assumptions.workload
    assert load.input_tokens is not None and load.output_tokens is not None
    tokens = (load.input_tokens.likely, load.output_tokens.likely)
    api, way = (line(w, tokens, RATE, "likely") for w in (given_assumptions.api, given_assumptions.ways[0]))
    even = owning(given_assumptions).break_evens[0].conversations.likely
    assert even == crossing(api, way)
    if even is None:
        # Nowhere up to far more than anybody asks.
        for volume in (Decimal(1), Decimal(1_000), Decimal(10**6), Decimal(10**9)):
            ours, theirs = way.at(volume), api.at(volume)
            assert ours is not None and theirs is not None
            assert ours > theirs or api.each is None or way.each is None or api.each <= way.each
        return
    # A hair below, so that rounding in the 28th digit does not buy one more machine.
    ours, theirs = way.at(even * (1 - Decimal("1e-24"))), api.at(even)
    assert ours is not None and theirs is not None
    if even > 0:
        assert ours == pytest.approx(theirs, rel=Decimal("1e-12"), abs=Decimal("1e-12"))
        below, paid = way.at(even * share), api.at(even * share)
        assert below is not None and paid is not None
        assert below > paid
    else:
        assert ours <= theirs


@given(assumed, decimals("1", "3000"))
def test_it_does_not_matter_in_which_currency_an_amount_is_named(given_assumptions: Assumptions, rate: Decimal) -> None:
    exchange = Exchange(rate)

    def won(money: Money | None) -> Money | None:
        if money is None:
            return None
        parts = (exchange.from_usd(p, "KRW") for p in (money.amount.low, money.amount.likely, money.amount.high))
        return Money(Range(*parts), "KRW")

    way, api = given_assumptions.ways[0], given_assumptions.api
    in_won: Bought | Rented
    if isinstance(way, Bought):
        assert way.power is not None
        power = replace(way.power, per_kwh=won(way.power.per_kwh))
        in_won = replace(way, price=won(way.price), upkeep=won(way.upkeep), power=power)
    else:
        in_won = replace(way, fee=won(way.fee))
    turned = replace(
        given_assumptions,
        exchange=exchange,
        ways=(replace(in_won, people=replace(way.people, rate=won(way.people.rate))),),
        api=replace(
            api, input_per_million=won(api.input_per_million), people=replace(api.people, rate=won(api.people.rate))
        ),
    )
    for one, other in zip(months(owning(given_assumptions)), months(owning(turned)), strict=True):
        assert one is not None and other is not None
        for a, b in ((one.low, other.low), (one.likely, other.likely), (one.high, other.high)):
            assert a is not None and b is not None
            assert exchange.from_usd(a, "KRW") == pytest.approx(exchange.from_usd(b, "KRW"), rel=Decimal("1e-18"))
