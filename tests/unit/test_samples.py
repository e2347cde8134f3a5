"""The sample question runs on whatever is here, for little money and in little time."""

from __future__ import annotations

from datetime import date
from decimal import Decimal

import pytest

from app.domain.models import ModelInfo, ModelRef
from app.services.comparing.directory import Found
from app.services.comparing.samples import SAMPLES, comparison, contestants, sample

TODAY = date(2026, 11, 21)


def here(*names: str, **sizes: int) -> Found:
    models = [ModelInfo(ModelRef.parse(n), size=sizes.get(n.split(":")[1].replace(".", "_"))) for n in names]
    baselines = [ModelInfo(ModelRef("builtin", n), local=True) for n in ("lead", "extract")]
    return Found(models=(*models, *baselines))


def chosen(found: Found, price: object = None) -> set[str]:
    return {str(ref) for ref in contestants(found, price, today=TODAY)}  # type: ignore[arg-type]


@pytest.mark.parametrize("language", ["en", "ko"])
def test_there_is_a_sample_in_each_language(language: str) -> None:
    made = comparison(language, [ModelRef("builtin", "lead"), ModelRef("builtin", "extract")])
    assert made.prompt == SAMPLES[language].question
    assert len(made.evidence.passages) == 3
    assert [str(c.model) for c in made.contestants] == ["builtin:lead", "builtin:extract"]


def test_a_language_without_a_sample_gets_english() -> None:
    assert sample("fr") is SAMPLES["en"]


def test_with_nothing_connected_the_baselines_answer() -> None:
    assert chosen(here()) == {"builtin:lead", "builtin:extract"}


def test_smollm2_alone_stands_beside_the_extracting_baseline() -> None:
    assert chosen(here("gguf:smollm2")) == {"gguf:smollm2", "builtin:extract"}


def test_two_providers_stand_side_by_side() -> None:
    assert chosen(here("openai:gpt-5.4-mini", "ollama:llama3.2")) == {"openai:gpt-5.4-mini", "ollama:llama3.2"}


def test_of_a_providers_models_the_cheapest_is_taken() -> None:
    prices = {"gpt-6-sol": Decimal(10), "gpt-6-luna": Decimal("0.5")}
    found = here("openai:gpt-6-sol", "openai:gpt-6-luna", "openai:unknown", "ollama:llama3.2")
    assert chosen(found, lambda m: prices.get(m.ref.name)) == {"openai:gpt-6-luna", "ollama:llama3.2"}


def test_of_local_models_the_largest_that_most_machines_run_is_taken() -> None:
    found = here("ollama:tiny", "ollama:mid", "ollama:huge", tiny=10**9, mid=5 * 10**9, huge=40 * 10**9)
    assert chosen(found) == {"ollama:mid", "builtin:extract"}


def test_where_all_are_large_the_smallest_is_taken() -> None:
    assert "ollama:big" in chosen(here("ollama:huge", "ollama:big", huge=80 * 10**9, big=40 * 10**9))


def test_a_retired_model_is_not_asked() -> None:
    old = ModelInfo(ModelRef("openai", "gpt-4"), retires=date(2026, 10, 23))
    assert chosen(Found(models=(old, *here().models))) == {"builtin:lead", "builtin:extract"}
