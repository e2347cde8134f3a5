"""What one answer becomes, whatever its stream does."""

import asyncio
import selectors
from collections.abc import Coroutine
from decimal import Decimal

from app.domain.answers import Answer, Status, Timing, Usage
from app.domain.chat import ChatRequest, Finished, Notice, TextDelta, ThinkingDelta
from app.domain.errors import Fault, ProviderError
from app.domain.message import Message
from app.services.comparing.answering import Answering, Patience
from app.services.comparing.live import LiveAnswer
from tests.unit.scripted import FOREVER, CentPrices, ScriptedProvider, WordTokens

REQUEST = ChatRequest("one", (), prompt_tokens=5)
DONE = Finished("stop", Usage(input=5, output=2))
PATIENT = Patience()


class Skipping(selectors.DefaultSelector):
    """Where a loop would wait for its clock, the clock goes on instead: an hour takes no time, and no test hurries."""

    def __init__(self) -> None:
        super().__init__()
        self.skipped = 0.0

    def select(self, timeout: float | None = None) -> list[tuple[selectors.SelectorKey, int]]:
        if timeout is None:  # for a thread, which no clock brings
            return super().select(None)
        self.skipped += max(timeout, 0.0)
        return super().select(0)


class SkippingLoop(asyncio.SelectorEventLoop):
    def __init__(self) -> None:
        self.selector = Skipping()
        super().__init__(self.selector)

    def time(self) -> float:
        return super().time() + self.selector.skipped


def run(main: Coroutine[object, object, None]) -> None:
    loop = SkippingLoop()
    try:
        loop.run_until_complete(main)
    finally:
        loop.close()


def busy(retry_after: float | None = 0.0) -> ProviderError:
    return ProviderError(Fault.SERVER_BUSY, Message("Busy."), Message("Wait."), retryable=True, retry_after=retry_after)


def answer(provider: ScriptedProvider, patience: Patience = PATIENT, local_only: bool = False) -> Answer:
    live = LiveAnswer()
    answering = Answering(CentPrices(), WordTokens(), patience, local_only=local_only)
    run(answering.answer(provider, REQUEST, live))
    return live.snapshot()


def test_a_complete_stream_is_done_with_its_text_usage_and_cost() -> None:
    got = answer(ScriptedProvider([TextDelta("Hello "), TextDelta("there"), DONE], local=False))
    assert (got.status, got.text, got.finish, got.usage) == (Status.DONE, "Hello there", "stop", DONE.usage)
    assert got.cost_usd == Decimal("0.07")


def test_a_local_answer_costs_nothing() -> None:
    assert answer(ScriptedProvider([TextDelta("Hi"), DONE])).cost_usd == 0


def test_missing_usage_is_estimated_and_says_so() -> None:
    got = answer(ScriptedProvider([ThinkingDelta("hm hm "), TextDelta("one two three"), Finished("stop")]))
    assert got.usage == Usage(input=5, output=5, reasoning=2, source="estimated")


def test_server_phases_are_kept_beside_our_own_clock() -> None:
    got = answer(ScriptedProvider([TextDelta("Hi"), Finished("stop", timing=Timing(load=0.5, decode=2.0))]))
    assert (got.timing.load, got.timing.decode) == (0.5, 2.0)
    assert got.timing.first_token is not None and got.timing.total is not None
    assert got.timing.first_token <= got.timing.total


def test_a_busy_server_is_asked_again_and_the_wait_is_shown() -> None:
    provider = ScriptedProvider([busy()], [TextDelta("Now"), DONE])
    got = answer(provider)
    assert (got.status, got.text, len(provider.calls)) == (Status.DONE, "Now", 2)
    assert [str(n) for n in got.notices] == ["Busy. Asking again in 0 s (attempt 2 of 3)."]


def test_nothing_is_asked_again_once_a_token_has_arrived() -> None:
    provider = ScriptedProvider([TextDelta("Half an "), busy()])
    got = answer(provider)
    assert (got.status, got.text, len(provider.calls)) == (Status.FAILED, "Half an ", 1)
    assert got.error is not None and got.error.kind is Fault.SERVER_BUSY


def test_three_attempts_are_the_most() -> None:
    provider = ScriptedProvider([busy()])
    assert answer(provider).status is Status.FAILED
    assert len(provider.calls) == 3


