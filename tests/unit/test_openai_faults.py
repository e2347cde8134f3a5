"""What goes wrong at a server, and what is said about it."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime

import httpx2
import pytest
from openai import APIConnectionError, APIError, APIStatusError, APITimeoutError

from app.domain.errors import Fault, UserError
from app.providers.openai import OpenAIProvider, checked_url
from app.providers.openai_faults import Asked, failure_of, retry_after, set_command

ASKED = Asked("lab", "m1", "http://gpu:8000/v1", "LAB_API_KEY", 5.0, ("planted-secret-1",))
REQUEST = httpx2.Request("POST", "http://gpu:8000/v1/chat/completions")


def status_error(status: int, body: object, headers: dict[str, str] | None = None) -> APIStatusError:
    """As the SDK makes it: the inner error object where there is one, else the text."""
    text = body if isinstance(body, str) else json.dumps(body)
    response = httpx2.Response(status, text=text, headers=headers, request=REQUEST)
    inner = body.get("error", body) if isinstance(body, dict) else body
    return APIStatusError(f"Error code: {status}", response=response, body=inner)


def kind_of(status: int, **error: object) -> Fault:
    return failure_of(status_error(status, {"error": {"message": "words", **error}}), ASKED, streaming=False).kind


@pytest.mark.parametrize(
    ("status", "error", "kind"),
    [
        (400, {"code": "unsupported_value", "param": "temperature"}, Fault.REFUSED_PARAMETER),
        (400, {"code": "context_length_exceeded", "param": "messages"}, Fault.CONTEXT_OVERFLOW),
        (400, {"code": "content_filter"}, Fault.CONTENT_FILTER),
        (401, {"code": "invalid_api_key"}, Fault.WRONG_KEY),
        (402, {}, Fault.NO_QUOTA),
        (403, {"code": "model_not_found"}, Fault.UNKNOWN_MODEL),
        (403, {}, Fault.WRONG_KEY),
        (404, {"code": "model_not_found"}, Fault.UNKNOWN_MODEL),
        (404, {"type": "NotFoundError", "message": "The model `m1` does not exist."}, Fault.UNKNOWN_MODEL),
        (422, {}, Fault.REFUSED_PARAMETER),
        (429, {"code": "insufficient_quota"}, Fault.NO_QUOTA),
        (429, {"type": "insufficient_quota"}, Fault.NO_QUOTA),
        (429, {"code": "rate_limit_exceeded"}, Fault.RATE_LIMITED),
        (500, {}, Fault.SERVER_ERROR),
        (502, {}, Fault.SERVER_ERROR),
        (503, {}, Fault.SERVER_BUSY),
        (529, {}, Fault.SERVER_BUSY),
    ],
)
def test_refusals_are_told_apart(status: int, error: dict[str, object], kind: Fault) -> None:
    assert kind_of(status, **error) is kind


def test_only_what_may_pass_is_retryable() -> None:
    def retryable(status: int, **error: object) -> bool:
        return failure_of(status_error(status, {"error": {"message": "w", **error}}), ASKED, streaming=False).retryable

    assert all(retryable(status) for status in (408, 429, 500, 502, 503))
    assert not any(retryable(status) for status in (400, 401, 402, 403, 404, 422))
    assert not retryable(429, code="insufficient_quota")


@pytest.mark.parametrize(
    ("words", "prompt", "window"),
    [
        (
            "This model's maximum context length is 512 tokens. However, your messages resulted in 6303 tokens.",
            6303,
            512,
        ),
        (
            "This model's maximum context length is 4096 tokens. However, you requested 5000 tokens "
            "(4900 in the messages, 100 in the completion).",
            4900,
            4096,
        ),
        (
            "This model's maximum context length is 8,192 tokens. However, your request has 9,001 input tokens.",
            9001,
            8192,
        ),
    ],
)
def test_counts_are_found_in_the_servers_words(words: str, prompt: int, window: int) -> None:
    error = failure_of(status_error(400, {"error": {"message": words}}), ASKED, streaming=False)
    assert error.kind is Fault.CONTEXT_OVERFLOW
    assert error.message.params["tokens"] == prompt
    assert error.message.params["window"] == window


def test_an_overflow_without_counts_keeps_the_words() -> None:
    body = {"error": {"message": "Too long for us", "code": "context_length_exceeded"}}
    assert "Too long for us" in str(failure_of(status_error(400, body), ASKED, streaming=False).message)


@pytest.mark.parametrize(
    "words", ["Unrecognized request argument supplied: top_k", 'Unknown name "top_k": Cannot find field.']
)
def test_a_parameter_named_only_in_the_words_is_found(words: str) -> None:
    error = failure_of(status_error(400, {"error": {"message": words}}), ASKED, streaming=False)
    assert error.remedy.params["parameter"] == "top_k"


def test_googles_list_of_errors_is_read() -> None:
    error = failure_of(status_error(429, [{"error": {"message": "Quota per minute"}}]), ASKED, streaming=False)
    assert "Quota per minute" in str(error.message)


def test_a_page_of_html_is_not_shown() -> None:
    error = failure_of(status_error(502, "<html><h1>Bad gateway</h1></html>"), ASKED, streaming=False)
    assert "<" not in str(error.message)
    assert "502" in str(error.message)


@pytest.mark.parametrize("body", ["404 page not found", {"detail": "Not Found"}, "<html>nginx</html>"])
def test_a_path_that_is_not_there_points_to_the_base_url(body: object) -> None:
    error = failure_of(status_error(404, body), ASKED, streaming=False)
    assert error.kind is Fault.BAD_WIRE
    assert "/v1" in str(error.remedy)


def test_a_key_that_the_server_echoes_is_masked() -> None:
    body = {"error": {"message": "Incorrect key planted-secret-1 or sk-abcdefghijkl", "code": "invalid_api_key"}}
    said = str(failure_of(status_error(401, body), ASKED, streaming=False))
    assert "planted-secret-1" not in said
    assert "sk-abcdefghijkl" not in said
    assert "LAB_API_KEY" in said


def test_an_error_object_in_the_stream_keeps_its_words() -> None:
    error = failure_of(APIError("boom", REQUEST, body={"message": "boom: unexpected EOF"}), ASKED, streaming=True)
    assert error.kind is Fault.STREAM_ERROR
    assert "unexpected EOF" in str(error.message)


def test_a_lost_connection_is_a_cut_once_streaming() -> None:
    exc = APIConnectionError(request=REQUEST)
    assert failure_of(exc, ASKED, streaming=True).kind is Fault.CUT_STREAM
    assert failure_of(exc, ASKED, streaming=False).kind is Fault.UNREACHABLE


def test_a_timeout_names_the_address_and_the_seconds() -> None:
    error = failure_of(APITimeoutError(REQUEST), ASKED, streaming=False)
    assert "http://gpu:8000/v1" in str(error.message)
    assert "5 s" in str(error.message)


def test_the_wait_is_read_in_each_of_its_forms() -> None:
    assert retry_after({"retry-after-ms": "1500", "retry-after": "9"}) == 1.5
    assert retry_after({"retry-after": "2"}) == 2.0
    later = retry_after({"retry-after": format_datetime(datetime.now(UTC) + timedelta(seconds=30), usegmt=True)})
    assert later is not None
    assert 25 < later < 31
    assert retry_after({"retry-after": "soon"}) is None
    assert retry_after({}) is None


def test_the_command_names_the_variable() -> None:
    assert "OPENAI_API_KEY" in set_command("OPENAI_API_KEY")


@pytest.mark.parametrize(
    "url", ["gpu:8000", "ftp://gpu/v1", "http://", "http://h:port/v1", "sk-abcdefghijklmnop", "http://a b/v1"]
)
def test_a_base_url_that_is_none_is_said_at_once(url: str) -> None:
    with pytest.raises(UserError) as caught:
        OpenAIProvider("lab", base_url=url)
    assert "sk-abcdef" not in str(caught.value)


def test_a_base_url_loses_its_last_slash() -> None:
    assert checked_url(" http://gpu:8000/v1/ ", "lab") == "http://gpu:8000/v1"


def test_the_repr_holds_no_password() -> None:
    assert "hunter2" not in repr(OpenAIProvider("lab", base_url="http://me:hunter2@gpu/v1"))


@pytest.mark.parametrize(
    ("cause", "free"),
    [
        (httpx2.ConnectError("refused"), True),
        (httpx2.ConnectTimeout("late"), True),
        (httpx2.ReadError("reset"), False),
        (httpx2.RemoteProtocolError("closed"), False),
        (httpx2.ReadTimeout("late"), False),
    ],
)
def test_nothing_was_sent_only_where_there_was_no_connection(cause: Exception, free: bool) -> None:
    exc = APIConnectionError(request=REQUEST)
    exc.__cause__ = cause
    assert failure_of(exc, ASKED, streaming=False).nothing_sent is free
