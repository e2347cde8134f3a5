"""The contract of app.domain.chat.Provider, as tests that each adapter inherits.

A test module plugs an adapter in with a bench (what the suite needs of the adapter and of the fake
server behind it) and a class that names the parts of the contract which its protocol can have:

    class TestOllama(ChatContract, WireContract, ThinkingContract):
        @pytest.fixture
        def bench(self, server): return OllamaBench(server)

Nothing is skipped: an adapter that has no key does not inherit KeyContract.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Coroutine, Mapping, Sequence
from typing import Literal, Protocol, TypeVar

import pytest

from app.domain.chat import (
    ChatEvent,
    ChatMessage,
    ChatRequest,
    Finished,
    Provider,
    Sent,
    TextDelta,
    ThinkingDelta,
)
from app.domain.errors import Fault, ProviderError
from app.domain.evidence import Evidence, Passage
from app.domain.models import SAMPLING_FIELDS, Sampling

T = TypeVar("T")

KOREAN = "부산 사무소는 오전 9시 30분에 엽니다 🍚."
THOUGHT = "The office in Busan … half past nine."
PROMPT = "When does the Busan office open?"
EVIDENCE = Evidence((Passage("offices.txt", "The Busan office opens at 9:30. The Seoul office opens at 8:00."),))
EVERY_FIELD = Sampling(
    temperature=0.3,
    top_p=0.85,
    top_k=20,
    max_tokens=64,
    seed=7,
    frequency_penalty=0.1,
    presence_penalty=0.1,
    repeat_penalty=1.1,
    stop=("END",),
    reasoning="low",
)

# What a model of the fake server can be asked to do. `answer`: any text. `korean`: KOREAN, with its
# multi-byte characters split across reads. `endless`: tokens until the client goes away. `silent`:
# accepts the request and says nothing. `cut`: some text, then the connection drops in mid-answer.
# `error`: some text, then the protocol's own error. `bad-json` and `bad-utf8`: some text, then a
# line that is neither. `overflow`: refused for its length, 6303 tokens in a window of 512.
# `unknown`: no such model. `thinking`: THOUGHT, then KOREAN. `length`: stopped by a limit.
Behaviour = Literal[
    "answer",
    "korean",
    "endless",
    "silent",
    "cut",
    "error",
    "bad-json",
    "bad-utf8",
    "overflow",
    "unknown",
    "thinking",
    "length",
]


class Bench(Protocol):
    """An adapter and the fake server behind it. Providers are made inside the event loop that uses them."""

    def provider(self) -> Provider: ...

    def model(self, behaviour: Behaviour) -> str:
        """The name of a model that behaves so."""
        ...


class WireBench(Bench, Protocol):
    def unreachable(self) -> Provider:
        """The same adapter, pointed at a port where nobody listens."""
        ...

    def bodies(self, model: str) -> Sequence[Mapping[str, object]]:
        """The request bodies that the server got for `model`, oldest first."""
        ...

    def hung_up(self, model: str, within: float) -> bool:
        """Wait up to `within` seconds until the client of the last request for `model` has gone."""
        ...


class KeyBench(WireBench, Protocol):
    key: str
    variable: str

    def with_key(self, key: str | None) -> Provider:
        """The same adapter with another key; None for none."""
        ...


def run(main: Callable[[], Coroutine[object, object, T]], seconds: float = 20.0) -> T:
    """Run `main` in a fresh event loop; a test that hangs fails."""

    async def limited() -> T:
        async with asyncio.timeout(seconds):
            return await main()

    return asyncio.run(limited())


def ask(model: str, prompt: str = PROMPT, sampling: Sampling = Sampling()) -> ChatRequest:  # noqa: B008 - frozen
    return ChatRequest(
        model=model,
        messages=(ChatMessage("system", "Answer from the context."), ChatMessage("user", prompt)),
        sampling=sampling,
        prompt=prompt,
        evidence=EVIDENCE,
        prompt_tokens=40,
    )


async def events_of(provider: Provider, request: ChatRequest) -> list[ChatEvent]:
    return [event async for event in provider.chat(request)]


def talk(bench: Bench, behaviour: Behaviour, sampling: Sampling = Sampling()) -> list[ChatEvent]:  # noqa: B008
    """All events of one answer."""

    async def main() -> list[ChatEvent]:
        provider = bench.provider()
        try:
            return await events_of(provider, ask(bench.model(behaviour), sampling=sampling))
        finally:
            await provider.aclose()

    return run(main)


def fail(make: Callable[[], Provider], request: ChatRequest) -> tuple[list[ChatEvent], ProviderError]:
    """The events before the failure, and the failure."""

    async def main() -> tuple[list[ChatEvent], ProviderError]:
        provider = make()
        seen: list[ChatEvent] = []
        try:
            async for event in provider.chat(request):
                seen.append(event)  # noqa: PERF401 - what came before the failure must survive it
        except ProviderError as error:
            return seen, error
        finally:
            await provider.aclose()
        raise AssertionError(f"no error, but {seen!r}")

    return run(main)


def text_of(events: Sequence[ChatEvent]) -> str:
    return "".join(e.text for e in events if isinstance(e, TextDelta))


def thinking_of(events: Sequence[ChatEvent]) -> str:
    return "".join(e.text for e in events if isinstance(e, ThinkingDelta))


def sent_of(events: Sequence[ChatEvent]) -> Sent:
    (sent,) = [e for e in events if isinstance(e, Sent)]
    return sent


def finished_of(events: Sequence[ChatEvent]) -> Finished:
    (finished,) = [e for e in events if isinstance(e, Finished)]
    return finished


def complete(error: ProviderError) -> None:
    """An error says what happened and what to do about it, and can be shown."""
    assert str(error.message).strip(), error
    assert str(error.remedy).strip(), error


class ChatContract:
    """Every provider, wire or not."""

    def test_one_sent_comes_before_the_text_and_one_finished_comes_last(self, bench: Bench) -> None:
        events = talk(bench, "answer")
        assert [type(e) for e in events].count(Sent) == 1
        assert [type(e) for e in events].count(Finished) == 1
        assert isinstance(events[-1], Finished)
        first_text = next(i for i, e in enumerate(events) if isinstance(e, TextDelta))
        assert events.index(sent_of(events)) < first_text
        assert text_of(events).strip()

    def test_no_delta_is_empty(self, bench: Bench) -> None:
        assert all(e.text for e in talk(bench, "answer") if isinstance(e, TextDelta | ThinkingDelta))

    def test_messages_are_not_part_of_what_sent_shows(self, bench: Bench) -> None:
        assert "messages" not in sent_of(talk(bench, "answer")).body

    def test_every_field_is_sent_or_listed_with_a_reason(self, bench: Bench) -> None:
        async def main() -> None:
            provider = bench.provider()
            model = bench.model("answer")
            taken, refused = (await provider.capabilities(model)).accept(EVERY_FIELD)
            events = await events_of(provider, ask(model, sampling=EVERY_FIELD))
            assert set(sent_of(events).not_sent) == set(refused)
            assert set(taken) | set(refused) == set(SAMPLING_FIELDS)
            assert all(str(reason) for reason in refused.values())
            await provider.aclose()

        run(main)

    def test_nothing_is_not_sent_when_nothing_is_asked_for(self, bench: Bench) -> None:
        assert not sent_of(talk(bench, "answer")).not_sent

    def test_an_unknown_model_is_said_as_such(self, bench: Bench) -> None:
        _, error = fail(bench.provider, ask(bench.model("unknown")))
        assert error.kind is Fault.UNKNOWN_MODEL
        assert not error.retryable
        assert bench.model("unknown") in str(error.message)
        complete(error)

    def test_models_are_listed_under_the_providers_name(self, bench: Bench) -> None:
        async def main() -> None:
            provider = bench.provider()
            models = await provider.models()
            assert models
            assert {m.ref.provider for m in models} == {provider.name}
            assert len({m.ref for m in models}) == len(models)
            await provider.aclose()

        run(main)

    def test_a_ready_provider_says_so(self, bench: Bench) -> None:
        async def main() -> None:
            provider = bench.provider()
            status = await provider.status()
            assert status.provider == provider.name
            assert status.ready, status
            assert str(status.summary)
            await provider.aclose()

        run(main)

    def test_letting_go_twice_does_no_harm(self, bench: Bench) -> None:
        async def main() -> None:
            provider = bench.provider()
            await events_of(provider, ask(bench.model("answer")))
            await provider.aclose()
            await provider.aclose()

        run(main)


class WireContract:
    """Every provider that talks to a server."""

    def test_the_deltas_are_the_text_also_where_a_read_splits_a_character(self, bench: WireBench) -> None:
        assert text_of(talk(bench, "korean")) == KOREAN

    def test_what_sent_shows_is_what_the_server_got(self, bench: WireBench) -> None:
        sent = sent_of(talk(bench, "answer", EVERY_FIELD))
        (body,) = bench.bodies(bench.model("answer"))
        assert {k: v for k, v in body.items() if k != "messages"} == dict(sent.body)

    def test_a_field_that_is_not_sent_is_nowhere_in_the_body(self, bench: WireBench) -> None:
        sent = sent_of(talk(bench, "answer", EVERY_FIELD))
        (body,) = bench.bodies(bench.model("answer"))
        assert not names_in(body) & set(sent.not_sent)

    def test_an_unset_field_is_nowhere_in_the_body(self, bench: WireBench) -> None:
        talk(bench, "answer")
        (body,) = bench.bodies(bench.model("answer"))
        assert not names_in(body) & set(SAMPLING_FIELDS)

    def test_usage_and_phases_are_never_negative(self, bench: WireBench) -> None:
        finished = finished_of(talk(bench, "answer"))
        if finished.usage is not None:
            assert finished.usage.source == "reported"
            assert finished.usage.input > 0
            assert finished.usage.output > 0
        timing = finished.timing
        for seconds in (timing.queued, timing.load, timing.prefill, timing.decode):
            assert seconds is None or 0 <= seconds < 60
        assert timing.first_token is None
        assert timing.total is None

    def test_two_answers_at_once_stay_apart(self, bench: WireBench) -> None:
        async def main() -> tuple[list[ChatEvent], list[ChatEvent]]:
            provider = bench.provider()
            try:
                return await asyncio.gather(
                    events_of(provider, ask(bench.model("korean"))), events_of(provider, ask(bench.model("answer")))
                )
            finally:
                await provider.aclose()

        korean, answer = run(main)
        assert text_of(korean) == KOREAN
        assert text_of(answer)
        assert text_of(answer) not in KOREAN

    def test_closing_the_iterator_hangs_up_within_a_second(self, bench: WireBench) -> None:
        model = bench.model("endless")

        async def main() -> bool:
            provider = bench.provider()
            stream = provider.chat(ask(model))
            async for event in stream:
                if isinstance(event, TextDelta):
                    break
            await stream.aclose()  # type: ignore[attr-defined]  # an async generator, as the port's AsyncIterator
            gone = await asyncio.to_thread(bench.hung_up, model, 1.0)
            await provider.aclose()
            return gone

        assert run(main)

    @pytest.mark.parametrize("behaviour", ["endless", "silent"])
    def test_cancelling_hangs_up_within_a_second(self, bench: WireBench, behaviour: Behaviour) -> None:
        model = bench.model(behaviour)

        async def main() -> bool:
            provider = bench.provider()
            started = asyncio.Event()

            async def watch() -> None:
                async for event in provider.chat(ask(model)):
                    if isinstance(event, Sent if behaviour == "silent" else TextDelta):
                        started.set()

            task = asyncio.create_task(watch())
            await started.wait()
            while not bench.bodies(model):
                await asyncio.sleep(0.01)
            task.cancel()
            with pytest.raises(asyncio.CancelledError):
                await task
            gone = await asyncio.to_thread(bench.hung_up, model, 1.0)
            await provider.aclose()
            return gone

        assert run(main)

    def test_a_cut_stream_is_said_as_such(self, bench: WireBench) -> None:
        events, error = fail(bench.provider, ask(bench.model("cut")))
        assert text_of(events)
        assert error.kind is Fault.CUT_STREAM
        complete(error)

    def test_an_error_in_mid_stream_keeps_the_servers_words(self, bench: WireBench) -> None:
        events, error = fail(bench.provider, ask(bench.model("error")))
        assert text_of(events)
        assert error.kind is Fault.STREAM_ERROR
        assert "unexpected EOF" in str(error.message)
        complete(error)

    @pytest.mark.parametrize("behaviour", ["bad-json", "bad-utf8"])
    def test_bytes_that_are_not_the_protocol_are_said_as_such(self, bench: WireBench, behaviour: Behaviour) -> None:
        events, error = fail(bench.provider, ask(bench.model(behaviour)))
        assert text_of(events)
        assert error.kind is Fault.BAD_WIRE
        complete(error)

    def test_a_prompt_that_is_too_long_is_refused_with_the_counted_tokens(self, bench: WireBench) -> None:
        events, error = fail(bench.provider, ask(bench.model("overflow")))
        assert not text_of(events)
        assert error.kind is Fault.CONTEXT_OVERFLOW
        assert not error.retryable
        assert "6303" in str(error.message).replace(",", "")
        assert "512" in str(error.message)
        complete(error)

    def test_an_asked_for_limit_is_a_finish_and_not_a_truncation(self, bench: WireBench) -> None:
        finished = finished_of(talk(bench, "length", Sampling(max_tokens=5)))
        assert finished.finish == "length"
        assert finished.truncated is None

    def test_a_limit_nobody_asked_for_is_a_truncation(self, bench: WireBench) -> None:
        finished = finished_of(talk(bench, "length"))
        assert finished.finish == "length"
        assert finished.truncated is not None
        assert str(finished.truncated)

    def test_an_unreachable_server_is_said_as_such(self, bench: WireBench) -> None:
        _, error = fail(bench.unreachable, ask(bench.model("answer")))
        assert error.kind is Fault.UNREACHABLE
        # A sentence: others are put behind it.
        assert str(error.message).endswith(".")
        complete(error)

    def test_listing_an_unreachable_server_says_so(self, bench: WireBench) -> None:
        async def main() -> ProviderError:
            provider = bench.unreachable()
            try:
                await provider.models()
            except ProviderError as error:
                return error
            finally:
                await provider.aclose()
            raise AssertionError("no error")

        assert run(main).kind is Fault.UNREACHABLE

    def test_the_status_of_an_unreachable_server_is_an_answer_and_not_an_error(self, bench: WireBench) -> None:
        async def main() -> None:
            provider = bench.unreachable()
            status = await provider.status()
            assert not status.ready
            assert str(status.summary)
            assert str(status.remedy)
            await provider.aclose()

        run(main)


class ThinkingContract:
    """Every provider whose protocol carries thinking apart from the answer."""

    def test_thinking_is_apart_from_the_answer(self, bench: WireBench) -> None:
        events = talk(bench, "thinking")
        assert thinking_of(events) == THOUGHT
        assert text_of(events) == KOREAN


class KeyContract:
    """Every provider that sends a key."""

    def test_the_key_is_in_no_event(self, bench: KeyBench) -> None:
        assert bench.key not in repr(talk(bench, "answer", EVERY_FIELD))

    def test_the_key_is_not_in_the_providers_repr(self, bench: KeyBench) -> None:
        async def main() -> str:
            provider = bench.provider()
            await events_of(provider, ask(bench.model("answer")))
            await provider.aclose()
            return repr(provider) + str(await provider.status())

        assert bench.key not in run(main)

    def test_a_missing_key_is_said_before_any_request(self, bench: KeyBench) -> None:
        _, error = fail(lambda: bench.with_key(None), ask(bench.model("answer")))
        assert error.kind is Fault.NO_KEY
        assert bench.variable in f"{error.message} {error.remedy}"
        assert not bench.bodies(bench.model("answer"))
        complete(error)

    def test_a_wrong_key_is_said_and_not_repeated(self, bench: KeyBench) -> None:
        wrong = "sk-wrong-0123456789abcdefghij"
        _, error = fail(lambda: bench.with_key(wrong), ask(bench.model("answer")))
        assert error.kind is Fault.WRONG_KEY
        assert wrong not in shown(error)
        complete(error)

    def test_a_status_without_a_key_says_how_to_set_one(self, bench: KeyBench) -> None:
        async def main() -> None:
            provider = bench.with_key(None)
            status = await provider.status()
            assert not status.ready
            assert bench.variable in str(status.command)
            await provider.aclose()

        run(main)


def shown(error: BaseException) -> str:
    """An error as a traceback prints it, with everything that is chained to it."""
    parts: list[str] = []
    seen: BaseException | None = error
    while seen is not None:
        parts.append(f"{seen!r} {seen} {vars(seen)}")
        seen = seen.__cause__ or seen.__context__
    return "\n".join(parts)


def names_in(body: object) -> set[str]:
    """Every key of a JSON object, at any depth but in the messages."""
    if isinstance(body, Mapping):
        inner = [names_in(value) for key, value in body.items() if key != "messages"]
        return {str(key) for key in body}.union(*inner)
    return set()
