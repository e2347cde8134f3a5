"""Ollama's wire format: bodies, lines, the last line, errors."""

from __future__ import annotations

import json

import pytest

from app.domain.chat import ChatMessage, ChatRequest, Finished, TextDelta, ThinkingDelta
from app.domain.errors import Fault, ProviderError
from app.domain.models import Sampling
from app.providers.ollama_errors import ContextOverflow, error_line, pull_command, refusal
from app.providers.ollama_host import parse_host
from app.providers.ollama_wire import Done, body_of, events_of, finished_of, progress_of, timing_of, usage_of
from tests.contract.suite import EVERY_FIELD

HOST = parse_host(None)


def request(sampling: Sampling = Sampling(), prompt_tokens: int = 100) -> ChatRequest:  # noqa: B008 - frozen
    return ChatRequest("m:1b", (ChatMessage("user", "hi"),), sampling, prompt_tokens=prompt_tokens)


def done(
    reason: str = "stop", prompt: int | None = 100, output: int | None = 20, total: int | None = 1_000_000_000
) -> Done:
    return Done(reason, prompt, output, total, 100_000_000, 200_000_000, 300_000_000)


def end(reason: str = "stop", prompt: int = 100, output: int = 20, **more: object) -> Finished:
    asked = more.get("asked")
    estimate, num_ctx = more.get("estimate", 100), more.get("num_ctx", 2048)
    assert asked is None or isinstance(asked, int)
    assert isinstance(estimate, int)
    assert num_ctx is None or isinstance(num_ctx, int)
    return finished_of(done(reason, prompt, output), request(Sampling(max_tokens=asked), estimate), num_ctx=num_ctx)


def test_every_field_has_its_place_and_type() -> None:
    body = body_of(request(EVERY_FIELD), EVERY_FIELD.given(), num_ctx=4096, think="low")
    assert body == {
        "model": "m:1b",
        "messages": [{"role": "user", "content": "hi"}],
        "stream": True,
        "truncate": False,
        "shift": False,
        "think": "low",
        "options": {
            "num_ctx": 4096,
            "temperature": 0.3,
            "top_p": 0.85,
            "repeat_penalty": 1.1,
            "frequency_penalty": 0.1,
            "presence_penalty": 0.1,
            "top_k": 20,
            "num_predict": 64,
            "seed": 7,
            "stop": ["END"],
        },
    }


def test_whole_numbers_do_not_pass_for_floats() -> None:
    body = body_of(request(Sampling(temperature=0, top_p=1)), {"temperature", "top_p"}, num_ctx=None, think=None)  # type: ignore[arg-type]
    assert json.dumps(body["options"]) == '{"temperature": 0.0, "top_p": 1.0}'


def test_a_field_that_is_not_taken_is_left_out() -> None:
    body = body_of(request(EVERY_FIELD), {}, num_ctx=None, think=None)
    assert not {"options", "think"} & set(body)


def test_thinking_and_text_are_told_apart() -> None:
    assert events_of(b'{"message":{"role":"assistant","content":"","thinking":"hm"},"done":false}') == [
        ThinkingDelta("hm")
    ]
    assert events_of(b'{"message":{"role":"assistant","content":"a"},"done":false}') == [TextDelta("a")]
    assert events_of(b'{"message":{"role":"assistant","content":""},"done":false}') == []


def test_half_a_surrogate_does_not_get_into_the_text() -> None:
    (delta,) = events_of(b'{"message":{"content":"a\\ud800b"}}')
    assert isinstance(delta, TextDelta)
    delta.text.encode("utf-8")


@pytest.mark.parametrize(
    "line",
    [
        b'{"message":',
        b"\xff\xfe",
        b"[]",
        b"null",
        b'"done"',
        b'{"message":{"content":5}}',
        b"<html>",
        b"[" * 100_000,
    ],
)
def test_what_is_no_line_of_the_protocol_is_bad_wire(line: bytes) -> None:
    with pytest.raises(ProviderError) as caught:
        events_of(line)
    assert caught.value.kind is Fault.BAD_WIRE
    assert len(str(caught.value)) < 500


