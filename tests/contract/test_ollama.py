"""The `ollama` provider keeps the contract, on the fake server and on recordings of a real Ollama 0.33."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

import pytest

from app.domain.chat import Provider
from app.providers.ollama import OllamaProvider
from tests.contract.suite import Behaviour, ChatContract, ThinkingContract, WireContract
from tests.servers.base import free_port
from tests.servers.ollama_server import OllamaServer

MODELS: dict[Behaviour, str] = {
    "answer": "answer",
    "korean": "korean",
    "endless": "endless",
    "silent": "fault-silence-first",
    "cut": "fault-drop",
    "error": "fault-midstream-error",
    "bad-json": "fault-bad-json",
    "bad-utf8": "fault-bad-utf8",
    "overflow": "fault-overflow",
    "unknown": "nope:1b",
    "thinking": "thinker",
    "length": "small-window",
}


class FakeBench:
    def __init__(self, server: OllamaServer, models: Mapping[Behaviour, str]) -> None:
        self.server, self.models = server, models

    def provider(self) -> Provider:
        return OllamaProvider(self.server.address)

    def unreachable(self) -> Provider:
        return OllamaProvider(f"127.0.0.1:{free_port()}")

    def model(self, behaviour: Behaviour) -> str:
        return self.models[behaviour]

    def bodies(self, model: str) -> Sequence[Mapping[str, object]]:
        return self.server.bodies(model)

    def hung_up(self, model: str, within: float) -> bool:
        return self.server.hung_up(model, within)


@pytest.fixture
def server() -> Iterator[OllamaServer]:
    with OllamaServer() as running:
        yield running


class TestOllamaOnTheFakeServer(ChatContract, WireContract, ThinkingContract):
    @pytest.fixture
    def bench(self, server: OllamaServer) -> FakeBench:
        return FakeBench(server, MODELS)


class TestOllamaOnTheFakeServerWithFullNames(ChatContract):
    @pytest.fixture
    def bench(self, server: OllamaServer) -> FakeBench:
        return FakeBench(server, {**MODELS, "answer": "answer:latest"})


class TestOllamaOnRecordings(ChatContract):
    @pytest.fixture
    def bench(self, server: OllamaServer) -> FakeBench:
        return FakeBench(server, {"answer": "replay-chat-stream-cold", "unknown": "replay-chat-unknown-model"})