def test_a_server_that_asks_for_a_long_wait_is_not_waited_for() -> None:
    provider = ScriptedProvider([busy(retry_after=600)])
    assert answer(provider).status is Status.FAILED
    assert len(provider.calls) == 1


def test_no_first_token_in_time_is_said_with_the_setting_that_allows_more() -> None:
    got = answer(ScriptedProvider([FOREVER]), Patience(first_token=30))
    assert got.error is not None and got.error.kind is Fault.SILENCE
    assert "UNDERSTUDY_FIRST_TOKEN_TIMEOUT" in str(got.error.remedy)


def test_silence_after_some_tokens_keeps_them() -> None:
    provider = ScriptedProvider([TextDelta("Then"), FOREVER])
    got = answer(provider, Patience(idle=30))
    assert (got.status, got.text, provider.released) == (Status.FAILED, "Then", 1)
    assert got.error is not None and "UNDERSTUDY_IDLE_TIMEOUT" in str(got.error.remedy)


def test_tokens_that_keep_coming_are_never_called_silence() -> None:
    steps = [step for _ in range(8) for step in (20.0, TextDelta("x"))]
    assert answer(ScriptedProvider([*steps, DONE]), Patience(first_token=60, idle=60)).status is Status.DONE


def test_a_stream_without_an_end_was_cut() -> None:
    got = answer(ScriptedProvider([TextDelta("And so")]))
    assert got.status is Status.FAILED and got.error is not None and got.error.kind is Fault.CUT_STREAM


def test_an_empty_answer_is_a_failure_that_says_what_happened() -> None:
    got = answer(ScriptedProvider([DONE]))
    assert got.error is not None and got.error.kind is Fault.EMPTY_ANSWER


def test_tokens_that_all_went_to_thinking_are_counted() -> None:
    got = answer(ScriptedProvider([ThinkingDelta("hmm"), Finished("length", Usage(input=5, output=24, reasoning=24))]))
    assert got.error is not None and got.error.kind is Fault.ONLY_THINKING
    assert str(got.error.message).startswith("All 24 tokens")


def test_a_cut_prompt_makes_a_truncated_answer() -> None:
    end = Finished("stop", truncated=Message("The server cut the prompt."))
    got = answer(ScriptedProvider([TextDelta("Hi"), end]))
    assert got.status is Status.TRUNCATED and not got.status.ratable
    assert got.notices[-1] == end.truncated


def test_a_refusal_is_not_a_failure() -> None:
    overflow = ProviderError(Fault.CONTEXT_OVERFLOW, Message("Too long."), Message("Shorten."))
    assert answer(ScriptedProvider([overflow])).status is Status.REFUSED


def test_local_only_mode_refuses_a_cloud_model_before_anything_is_sent() -> None:
    provider = ScriptedProvider([DONE], local=False)
    got = answer(provider, local_only=True)
    assert got.status is Status.REFUSED and got.error is not None and got.error.kind is Fault.LOCAL_ONLY
    assert provider.calls == []


def test_an_adapter_that_breaks_leaves_a_failed_answer() -> None:
    got = answer(ScriptedProvider([TextDelta("Hm"), ZeroDivisionError("oops")]))
    assert got.status is Status.FAILED and got.error is not None
    assert str(got.error.message) == "Something broke inside Understudy: ZeroDivisionError: oops"


def test_a_cancelled_answer_keeps_its_text_and_lets_the_stream_go() -> None:
    provider = ScriptedProvider([TextDelta("So far"), FOREVER])
    live = LiveAnswer()

    async def stop_after_the_first_token() -> None:
        answering = Answering(CentPrices(), WordTokens(), Patience())
        task = asyncio.create_task(answering.answer(provider, REQUEST, live))
        while not live.started:
            await asyncio.sleep(0)
        task.cancel()
        await task

    run(stop_after_the_first_token())
    got = live.snapshot()
    assert (got.status, got.text, provider.released) == (Status.CANCELLED, "So far", 1)


def test_a_notice_reaches_the_pane() -> None:
    got = answer(ScriptedProvider([Notice(Message("Loading.")), TextDelta("Hi"), DONE]))
    assert got.notices == (Message("Loading."),)