def test_an_error_line_is_the_servers_own_words() -> None:
    with pytest.raises(ProviderError) as caught:
        events_of(b'{"error":"an error was encountered while running the model: unexpected EOF"}')
    assert caught.value.kind is Fault.STREAM_ERROR
    assert "unexpected EOF" in str(caught.value.message)
    assert "ollama ps" in str(caught.value.remedy)


def test_the_queue_is_what_is_left_of_the_total() -> None:
    timing = timing_of(done())
    assert timing.queued == pytest.approx(0.4)
    assert (timing.load, timing.prefill, timing.decode) == (0.1, 0.2, 0.3)


def test_phases_that_sum_to_more_than_the_total_leave_no_queue() -> None:
    assert timing_of(done(total=500_000_000)).queued == 0


def test_phases_that_are_left_out_are_zero_and_without_a_total_unknown() -> None:
    assert timing_of(Done("stop", 1, 1, 1000, None, None, None)).load == 0
    assert timing_of(Done("stop", 1, 1, None, None, None, None)).queued is None


def test_counts_that_are_left_out_are_not_made_up() -> None:
    assert usage_of(Done("load", None, None, None, None, None, None), 50) is None
    cached = usage_of(done(prompt=None), 50)
    assert cached is not None
    assert (cached.input, cached.output, cached.source) == (50, 20, "estimated")
    silent = usage_of(done(output=None), 50)
    assert silent is not None
    assert (silent.input, silent.output, silent.source) == (100, 0, "reported")


def test_a_stop_is_complete() -> None:
    assert end("stop").truncated is None


def test_a_server_that_gives_no_reason_has_stopped() -> None:
    (last,) = events_of(b'{"done":true}')
    assert isinstance(last, Done)
    assert last.reason == "stop"


def test_the_limit_that_was_asked_for_is_no_truncation() -> None:
    assert end("length", output=20, asked=20).truncated is None


def test_a_length_below_the_limit_asked_for_is_the_end_of_the_window() -> None:
    truncated = end("length", prompt=1900, output=148, asked=500, estimate=1900).truncated
    assert "context window ended" in str(truncated)
    assert "2048" in str(truncated)


def test_a_length_that_nobody_asked_for_is_named_by_its_cause() -> None:
    assert "context window ended" in str(end("length", prompt=184, output=72, estimate=184, num_ctx=256).truncated)
    assert "Modelfile" in str(end("length", prompt=100, output=128).truncated)


def test_an_answer_that_pushed_its_own_prompt_out_is_marked_although_it_stopped() -> None:
    # As recorded in chat-generate-past-ctx: 184 + 104 tokens in 256, done_reason stop.
    assert "dropped the beginning" in str(end("stop", prompt=184, output=104, estimate=184, num_ctx=256).truncated)


@pytest.mark.parametrize(
    ("read", "estimate", "num_ctx", "cut"),
    [
        (2047, 1500, 2048, True),  # filled to the last token: 0.9.3 cuts so
        (2048, 9000, 2048, True),
        (1026, 6303, 2048, True),  # half of the window: current versions cut one long message so
        (700, 1900, 2048, True),  # the oldest messages were dropped
        (1000, 1400, 8192, False),  # another tokeniser, and plenty of room
        (600, 1400, 8192, True),  # less than half of a prompt that should have fitted
        (1500, 1900, 2048, False),
        (30, 100, 2048, False),  # small prompts are mostly frame: nothing to conclude
        (30, 0, 2048, False),  # nobody estimated
    ],
)
def test_a_prompt_that_an_older_server_cut_is_noticed(read: int, estimate: int, num_ctx: int, cut: bool) -> None:
    truncated = end(prompt=read, estimate=estimate, num_ctx=num_ctx).truncated
    assert (truncated is not None) is cut
    if cut:
        assert "cut the prompt" in str(truncated)


def test_the_cloud_has_a_window_of_its_own() -> None:
    assert end(prompt=4000, estimate=3000, num_ctx=None).truncated is None


def refused(status: int, error: str, headers: dict[str, str] | None = None, model: str = "m:1b") -> ProviderError:
    return refusal(status, json.dumps({"error": error}).encode(), headers or {}, model, HOST)


