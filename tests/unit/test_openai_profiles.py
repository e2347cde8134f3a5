"""What OpenAI's models take."""

from __future__ import annotations

import pytest

from app.domain.models import SAMPLING_FIELDS, Sampling
from app.providers.openai_profiles import base_name, chats, compatible_capabilities, openai_capabilities, table

SAMPLED = {"temperature", "top_p", "frequency_penalty", "presence_penalty", "stop"}


def refused(model: str, **sampling: object) -> set[str]:
    return set(openai_capabilities(model).refusals(Sampling(**sampling)))  # type: ignore[arg-type]


def test_the_offline_table_is_there() -> None:
    assert "gpt-5.4-mini" in table()


@pytest.mark.parametrize("model", ["gpt-4.1", "gpt-4o-mini", "gpt-4o-2024-08-06", "ft:gpt-4o-mini-2024-07-18:team::x"])
def test_an_older_model_takes_all_but_what_openai_has_not(model: str) -> None:
    assert refused(model) == {"top_k", "repeat_penalty", "reasoning"}


@pytest.mark.parametrize("model", ["gpt-5", "gpt-5-mini", "gpt-5-nano-2025-08-07", "o3", "gpt-6.1-sol", "gpt-5.6-luna"])
def test_a_model_that_always_reasons_takes_no_sampling(model: str) -> None:
    for level in (None, "low"):
        assert refused(model, reasoning=level) >= SAMPLED
    assert refused(model, reasoning="none") >= SAMPLED


@pytest.mark.parametrize("model", ["gpt-6-sol", "gpt-6-luna", "gpt-5.4-mini", "gpt-6-sol-2026-09-01"])
def test_some_take_sampling_only_without_reasoning(model: str) -> None:
    assert refused(model) >= SAMPLED
    assert refused(model, reasoning="low") >= SAMPLED
    assert not refused(model, reasoning="none") & SAMPLED


@pytest.mark.parametrize("model", ["gpt-5-future", "gpt-7", "o9-mini"])
def test_an_unknown_model_of_a_reasoning_family_is_sent_no_sampling(model: str) -> None:
    assert refused(model) >= SAMPLED


def test_an_unknown_model_of_no_known_family_is_sent_what_is_asked() -> None:
    assert not refused("chatgpt-4o-latest") & SAMPLED


def test_a_level_of_reasoning_that_the_model_lacks_is_refused() -> None:
    assert "reasoning" in refused("gpt-5-mini", reasoning="none")
    assert "reasoning" not in refused("gpt-5-mini", reasoning="low")


def test_slider_and_request_agree() -> None:
    for model in table():
        capabilities = openai_capabilities(model)
        for level in (None, "none", "low", "medium", "high"):
            full = Sampling(0.1, 0.9, 5, 9, 7, 0.1, 0.1, 1.1, ("x",), level)
            taken, not_sent = capabilities.accept(full)
            assert set(not_sent) == set(capabilities.refusals(full)) & set(full.given())
            assert set(taken) | set(not_sent) == set(SAMPLING_FIELDS) - ({"reasoning"} if level is None else set())


def test_context_and_output_limits_come_from_the_table() -> None:
    capabilities = openai_capabilities("gpt-5.4-mini")
    assert (capabilities.context_window, capabilities.max_output) == (400_000, 128_000)
    assert capabilities.thinking


def test_a_model_that_nobody_knows_has_no_limits_made_up() -> None:
    assert openai_capabilities("something-else").context_window is None


def test_a_compatible_endpoint_is_assumed_to_take_everything() -> None:
    assert not compatible_capabilities(local=True).refusals(Sampling())


@pytest.mark.parametrize(
    ("model", "name"),
    [
        ("gpt-4o-2024-08-06", "gpt-4o"),
        ("gpt-4-0613", "gpt-4"),
        ("ft:gpt-4.1-mini:team::id", "gpt-4.1-mini"),
        ("gpt-5.4", "gpt-5.4"),
    ],
)
def test_snapshots_and_fine_tunes_are_known_by_their_base(model: str, name: str) -> None:
    assert base_name(model) == name


@pytest.mark.parametrize("model", ["gpt-5.4-mini", "gpt-4o", "o3", "gpt-6-sol", "chatgpt-4o-latest"])
def test_chat_models_are_offered(model: str) -> None:
    assert chats(model, compatible=False)


@pytest.mark.parametrize(
    "model",
    [
        "text-embedding-3-small",
        "whisper-1",
        "tts-1",
        "gpt-image-2",
        "omni-moderation-latest",
        "gpt-realtime-2.1",
        "sora-2",
        "davinci-002",
        "gpt-4o-audio-preview",
        "babbage-002",
        "gpt-4o-transcribe",
        "gpt-5-pro",
        "gpt-5-codex",
    ],
)
def test_other_models_are_not(model: str) -> None:
    assert not chats(model, compatible=False)


@pytest.mark.parametrize("model", ["Qwen2.5-7B-Instruct", "codellama-7b-instruct", "gemini-2.5-pro"])
def test_names_that_mean_another_route_only_at_openai_are_offered_elsewhere(model: str) -> None:
    assert chats(model, compatible=True)
