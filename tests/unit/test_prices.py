"""Money: counted by hand from OpenAI's price page, and compared with what we bill."""

from __future__ import annotations

import re
from datetime import UTC, datetime
from decimal import Decimal
from importlib.metadata import version
from pathlib import Path

import genai_prices
import pytest
from genai_prices import data, data_snapshot

from app.domain.answers import Usage
from app.domain.chat import ChatMessage
from app.domain.models import ModelRef
from app.domain.pricing import estimate
from app.pricing.prices import LIST_DATES, Prices
from app.pricing.tokens import Tokens

NOW = datetime(2026, 11, 12, 9, tzinfo=UTC)

# USD per million tokens: input, cached input, output. OpenAI's price page on 2026-11-12.
PUBLISHED = {
    "gpt-6-sol": ("2", "0.20", "10"),
    "gpt-6-luna": ("0.10", "0.01", "0.50"),
    "gpt-6.1-sol": ("2", "0.10", "10"),
    "gpt-5.4": ("2.5", "0.25", "15"),
    "gpt-5.4-mini": ("0.75", "0.075", "4.5"),
    "gpt-5-mini": ("0.25", "0.025", "2"),
    "gpt-4.1": ("2", "0.5", "8"),
    "gpt-4.1-mini": ("0.4", "0.1", "1.6"),
    "gpt-4o": ("2.5", "1.25", "10"),
    "gpt-4o-mini": ("0.15", "0.075", "0.6"),
}


def cost(name: str, usage: Usage, at: datetime = NOW, *, local: bool = False) -> Decimal | None:
    return Prices().cost(ModelRef.parse(name), usage, at, local=local)


@pytest.mark.parametrize("name", PUBLISHED)
def test_the_list_has_openai_s_published_prices(name: str) -> None:
    price = Prices().price(ModelRef("openai", name), NOW, local=False)
    assert price is not None
    assert (price.input, price.cached_input, price.output) == tuple(map(Decimal, PUBLISHED[name]))
    assert price.source == "list"


@pytest.mark.parametrize("name", PUBLISHED)
def test_cached_tokens_are_billed_once_and_at_their_own_price(name: str) -> None:
    full, cached, output = map(Decimal, PUBLISHED[name])
    usage = Usage(input=1000, cached_input=200, output=100)
    assert cost(f"openai:{name}", usage) == (800 * full + 200 * cached + 100 * output) / 1_000_000


def test_a_bill_counted_by_hand() -> None:
    # 12,345 in, of which 2,345 cached; 678 out: 10000*0.75 + 2345*0.075 + 678*4.5 = 10726.875 per million
    assert cost("openai:gpt-5.4-mini", Usage(12_345, 678, cached_input=2_345)) == Decimal("0.010726875")


def test_reasoning_tokens_are_part_of_the_output_and_not_billed_twice() -> None:
    assert cost("openai:gpt-5.4-mini", Usage(0, 500, reasoning=400)) == Decimal("0.00225")


def test_a_long_prompt_makes_the_whole_request_dearer() -> None:
    short, long = Usage(272_000, 1_000, cached_input=72_000), Usage(272_001, 1_000, cached_input=72_000)
    assert cost("openai:gpt-5.4", short) == Decimal("0.533")  # 200000*2.5 + 72000*.25 + 1000*15
    assert cost("openai:gpt-5.4", long) == Decimal("1.058505")  # 200001*5 + 72000*.5 + 1000*22.5


def test_writing_the_cache_costs_a_quarter_more_where_it_is_billed() -> None:
    usage = Usage(1_000, 0, cached_input=100, cache_write=400)
    assert cost("openai:gpt-6-sol", usage) == Decimal("0.00202")  # 500*2 + 100*.2 + 400*2.5
    assert cost("openai:gpt-4o-mini", usage) == Decimal("0.0001425")  # 900*.15 + 100*.075: not billed there


def test_more_cached_than_input_tokens_is_all_cached() -> None:
    assert cost("openai:gpt-4o-mini", Usage(10, 0, cached_input=50, cache_write=50)) == Decimal("0.00000075")


def test_a_past_request_has_its_own_day_s_price() -> None:
    usage = Usage(1_000_000, 0)
    assert cost("openai:o3", usage, datetime(2025, 6, 9, 23, 59, tzinfo=UTC)) == 10
    assert cost("openai:o3", usage, datetime(2025, 6, 10, tzinfo=UTC)) == 2


def test_a_dated_snapshot_costs_what_its_model_costs() -> None:
    assert cost("openai:gpt-4o-mini-2024-07-18", Usage(1_000_000, 0)) == Decimal("0.15")


