"""What a real Ollama 0.33 sent (tests/wire), played again to the provider."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Iterator

import pytest

from app.domain.chat import ChatEvent, ChatMessage, ChatRequest
from app.domain.errors import Fault, ProviderError
from app.domain.models import Sampling
from app.providers.ollama import OllamaProvider
from tests.contract.suite import events_of, finished_of, text_of, thinking_of
from tests.servers.ollama_server import OllamaServer
from tests.servers.recordings import recording


@pytest.fixture(scope="module")
def server() -> Iterator[OllamaServer]:
    with OllamaServer() as running:
        yield running


def play(server: OllamaServer, name: str, max_tokens: int | None = None, prompt_tokens: int = 0) -> list[ChatEvent]:
    async def main() -> list[ChatEvent]:
        provider = OllamaProvider(server.address)
        request = ChatRequest(
            f"replay-{name}",
            (ChatMessage("user", "hi"),),
            Sampling(max_tokens=max_tokens),
            prompt_tokens=prompt_tokens,
        )
        try:
            return await events_of(provider, request)
        finally:
            await provider.aclose()

    return asyncio.run(main())


def recorded_text(name: str, field: str = "content") -> str:
    lines = recording(name)["lines"]
    assert isinstance(lines, list)
    return "".join(json.loads(text).get("message", {}).get(field, "") for _, text in lines)


@pytest.mark.parametrize(
    "name", ["chat-stream-cold", "chat-stream-warm", "chat-korean", "chat-parallel-a", "chat-think"]
)
def test_the_deltas_are_what_was_recorded(server: OllamaServer, name: str) -> None:
    events = play(server, name, max_tokens=24)
    assert text_of(events) == recorded_text(name)
    assert thinking_of(events) == recorded_text(name, "thinking")


def test_a_cold_start_is_load_and_a_second_request_on_one_slot_is_queue(server: OllamaServer) -> None:
    cold = finished_of(play(server, "chat-stream-cold", max_tokens=40)).timing
    assert cold.load is not None
    assert cold.load > 0.5
    queued = [finished_of(play(server, f"chat-parallel-{x}", max_tokens=500)).timing.queued or 0.0 for x in "ab"]
    assert max(queued) == pytest.approx(1.036, abs=0.01)
    assert min(queued) < 0.1


def test_usage_is_as_reported(server: OllamaServer) -> None:
    usage = finished_of(play(server, "chat-length", max_tokens=5)).usage
    assert usage is not None
    assert (usage.input, usage.output, usage.source) == (14, 5, "reported")


def test_a_limit_asked_for_is_complete_and_another_is_not(server: OllamaServer) -> None:
    assert finished_of(play(server, "chat-length", max_tokens=5)).truncated is None
    assert finished_of(play(server, "chat-length")).truncated is not None


def test_all_tokens_went_to_thinking(server: OllamaServer) -> None:
    events = play(server, "chat-think", max_tokens=24)
    assert thinking_of(events)
    assert not text_of(events)
    assert finished_of(events).finish == "length"


def test_an_empty_answer_is_an_end_and_no_error_of_the_wire(server: OllamaServer) -> None:
    events = play(server, "chat-empty-answer", max_tokens=24)
    assert not text_of(events)
    assert finished_of(events).finish == "stop"


def test_a_prompt_cut_in_silence_is_noticed(server: OllamaServer) -> None:
    # Recorded without `truncate: false`, as an older server would answer: 258 of 6303 tokens were read.
    assert "cut the prompt" in str(
        finished_of(play(server, "chat-overflow-default", max_tokens=8, prompt_tokens=6303)).truncated
    )


@pytest.mark.parametrize(
    ("name", "kind", "words"),
    [
        ("chat-runner-killed", Fault.STREAM_ERROR, "unexpected EOF"),
        ("chat-busy-503", Fault.SERVER_BUSY, "maximum pending requests"),
        ("chat-bad-option-type", Fault.REFUSED_PARAMETER, "temperature"),
        ("chat-malformed", Fault.REFUSED_PARAMETER, "cannot unmarshal"),
        ("chat-think-unsupported", Fault.REFUSED_PARAMETER, "does not think"),
        ("chat-on-embedding-model", Fault.UNKNOWN_MODEL, "embedding"),
        ("chat-unknown-model", Fault.UNKNOWN_MODEL, "no model"),
        ("chat-overflow-truncate-false", Fault.CONTEXT_OVERFLOW, "6303"),
        ("chat-overflow-history-truncate-false", Fault.CONTEXT_OVERFLOW, "1170"),
    ],
)
def test_each_recorded_failure_has_its_kind(server: OllamaServer, name: str, kind: Fault, words: str) -> None:
    with pytest.raises(ProviderError) as caught:
        play(server, name)
    assert caught.value.kind is kind
    assert words in str(caught.value.message)


@pytest.mark.parametrize("name", ["load", "unload"])
def test_loading_and_unloading_end_without_usage(server: OllamaServer, name: str) -> None:
    finished = finished_of(play(server, name))
    assert (finished.finish, finished.usage, finished.truncated) == (name, None, None)


def test_the_recorded_timing_can_be_played(server: OllamaServer) -> None:
    async def main() -> float:
        provider = OllamaProvider(server.address)
        began = asyncio.get_running_loop().time()
        request = ChatRequest("replay-chat-length:timed", (ChatMessage("user", "hi"),), Sampling(max_tokens=5))
        await events_of(provider, request)
        took = asyncio.get_running_loop().time() - began
        await provider.aclose()
        return took

    assert 0.1 <= asyncio.run(main()) < 1