def test_an_overflow_carries_the_servers_counts() -> None:
    inner = {"error": {"code": 400, "message": "request (6303 tokens) exceeds the available context size (512 tokens)"}}
    inner["error"] |= {"type": "exceed_context_size_error", "n_prompt_tokens": 6303, "n_ctx": 512}
    error = refused(400, json.dumps(inner))
    assert isinstance(error, ContextOverflow)
    assert (error.kind, error.prompt_tokens, error.window) == (Fault.CONTEXT_OVERFLOW, 6303, 512)
    assert "6303" in str(error.message)


def test_an_overflow_without_counts_is_still_an_overflow() -> None:
    error = refused(400, "the input length exceeds the context length")
    assert isinstance(error, ContextOverflow)
    assert error.prompt_tokens is None


def test_an_unknown_model_comes_with_the_command_that_fetches_it() -> None:
    error = refused(404, "model 'llama3.1:8b' not found", model="llama3.1:8b")
    assert error.kind is Fault.UNKNOWN_MODEL
    assert "`ollama pull llama3.1:8b`" in str(error.remedy)


def test_a_name_cannot_smuggle_a_command_into_the_remedy() -> None:
    assert pull_command("x; rm -rf ~") == "ollama pull 'x; rm -rf ~'"


def test_a_busy_server_may_be_asked_again() -> None:
    error = refused(503, "server busy, please try again.  maximum pending requests exceeded")
    assert error.kind is Fault.SERVER_BUSY
    assert error.retryable
    assert error.retry_after is None
    assert "server busy" in str(error.message)


def test_a_named_wait_is_passed_on() -> None:
    error = refused(429, "slow down", {"retry-after": "7"})
    assert (error.kind, error.retryable, error.retry_after) == (Fault.RATE_LIMITED, True, 7.0)


@pytest.mark.parametrize(
    ("status", "words", "kind"),
    [
        (500, 'option "temperature" must be of type float32', Fault.REFUSED_PARAMETER),
        (400, '"smollm2:135m" does not support thinking', Fault.REFUSED_PARAMETER),
        (400, "json: cannot unmarshal number into Go struct field", Fault.REFUSED_PARAMETER),
        (400, '"all-minilm:l6" does not support chat', Fault.UNKNOWN_MODEL),
        (401, "unauthorized", Fault.WRONG_KEY),
        (500, "model requires more system memory (9.1 GiB) than is available (3.2 GiB)", Fault.SERVER_ERROR),
        (502, "bad gateway", Fault.SERVER_ERROR),
    ],
)
def test_a_refusal_has_its_kind_and_a_remedy(status: int, words: str, kind: Fault) -> None:
    error = refused(status, words)
    assert error.kind is kind
    assert str(error.message)
    assert str(error.remedy)


@pytest.mark.parametrize("status", [301, 404])
def test_a_web_page_is_not_taken_for_ollama(status: int) -> None:
    error = refusal(status, b"<html><h1>nginx</h1> not found</html>", {}, "m", HOST)
    assert error.kind is Fault.UNREACHABLE
    assert "OLLAMA_HOST" in str(error.remedy)


def test_an_error_of_any_shape_is_one_short_line() -> None:
    for body in (b"", b"\xff\x00", b'{"error":{"a":1}}', b'{"error":null}', b'{"error":"' + b"x\\n" * 9000 + b'"}'):
        text = str(refusal(500, body, {}, "m", HOST).message)
        assert len(text) < 700
        assert text.isprintable()


def test_words_that_look_like_a_key_are_masked() -> None:
    assert "sk-abcdefghijklmnop" not in str(error_line("cannot use sk-abcdefghijklmnop here").message)


def test_progress_counts_bytes_of_a_layer() -> None:
    progress = progress_of(b'{"status":"pulling 941f","digest":"sha256:941f","total":4000,"completed":1000}')
    assert (progress.status, progress.completed, progress.total) == ("pulling 941f", 1000, 4000)
    assert progress_of(b'{"status":"pulling manifest"}').total == 0
