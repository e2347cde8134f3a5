"""The `openai` adapter against the fake server, as OpenAI itself and as a compatible endpoint."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import pytest

from app.domain.chat import Finished, TextDelta
from app.domain.errors import Fault
from app.domain.models import Sampling
from app.providers.openai import OpenAIProvider
from tests.contract.suite import (
    KOREAN,
    THOUGHT,
    Behaviour,
    ChatContract,
    KeyContract,
    ThinkingContract,
    WireContract,
    ask,
    complete,
    events_of,
    fail,
    run,
    sent_of,
    shown,
    text_of,
)
from tests.servers import openai_server
from tests.servers.base import Reply, Request, free_port
from tests.servers.openai_server import OpenAIServer
from tests.servers.recordings import replay

KEY = "sk-planted-0123456789abcdefghijklmnop"
VARIABLE = "OPENAI_API_KEY"
MODELS: dict[Behaviour, str] = {
    "answer": "answer",
    "korean": "korean",
    "endless": "endless",
    "silent": "fault-silence-first",
    "cut": "fault-cut",
    "error": "fault-midstream-error",
    "bad-json": "fault-bad-json",
    "bad-utf8": "fault-bad-utf8",
    "overflow": "fault-overflow",
    "unknown": "no-such-model",
    "thinking": "thinking",
    "length": "fault-length",
}


class OpenAIBench:
    """`compatible`: the fake server is some endpoint rather than OpenAI."""

    key, variable = KEY, VARIABLE

    def __init__(self, server: OpenAIServer, *, compatible: bool) -> None:
        self.server, self.compatible = server, compatible

    def provider(self) -> OpenAIProvider:
        return self.with_key(self.key)

    def with_key(self, key: str | None) -> OpenAIProvider:
        return self._at(self.server.base_url, key)

    def unreachable(self) -> OpenAIProvider:
        return self._at(f"http://127.0.0.1:{free_port()}/v1", self.key)

    def model(self, behaviour: Behaviour) -> str:
        return MODELS[behaviour]

    def bodies(self, model: str) -> Sequence[dict[str, object]]:
        return self.server.bodies(model)

    def hung_up(self, model: str, within: float) -> bool:
        return self.server.hung_up(model, within)

    def _at(self, url: str, key: str | None) -> OpenAIProvider:
        return OpenAIProvider(
            "vllm" if self.compatible else "openai",
            base_url=url,
            key=lambda: key,
            key_variable=VARIABLE,
            compatible=self.compatible,
        )


@pytest.fixture(scope="module")
def running() -> Iterator[OpenAIServer]:
    with OpenAIServer(key=KEY) as server:
        yield server


@pytest.fixture
def server(running: OpenAIServer) -> OpenAIServer:
    running.forget()
    return running


class TestOpenAI(ChatContract, WireContract, ThinkingContract, KeyContract):
    @pytest.fixture
    def bench(self, server: OpenAIServer) -> OpenAIBench:
        return OpenAIBench(server, compatible=False)


class TestCompatibleEndpoint(ChatContract, WireContract, ThinkingContract, KeyContract):
    @pytest.fixture
    def bench(self, server: OpenAIServer) -> OpenAIBench:
        return OpenAIBench(server, compatible=True)


def test_the_suite_and_the_server_mean_the_same_texts() -> None:
    assert (openai_server.KOREAN, openai_server.THOUGHT) == (KOREAN, THOUGHT)


class TestRefusals:
    """What the server refuses before any token."""

    @pytest.fixture
    def bench(self, server: OpenAIServer) -> OpenAIBench:
        return OpenAIBench(server, compatible=False)

    @pytest.mark.parametrize(
        ("model", "kind", "retryable"),
        [
            ("fault-401", Fault.WRONG_KEY, False),
            ("fault-no-quota", Fault.NO_QUOTA, False),
            ("fault-429-then-ok", Fault.RATE_LIMITED, True),
            ("fault-503", Fault.SERVER_BUSY, True),
            ("fault-overflow", Fault.CONTEXT_OVERFLOW, False),
            ("fault-refused-parameter", Fault.REFUSED_PARAMETER, False),
            ("replay-llamacpp-overflow", Fault.CONTEXT_OVERFLOW, False),
            ("replay-llamacpp-no-key", Fault.WRONG_KEY, False),
            ("replay-llamacpp-bad-type", Fault.REFUSED_PARAMETER, False),
            ("replay-v1-unknown-model", Fault.UNKNOWN_MODEL, False),
        ],
    )
    def test_each_is_told_apart(self, bench: OpenAIBench, model: str, kind: Fault, retryable: bool) -> None:
        events, error = fail(bench.provider, ask(model))
        assert (error.kind, error.retryable) == (kind, retryable)
        assert text_of(events) == ""
        assert KEY not in shown(error)
        complete(error)

    def test_the_wait_that_a_rate_limit_names_is_kept(self, bench: OpenAIBench) -> None:
        _, error = fail(bench.provider, ask("fault-429-then-ok-named"))
        assert error.retry_after == 1.0

    def test_llamacpp_counts_for_us(self, bench: OpenAIBench) -> None:
        _, error = fail(bench.provider, ask("replay-llamacpp-overflow"))
        assert "12031" in str(error.message)
        assert "2048" in str(error.message)

    def test_a_refused_parameter_is_named(self, bench: OpenAIBench) -> None:
        _, error = fail(bench.provider, ask("fault-refused-parameter"))
        assert "temperature" in str(error.remedy)

    def test_a_filtered_answer_is_refused(self, bench: OpenAIBench) -> None:
        events, error = fail(bench.provider, ask("fault-content-filter"))
        assert error.kind is Fault.CONTENT_FILTER
        assert text_of(events)

    def test_a_server_without_key_that_asks_for_one_says_where_to_name_it(self, server: OpenAIServer) -> None:
        _, error = fail(lambda: OpenAIProvider("lab", base_url=server.base_url, compatible=True), ask("answer"))
        assert error.kind is Fault.NO_KEY
        assert "endpoints.toml" in str(error.remedy)

    def test_an_address_without_the_api_says_so(self, server: OpenAIServer) -> None:
        def wrong() -> OpenAIProvider:
            return OpenAIProvider("lab", base_url=f"{server.address}/v2", key=lambda: KEY, compatible=True)

        _, error = fail(wrong, ask("answer"))
        assert error.kind is Fault.BAD_WIRE

    def test_a_key_with_impossible_characters_is_said_before_any_request(self, bench: OpenAIBench) -> None:
        _, error = fail(lambda: bench.with_key("sk-열쇠\n"), ask("answer"))
        assert error.kind is Fault.WRONG_KEY
        assert not bench.bodies("answer")


class TestStreams:
    @pytest.fixture
    def bench(self, server: OpenAIServer) -> OpenAIBench:
        return OpenAIBench(server, compatible=True)

    def events(self, bench: OpenAIBench, model: str, sampling: Sampling = Sampling()) -> list[object]:  # noqa: B008
        async def main() -> list[object]:
            provider = bench.provider()
            try:
                return list(await events_of(provider, ask(model, sampling=sampling)))
            finally:
                await provider.aclose()

        return run(main)

    def test_llamacpp_is_replayed_with_usage_and_phases(self, bench: OpenAIBench) -> None:
        events = self.events(bench, "replay-llamacpp-chat-stream", Sampling(max_tokens=12))
        finished = events[-1]
        assert isinstance(finished, Finished)
        assert "".join(e.text for e in events if isinstance(e, TextDelta)) == "The Busan office is open from 9:30"
        assert (finished.usage and (finished.usage.input, finished.usage.output)) == (47, 12)
        assert finished.timing.prefill == pytest.approx(0.14998)
        assert finished.timing.decode == pytest.approx(0.094637)
        assert (finished.finish, finished.truncated) == ("length", None)

    def test_ollamas_v1_is_replayed(self, bench: OpenAIBench) -> None:
        events = self.events(bench, "replay-v1-chat-stream", Sampling(max_tokens=5))
        finished = events[-1]
        assert isinstance(finished, Finished)
        assert finished.usage is not None
        assert (finished.usage.input, finished.usage.output) == (12, 5)

    def test_a_stream_that_ends_politely_but_early_was_cut_too(self, bench: OpenAIBench) -> None:
        _, error = fail(bench.provider, ask("fault-cut-clean"))
        assert error.kind is Fault.CUT_STREAM

    def test_a_server_that_does_not_count_is_not_an_error(self, bench: OpenAIBench) -> None:
        finished = self.events(bench, "no-usage")[-1]
        assert isinstance(finished, Finished)
        assert finished.usage is None

    def test_a_refusal_in_words_is_the_answer(self, bench: OpenAIBench) -> None:
        events = self.events(bench, "fault-refusal")
        assert "".join(e.text for e in events if isinstance(e, TextDelta)) == "I cannot help with that."

    def test_an_empty_answer_is_left_to_the_caller_to_judge(self, bench: OpenAIBench) -> None:
        assert [type(e).__name__ for e in self.events(bench, "fault-empty")] == ["Sent", "Finished"]

    def test_reasoning_tokens_are_counted(self, bench: OpenAIBench) -> None:
        finished = self.events(bench, "thinking")[-1]
        assert isinstance(finished, Finished)
        assert finished.usage is not None
        assert finished.usage.reasoning > 0

    def test_a_server_that_refuses_to_count_is_asked_again_without(self, bench: OpenAIBench) -> None:
        async def main() -> None:
            provider = bench.provider()
            request = ask("fault-no-stream-options")
            with pytest.raises(Exception, match="count") as caught:
                await events_of(provider, request)
            assert getattr(caught.value, "retryable", False)
            again = await events_of(provider, request)
            assert text_of(again)
            assert "stream_options" not in sent_of(again).body
            assert "stream_options" in sent_of(await events_of(provider, ask("answer"))).body
            await provider.aclose()

        run(main)


class TestModels:
    @pytest.fixture
    def bench(self, server: OpenAIServer) -> OpenAIBench:
        return OpenAIBench(server, compatible=False)

    def test_retirement_dates_and_other_than_chat_models_are_marked(self, bench: OpenAIBench) -> None:
        async def main() -> None:
            provider = bench.provider()
            models = {m.ref.name: m for m in await provider.models()}
            assert str(models["gpt-4.1-mini"].retires) == "2027-01-14"
            assert models["answer"].retires is None
            assert models["gpt-4.1-mini"].chat
            assert not models["text-embedding-3-small"].chat
            assert str((await provider.capabilities("gpt-4.1-mini")).retires) == "2027-01-14"
            await provider.aclose()

        run(main)

    @pytest.mark.parametrize("model", ["gpt-4.1-mini", "gpt-5-mini", "gpt-6-sol"])
    def test_what_is_sent_is_never_refused(self, bench: OpenAIBench, model: str) -> None:
        every = Sampling(0.3, 0.85, 20, 64, 7, 0.1, 0.1, 1.1, ("END",), "low")

        async def main() -> None:
            provider = bench.provider()
            events = await events_of(provider, ask(model, sampling=every))
            assert text_of(events)
            assert {"top_k", "repeat_penalty"} <= set(sent_of(events).not_sent)
            await provider.aclose()

        run(main)

    def test_sol_takes_a_temperature_when_it_does_not_reason(self, bench: OpenAIBench) -> None:
        async def main() -> None:
            provider = bench.provider()
            sampling = Sampling(temperature=0.3, reasoning="none")
            sent = sent_of(await events_of(provider, ask("gpt-6-sol", sampling=sampling)))
            assert sent.body["temperature"] == 0.3
            assert sent.body["reasoning_effort"] == "none"
            assert not sent.not_sent
            await provider.aclose()

        run(main)


class ReplayingServer(OpenAIServer):
    """Lists models as a recorded server did."""

    def __init__(self, name: str) -> None:
        super().__init__()
        self.name = name

    async def handle(self, request: Request, reply: Reply) -> None:
        if request.path == "/v1/models":
            await replay(self.name, reply)
        else:
            await super().handle(request, reply)


def test_llamacpps_list_tells_size_and_context() -> None:
    async def main() -> None:
        provider = OpenAIProvider("lab", base_url=server.base_url, compatible=True, local=True)
        (model,) = await provider.models()
        assert (model.size, model.context_window, model.local, model.chat) == (96_576_768, 2048, True, True)
        assert (await provider.capabilities(model.ref.name)).context_window == 2048
        status = await provider.status()
        assert (status.ready, status.models, status.address) == (True, 1, server.base_url)
        await provider.aclose()

    with ReplayingServer("llamacpp-models") as server:
        run(main)


def test_no_proxy_stands_before_a_local_server(server: OpenAIServer, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HTTP_PROXY", f"http://127.0.0.1:{free_port()}")
    monkeypatch.delenv("NO_PROXY", raising=False)
    monkeypatch.delenv("no_proxy", raising=False)

    async def main() -> None:
        provider = OpenAIProvider("lab", base_url=server.base_url, key=lambda: KEY, compatible=True, local=True)
        assert text_of(await events_of(provider, ask("answer")))
        await provider.aclose()

    run(main)


def test_openais_organisation_is_told_to_nobody_else(server: OpenAIServer, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OPENAI_ORG_ID", "org-1")
    monkeypatch.setenv("OPENAI_PROJECT_ID", "proj-1")

    async def headers(compatible: bool) -> dict[str, str]:
        provider = OpenAIProvider("lab", base_url=server.base_url, key=lambda: KEY, compatible=compatible)
        await events_of(provider, ask("answer"))
        await provider.aclose()
        return server.requests[-1].headers

    assert "org-1" not in run(lambda: headers(True)).values()
    assert "org-1" in run(lambda: headers(False)).values()


def test_a_server_without_a_key_is_sent_none(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OPENAI_API_KEY", KEY)

    async def main() -> None:
        provider = OpenAIProvider("lab", base_url=server.base_url, compatible=True)
        await events_of(provider, ask("answer"))
        await provider.aclose()

    with OpenAIServer() as server:
        run(main)
        assert server.requests[-1].key is None