@pytest.mark.parametrize(
    "name", ["openai:gpt-99", "openai:ft:gpt-4o-mini:acme::x", "ollama:gpt-4o", "vllm:gpt-4o", "nobody:x", "openai: "]
)
def test_what_the_list_does_not_know_is_unpriced(name: str) -> None:
    model = ModelRef(*name.split(":", 1))
    assert Prices().cost(model, Usage(1000, 1000), NOW, local=False) is None
    assert Prices().price(model, NOW, local=False) is None


def test_a_part_without_a_price_leaves_the_whole_unpriced() -> None:
    """The list has no output price for an embedding model: that is not a free answer."""
    assert cost("openai:text-embedding-3-small", Usage(1_000_000, 0)) == Decimal("0.02")
    assert cost("openai:text-embedding-3-small", Usage(1_000_000, 1)) is None


def test_a_local_model_costs_nothing() -> None:
    result = cost("gguf:smollm2", Usage(1000, 1000), local=True)
    assert isinstance(result, Decimal)
    assert result == 0
    price = Prices().price(ModelRef.parse("gguf:smollm2"), NOW, local=True)
    assert price is not None
    assert price.source == "local"


def test_an_endpoint_can_bill_like_a_known_provider() -> None:
    prices = Prices(providers={"gemini": "google", "grok": "x-ai", "odd": "no-such-provider"})
    usage = Usage(1_000_000, 0)
    assert prices.cost(ModelRef("gemini", "gemini-2.5-flash"), Usage(1000, 1000), NOW, local=False)
    assert prices.cost(ModelRef("grok", "grok-4.5"), usage, NOW, local=False)
    assert prices.cost(ModelRef("odd", "gpt-4o"), usage, NOW, local=False) is None
    assert prices.cost(ModelRef("openai", "gpt-4o"), usage, NOW, local=False)


def test_every_listed_model_has_a_cost_or_none_and_never_an_error() -> None:
    usages = (Usage(1000, 100, cached_input=200, cache_write=100), Usage(400_000, 10), Usage(0, 0))
    for provider in data.providers:
        prices = Prices(providers={"x": provider.id})
        for model in provider.models:
            for usage in usages:
                result = prices.cost(ModelRef("x", model.id), usage, NOW, local=False)
                assert result is None or (isinstance(result, Decimal) and result >= 0)


def test_an_updater_elsewhere_in_the_process_does_not_change_our_list() -> None:
    data_snapshot.set_custom_snapshot(data_snapshot.DataSnapshot(providers=[], from_auto_update=True))
    try:
        with pytest.raises(LookupError):
            genai_prices.calc_price(genai_prices.Usage(input_tokens=1), "gpt-4o", provider_id="openai")
        assert cost("openai:gpt-4o", Usage(1_000_000, 0)) == Decimal("2.5")
    finally:
        data_snapshot.set_custom_snapshot(None)


def test_the_pinned_list_has_a_date() -> None:
    """On a new release: look up in its data.py the newest date that is not ahead, and add it."""
    pinned = re.search(r"^genai-prices==(.+)$", Path("requirements.txt").read_text(), re.MULTILINE)
    assert pinned
    assert pinned[1].strip() in LIST_DATES
    assert version("genai-prices") in Prices().list_name()


def test_an_estimate_prices_the_prompt_and_a_thousand_tokens_of_answer() -> None:
    messages = [ChatMessage("user", "hello world")]
    found = estimate(
        messages, ModelRef("openai", "gpt-5.4-mini"), tokens=Tokens(), prices=Prices(), at=NOW, local=False
    )
    assert (found.prompt_tokens, found.exact) == (9, True)
    assert found.prompt_usd == Decimal("0.00000675")
    assert found.per_1k_output_usd == Decimal("0.0045")


def test_an_estimate_of_a_long_prompt_knows_the_long_context_tier() -> None:
    messages = [ChatMessage("user", "a b " * 137_000)]
    found = estimate(messages, ModelRef("openai", "gpt-5.4"), tokens=Tokens(), prices=Prices(), at=NOW, local=False)
    assert found.prompt_tokens > 272_000
    assert found.prompt_usd == found.prompt_tokens * Decimal(5) / 1_000_000
    assert found.per_1k_output_usd == Decimal("0.0225")


def test_an_unpriced_model_has_an_estimate_without_money() -> None:
    found = estimate(
        [ChatMessage("user", "hello")],
        ModelRef.parse("vllm:x"),
        tokens=Tokens(),
        prices=Prices(),
        at=NOW,
        local=False,
    )
    assert found.prompt_tokens > 0
    assert (found.prompt_usd, found.per_1k_output_usd) == (None, None)
