"""Whatever goes wrong with one contestant is said in its own pane, with a remedy, while the other finishes."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from app.bootstrap import Container, build
from app.domain.answers import Answer, Status
from app.domain.comparisons import Comparison
from app.domain.errors import Fault
from app.domain.models import Contestant, ModelRef, Sampling
from app.settings import load
from tests.servers.base import free_port
from tests.servers.ollama_server import OllamaServer
from tests.servers.openai_server import OpenAIServer

KEY = "sk-planted-7f3a9c"


@pytest.fixture(scope="module")
def container(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Container]:
    """The application on fake servers, with little patience."""
    home = tmp_path_factory.mktemp("home")
    (home / "models").mkdir()
    (home / "models" / "broken.gguf").write_bytes(b"GGUF and then nothing of use")
    (home / "endpoints.toml").write_text(
        f'[keyless]\nbase_url = "https://api.example.invalid/v1"\napi_key_env = "NOBODY_SET_THIS"\n'
        f'[down]\nbase_url = "http://127.0.0.1:{free_port()}/v1"\n'
    )
    with OpenAIServer() as openai, OllamaServer() as ollama:
        environment = {
            "UNDERSTUDY_HOME": str(home),
            "OPENAI_API_KEY": KEY,
            "OPENAI_BASE_URL": f"{openai.address}/v1",
            "OLLAMA_HOST": ollama.address,
            "UNDERSTUDY_FIRST_TOKEN_TIMEOUT": "0.5",
            "UNDERSTUDY_IDLE_TIMEOUT": "0.5",
        }
        container = build(load(environment))
        yield container
        container.close()


def beside_a_good_one(container: Container, model: str, prompt: str = "Hm?") -> Answer:
    """What comes of `model` in the first pane; the second must be complete."""
    tried = Contestant(ModelRef.parse(model), Sampling(temperature=0.3))
    good = Contestant(ModelRef.parse("ollama:answer"))
    record = container.comparing.start(Comparison(prompt, (tried, good)))
    first, second = container.comparing.wait(record.id, timeout=30).answers
    assert second.answer.status is Status.DONE
    return first.answer


@pytest.mark.parametrize(
    ("model", "fault", "remedy"),
    [
        ("keyless:any", Fault.NO_KEY, "NOBODY_SET_THIS"),
        ("openai:fault-401", Fault.WRONG_KEY, "OPENAI_API_KEY"),
        ("openai:fault-no-quota", Fault.NO_QUOTA, "billing"),
        ("openai:fault-503", Fault.SERVER_BUSY, ""),
        ("ollama:fault-503", Fault.SERVER_BUSY, "OLLAMA_"),
        ("openai:nope", Fault.UNKNOWN_MODEL, "models list"),
        ("ollama:nope", Fault.UNKNOWN_MODEL, "ollama pull nope"),
        ("down:any", Fault.UNREACHABLE, "server is running"),
        ("openai:fault-overflow", Fault.CONTEXT_OVERFLOW, ""),
        ("ollama:fault-overflow", Fault.CONTEXT_OVERFLOW, ""),
        ("openai:fault-midstream-error", Fault.STREAM_ERROR, ""),
        ("ollama:fault-midstream-error", Fault.STREAM_ERROR, ""),
        ("openai:fault-cut", Fault.CUT_STREAM, ""),
        ("ollama:fault-cut", Fault.CUT_STREAM, ""),
        ("openai:fault-silence", Fault.SILENCE, "UNDERSTUDY_IDLE_TIMEOUT"),
        ("ollama:fault-silence-first", Fault.SILENCE, "UNDERSTUDY_FIRST_TOKEN_TIMEOUT"),
        ("openai:fault-empty", Fault.EMPTY_ANSWER, ""),
        ("ollama:fault-only-thinking", Fault.ONLY_THINKING, "max tokens"),
        ("openai:fault-bad-json", Fault.BAD_WIRE, ""),
        ("openai:fault-bad-utf8", Fault.BAD_WIRE, ""),
        ("ollama:fault-bad-json", Fault.BAD_WIRE, ""),
        ("ollama:fault-bad-utf8", Fault.BAD_WIRE, ""),
        ("openai:fault-refused-parameter", Fault.REFUSED_PARAMETER, ""),
        ("gguf:broken", Fault.BAD_MODEL_FILE, ""),
        ("gguf:missing", Fault.UNKNOWN_MODEL, "models"),
        ("builtin:extract", Fault.NO_EVIDENCE, "context"),
    ],
)
def test_each_fault_has_its_cause_and_its_remedy(container: Container, model: str, fault: Fault, remedy: str) -> None:
    answer = beside_a_good_one(container, model)
    assert answer.error is not None, answer
    assert answer.error.kind is fault
    assert str(answer.error.message) and remedy in str(answer.error.remedy)
    assert str(answer.error.remedy)


def test_an_overflow_counts_the_tokens(container: Container) -> None:
    error = beside_a_good_one(container, "ollama:small-window", prompt="word " * 2000).error
    assert error is not None and error.kind is Fault.CONTEXT_OVERFLOW
    assert "64" in str(error.message)


def test_a_rate_limit_is_waited_for_as_long_as_the_server_asks(container: Container) -> None:
    answer = beside_a_good_one(container, "openai:fault-429-then-ok")
    assert answer.status is Status.DONE
    assert any("in 1 s" in str(notice) for notice in answer.notices)


def test_a_stream_that_was_cut_keeps_what_arrived(container: Container) -> None:
    answer = beside_a_good_one(container, "ollama:fault-cut")
    assert answer.status is Status.FAILED and answer.text


def test_no_fault_shows_the_key(container: Container) -> None:
    for model in ("openai:fault-401", "openai:fault-midstream-error", "openai:fault-503"):
        assert KEY not in repr(beside_a_good_one(container, model))
