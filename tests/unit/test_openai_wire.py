"""The OpenAI protocol as pure functions."""

from __future__ import annotations

from collections.abc import Iterable

import pytest

from app.domain.chat import ChatMessage, ChatRequest, Finished, TextDelta, ThinkingDelta
from app.domain.errors import Fault, ProviderError
from app.domain.models import Sampling
from app.providers import openai_wire as wire
from app.providers.openai_profiles import compatible_capabilities, openai_capabilities

EVERY = Sampling(0.3, 0.85, 20, 64, 7, 0.1, 0.2, 1.1, ("END",), "low")


def request(model: str = "gpt-4.1", sampling: Sampling = EVERY) -> ChatRequest:
    return ChatRequest(model, (ChatMessage("system", "s"), ChatMessage("user", "u")), sampling)


def chunk(**delta: object) -> dict[str, object]:
    return {"choices": [{"index": 0, "delta": delta, "finish_reason": None}]}


def end(reason: str) -> dict[str, object]:
    return {"choices": [{"index": 0, "delta": {}, "finish_reason": reason}]}


def usage(**counts: object) -> dict[str, object]:
    return {"choices": [], "usage": counts}


def read(chunks: Iterable[object], limit: int | None = None) -> tuple[list[TextDelta | ThinkingDelta], Finished]:
    reader = wire.ChunkReader(limit)
    events = [event for c in chunks for event in reader.read(c)]
    return events, reader.end()


def test_openai_gets_its_own_names() -> None:
    body, not_sent = wire.body_of(request(), openai_capabilities("gpt-4.1"), wire.OPENAI_NAMES)
    assert body == {
        "model": "gpt-4.1",
        "messages": [{"role": "system", "content": "s"}, {"role": "user", "content": "u"}],
        "stream": True,
        "stream_options": {"include_usage": True},
        "temperature": 0.3,
        "top_p": 0.85,
        "max_completion_tokens": 64,
        "seed": 7,
        "frequency_penalty": 0.1,
        "presence_penalty": 0.2,
        "stop": ["END"],
    }
    assert set(not_sent) == {"top_k", "repeat_penalty", "reasoning"}


def test_compatible_servers_get_theirs() -> None:
    body, not_sent = wire.body_of(request("x"), compatible_capabilities(local=True), wire.COMPATIBLE_NAMES)
    assert {"max_tokens": 64, "top_k": 20, "repeat_penalty": 1.1, "reasoning_effort": "low"}.items() <= body.items()
    assert not not_sent


def test_vllm_calls_the_repeat_penalty_otherwise() -> None:
    body, _ = wire.body_of(request("x"), compatible_capabilities(local=True), wire.VLLM_NAMES)
    assert body["repetition_penalty"] == 1.1
    assert "repeat_penalty" not in body


def test_an_unset_sampling_sends_nothing() -> None:
    body, _ = wire.body_of(request(sampling=Sampling()), openai_capabilities("gpt-4.1"), wire.OPENAI_NAMES)
    assert set(body) == {"model", "messages", "stream", "stream_options"}


@pytest.mark.parametrize("field", ["reasoning_content", "reasoning"])
def test_thinking_comes_under_either_name(field: str) -> None:
    events, _ = read([chunk(**{field: "hm"}), chunk(content="yes"), end("stop")])
    assert events == [ThinkingDelta("hm"), TextDelta("yes")]


def test_empty_and_missing_text_makes_no_event() -> None:
    events, _ = read([chunk(role="assistant", content=None), chunk(content=""), {"choices": []}, {}, end("stop")])
    assert events == []


def test_a_null_delta_at_the_end_is_borne() -> None:
    _, finished = read([chunk(content="a"), {"choices": [{"delta": None, "finish_reason": "stop"}]}])
    assert finished.finish == "stop"


def test_usage_is_read_with_its_details() -> None:
    _, finished = read(
        [
            end("stop"),
            usage(
                prompt_tokens=100,
                completion_tokens=20,
                total_tokens=120,
                prompt_tokens_details={"cached_tokens": 60, "cache_write_tokens": 30},
                completion_tokens_details={"reasoning_tokens": 15},
            ),
        ]
    )
    u = finished.usage
    assert u is not None
    assert (u.input, u.output, u.cached_input, u.cache_write, u.reasoning) == (100, 20, 60, 30, 15)
    assert u.source == "reported"


def test_reasoning_that_only_the_total_counts_is_output() -> None:
    _, finished = read([end("stop"), usage(prompt_tokens=10, completion_tokens=5, total_tokens=40)])
    assert finished.usage is not None
    assert finished.usage.output == 30


@pytest.mark.parametrize("counts", [{}, {"prompt_tokens": None, "completion_tokens": 3}, {"prompt_tokens": "many"}])
def test_a_usage_without_counts_is_none(counts: dict[str, object]) -> None:
    assert read([end("stop"), usage(**counts)])[1].usage is None


def test_a_limit_that_was_asked_for_is_no_truncation() -> None:
    _, finished = read([end("length"), usage(prompt_tokens=1, completion_tokens=5, total_tokens=6)], limit=5)
    assert (finished.finish, finished.truncated) == ("length", None)


def test_a_window_that_is_full_before_the_limit_is_a_truncation() -> None:
    _, finished = read([end("length"), usage(prompt_tokens=1951, completion_tokens=97, total_tokens=2048)], limit=2000)
    assert "97" in str(finished.truncated)
    assert "2000" in str(finished.truncated)


def test_a_limit_nobody_asked_for_is_a_truncation() -> None:
    assert read([end("length")])[1].truncated is not None


def test_an_end_without_a_reason_was_a_cut() -> None:
    with pytest.raises(ProviderError) as caught:
        read([chunk(content="a")])
    assert caught.value.kind is Fault.CUT_STREAM
    assert caught.value.retryable


def test_a_filtered_answer_is_refused() -> None:
    with pytest.raises(ProviderError) as caught:
        read([chunk(content="a"), end("content_filter")])
    assert caught.value.kind is Fault.CONTENT_FILTER


@pytest.mark.parametrize(
    "odd",
    [[], "text", 3, None, {"choices": 3}, {"choices": ["x"]}, {"choices": [{"delta": "x"}]}, chunk(content=[{"a": 1}])],
)
def test_json_that_is_no_chunk_is_said_as_such(odd: object) -> None:
    with pytest.raises(ProviderError) as caught:
        read([odd])
    assert caught.value.kind is Fault.BAD_WIRE
