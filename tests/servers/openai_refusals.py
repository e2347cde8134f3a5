"""What OpenAI answers when it does not answer: status and error object, word for word where it matters."""

from __future__ import annotations


def error(message: str, type_: str, code: str | None = None, param: str | None = None) -> dict[str, object]:
    return {"error": {"message": message, "type": type_, "param": param, "code": code}}


# What a fault answers before any token: status, headers, body.
REFUSED: dict[str, tuple[int, dict[str, str], dict[str, object]]] = {
    "fault-401": (
        401,
        {},
        error(
            "Incorrect API key provided: {key}. You can find your API key …", "invalid_request_error", "invalid_api_key"
        ),
    ),
    "fault-no-quota": (
        429,
        {},
        error("You exceeded your current quota, please check your plan.", "insufficient_quota", "insufficient_quota"),
    ),
    "fault-503": (503, {}, error("The engine is currently overloaded, please try again later", "server_error")),
    "fault-overflow": (
        400,
        {},
        error(
            "This model's maximum context length is 512 tokens. However, your messages resulted in 6303 tokens. "
            "Please reduce the length of the messages.",
            "invalid_request_error",
            "context_length_exceeded",
            "messages",
        ),
    ),
    "fault-refused-parameter": (
        400,
        {},
        error(
            "Unsupported value: 'temperature' does not support 0.3 with this model. "
            "Only the default (1) value is supported.",
            "invalid_request_error",
            "unsupported_value",
            "temperature",
        ),
    ),
}
NO_STREAM_OPTIONS = error("Extra inputs are not permitted: stream_options", "invalid_request_error")
LIMITED = error("Rate limit reached for requests. Please try again in 1s.", "requests", "rate_limit_exceeded")


def refused_by_openai(body: dict[str, object]) -> dict[str, object] | None:
    """What the real API answers to a parameter that a gpt model does not take (seen in October 2026)."""
    model = str(body.get("model"))
    if not model.startswith("gpt-"):
        return None
    for field in ("top_k", "repeat_penalty", "min_p"):
        if field in body:
            return error(f"Unrecognized request argument supplied: {field}", "invalid_request_error")
    thinks = model.startswith("gpt-5") or (model.startswith("gpt-6") and body.get("reasoning_effort") != "none")
    if thinks and body.get("temperature", 1) != 1:
        return dict(REFUSED["fault-refused-parameter"][2])
    for field in ("top_p", "max_tokens", "presence_penalty", "frequency_penalty", "stop") if thinks else ():
        if field in body:
            return error(
                f"Unsupported parameter: '{field}' is not supported with this model.",
                "invalid_request_error",
                "unsupported_parameter",
                field,
            )
    return None
