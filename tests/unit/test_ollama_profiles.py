"""What an Ollama model accepts, and which context window is asked for."""

from __future__ import annotations

import json

import pytest

from app.domain.chat import ChatMessage, ChatRequest
from app.domain.models import Sampling
from app.providers.ollama_profiles import (
    Profile,
    capabilities_of,
    choose_num_ctx,
    profile_of,
    step_up,
    think_of,
    tokens_needed,
)
from tests.servers.recordings import recording


def shown(name: str) -> dict[str, object]:
    lines = recording(name)["lines"]
    assert isinstance(lines, list)
    data = json.loads(lines[0][1])
    assert isinstance(data, dict)
    return data


def test_a_chat_model_is_read_from_show() -> None:
    profile = profile_of("smollm2:135m", shown("show"))
    assert (profile.chat, profile.thinks, profile.context_window, profile.cloud) == (True, False, 8192, False)


def test_an_embedding_model_does_not_chat() -> None:
    profile = profile_of("all-minilm:l6", shown("show-embedding"))
    assert not profile.chat
    assert profile.context_window == 512


def test_a_model_that_cannot_think_refuses_reasoning_with_the_reason() -> None:
    capabilities = capabilities_of("smollm2:135m", profile_of("smollm2:135m", shown("show")), local_host=True)
    assert set(capabilities.refused) == {"reasoning"}
    assert "smollm2:135m" in str(capabilities.refused["reasoning"])
    assert not capabilities.thinking


def test_a_thinker_takes_reasoning() -> None:
    capabilities = capabilities_of("thinker:135m", profile_of("thinker:135m", shown("show-thinker")), local_host=True)
    assert capabilities.thinking
    assert not capabilities.refused
    assert capabilities.local


def test_a_server_too_old_to_say_is_not_taken_for_a_no() -> None:
    profile = profile_of("x", {"details": {"family": "llama"}})
    assert profile.chat
    assert not capabilities_of("x", profile, local_host=True).refused


@pytest.mark.parametrize(
    ("name", "entry", "cloud"),
    [
        ("gpt-oss:120b-cloud", {}, True),
        ("glm-4.6:cloud", {}, True),
        ("mine", {"remote_host": "https://ollama.com:443"}, True),
        ("nimbus-cloud", {}, False),
        ("nimbus-cloud:8b", {}, False),
        ("llama3.1:8b", {"remote_host": ""}, False),
    ],
)
def test_a_cloud_model_is_not_local_even_on_this_machine(name: str, entry: dict[str, object], cloud: bool) -> None:
    assert capabilities_of(name, profile_of(name, entry), local_host=True).local is not cloud


def test_nothing_is_local_on_a_public_host() -> None:
    assert not capabilities_of("x", Profile(), local_host=False).local


def test_thinking_is_asked_for_as_the_model_takes_it() -> None:
    switch = profile_of("qwen3", {"capabilities": ["completion", "thinking"], "details": {"family": "qwen3"}})
    assert think_of("qwen3", switch, None) == (None, None)
    assert think_of("qwen3", switch, "none") == (False, None)
    assert think_of("qwen3", switch, "high") == (True, None)


def test_gpt_oss_takes_levels_and_cannot_stop_thinking() -> None:
    levels = profile_of("gpt-oss", {"capabilities": ["thinking"], "details": {"family": "gptoss"}})
    assert think_of("gpt-oss", levels, "low") == ("low", None)
    think, why_not = think_of("gpt-oss", levels, "none")
    assert think is None
    assert "always thinks" in str(why_not)


def test_a_server_that_lists_what_think_takes_is_believed() -> None:
    some = profile_of("x", {"capabilities": ["thinking"], "thinking": {"values": [False, "low", "high"]}})
    assert think_of("x", some, "high") == ("high", None)
    assert think_of("x", some, "none") == (False, None)
    think, why_not = think_of("x", some, "medium")
    assert think is None
    assert "low, high" in str(why_not)


@pytest.mark.parametrize(
    ("needed", "limit", "loaded", "num_ctx"),
    [
        (100, 8192, None, 2048),
        (2048, 8192, None, 2048),
        (2049, 8192, None, 4096),
        (5000, None, None, 8192),
        (5000, 6000, None, 6000),
        (50_000, 8192, None, 8192),
        (900_000, None, None, 131_072),
        (100, 512, None, 512),
    ],
)
def test_the_window_is_the_first_step_that_is_enough(
    needed: int, limit: int | None, loaded: int | None, num_ctx: int
) -> None:
    assert choose_num_ctx(needed, limit=limit, loaded=loaded) == num_ctx


def test_the_loaded_window_is_kept_while_it_is_enough() -> None:
    assert choose_num_ctx(3000, limit=8192, loaded=8192) == 8192
    assert choose_num_ctx(3000, limit=8192, loaded=3000) == 3000
    assert choose_num_ctx(3001, limit=8192, loaded=3000) == 4096


def request(prompt_tokens: int, sampling: Sampling = Sampling(), content: str = "") -> ChatRequest:  # noqa: B008
    return ChatRequest("m", (ChatMessage("user", content),), sampling, prompt_tokens=prompt_tokens)


def test_the_estimate_gets_headroom_and_the_answer_its_room() -> None:
    assert tokens_needed(request(1000, Sampling(max_tokens=100)), Profile()) == 1000 + 250 + 256 + 100
    assert tokens_needed(request(1000), Profile()) > tokens_needed(request(1000, Sampling(max_tokens=100)), Profile())


def test_thinking_gets_more_room_unless_it_is_off() -> None:
    thinker = Profile(capabilities=frozenset({"completion", "thinking"}))
    assert tokens_needed(request(10), thinker) > tokens_needed(request(10), Profile())
    assert tokens_needed(request(10, Sampling(reasoning="none")), thinker) == tokens_needed(request(10), Profile())


def test_without_an_estimate_the_bytes_stand_in() -> None:
    assert tokens_needed(request(0, content="가" * 3000), Profile()) >= 3000


def test_a_counted_prompt_steps_up_to_what_it_needs() -> None:
    assert step_up(4096, 6400, 2048, 32_768) == 16_384
    assert step_up(2048, 2100, 10, 32_768) == 4096
    assert step_up(4096, None, 2048, 32_768) == 8192
    assert step_up(4096, 7000, 2048, 8192) == 8192


@pytest.mark.parametrize(("num_ctx", "counted", "limit"), [(8192, 9000, 8192), (4096, 9000, 8192), (512, None, 512)])
def test_no_larger_window_is_tried_where_none_would_help(num_ctx: int, counted: int | None, limit: int) -> None:
    assert step_up(num_ctx, counted, 100, limit) is None
