"""A server that speaks the OpenAI protocol; how it behaves is the model's name.

`steady-50tps-10s` (tokens per second × seconds, "w0 w1 …"), `after-200ms` (all at once, after that), `answer`, `echo`,
`korean`, `markdown`,
`thinking`, `no-usage`, `endless`, `replay-<recording in tests/wire>`, and the `fault-…` below. The
`gpt-…` models of the list refuse what the real ones refuse. As a process, for browsers and benchmarks:

    python -m tests.servers.openai_server --port 8123 --pace 50
"""

from __future__ import annotations

import argparse
import asyncio
import json
import re
from collections import Counter
from collections.abc import Awaitable, Callable, Iterable

from tests.servers.base import FakeServer, Reply, Request
from tests.servers.openai_refusals import LIMITED, NO_STREAM_OPTIONS, REFUSED, error, refused_by_openai
from tests.servers.recordings import replay

KOREAN = "부산 사무소는 오전 9시 30분에 엽니다 🍚."
THOUGHT = "The office in Busan … half past nine."
ANSWER = "The Busan office opens at 9:30 [1]."
MARKDOWN = """# Offices

| office | opens |
|---|---|
| Busan | 9:30 |

- **Busan** opens at `9:30` [1]

```python
x = 1
```
"""
HTML = "<script>document.title='owned'</script><img src=x onerror=\"document.title='owned'\"> <b>bold</b> &amp; done"
STEADY = re.compile(r"steady-(\d+)tps-(\d+)s")
AFTER = re.compile(r"after-(\d+)ms(-.*)?")

LISTED = (
    ["answer", "echo", "korean", "markdown", "thinking", "no-usage", "endless", "steady-50tps-10s", "steady-20tps-10s"]
    + ["gpt-4.1-mini", "gpt-5-mini", "gpt-6-sol", "text-embedding-3-small"]
    + [f"fault-{name}" for name in ("401", "no-quota", "429-then-ok", "503", "overflow", "midstream-error", "cut")]
    + [f"fault-{name}" for name in ("cut-clean", "silence", "silence-first", "empty", "only-thinking", "bad-utf8")]
    + [f"fault-{name}" for name in ("bad-json", "refused-parameter", "html", "content-filter", "refusal", "length")]
)
SHUTDOWN = {"gpt-4.1-mini": "2027-01-14", "gpt-5-mini": "2026-12-11"}


class Chunks:
    """Writes the chunks of one streamed answer and counts its tokens."""

    def __init__(self, request: Request, reply: Reply) -> None:
        self.reply, self.body = reply, request.json
        head = {"id": "chatcmpl-fake", "object": "chat.completion.chunk", "created": 1795236182, "model": request.model}
        self._head = ("data: " + json.dumps(head)[:-1]).encode()
        limit = self.body.get("max_completion_tokens") or self.body.get("max_tokens")
        self.limit = limit if isinstance(limit, int) else None
        self.tokens = self.reasoning = 0

    def encode(self, text: str, field: str = "content") -> bytes:
        self.tokens += 1
        self.reasoning += field != "content"
        delta = b', "choices": [{"index": 0, "delta": {"%b": %b}, "finish_reason": null}]}\n\n'
        return self._head + delta % (field.encode(), json.dumps(text, ensure_ascii=False).encode())

    async def text(self, text: str, field: str = "content") -> None:
        await self.reply.chunk(self.encode(text, field))

    async def finish(self, reason: str, *, usage: bool = True) -> None:
        end = b', "choices": [{"index": 0, "delta": {}, "finish_reason": "%b"}]}\n\n' % reason.encode()
        options = self.body.get("stream_options")
        if usage and isinstance(options, dict) and options.get("include_usage"):
            end += self._head_of({"choices": [], "usage": self.usage()})
        await self.reply.chunk(self._head + end + b"data: [DONE]\n\n")
        await self.reply.end()

    def _head_of(self, rest: dict[str, object]) -> bytes:
        return self._head + b", " + json.dumps(rest).encode()[1:] + b"\n\n"

    def usage(self) -> dict[str, object]:
        prompt = max(1, len(said(self.body)) // 4)
        return {
            "prompt_tokens": prompt,
            "completion_tokens": self.tokens,
            "total_tokens": prompt + self.tokens,
            "prompt_tokens_details": {"cached_tokens": 0},
            "completion_tokens_details": {"reasoning_tokens": self.reasoning},
        }


def said(body: dict[str, object], role: str | None = None) -> str:
    """The texts of the conversation, or of the last message of `role`."""
    messages = body.get("messages")
    rows = [m for m in messages if isinstance(m, dict)] if isinstance(messages, list) else []
    texts = [str(m.get("content", "")) for m in rows if role is None or m.get("role") == role]
    return "\n".join(texts) if role is None else (texts or [""])[-1]


def words(text: str) -> list[str]:
    return re.findall(r"\s*\S+|\s+$", text)


class OpenAIServer(FakeServer):
    """`key`: what Authorization must hold, None for anything. `pace`: tokens/s of plain answers, None for at once."""

    def __init__(self, port: int = 0, *, key: str | None = None, pace: float | None = None) -> None:
        super().__init__(port)
        self.key, self.pace = key, pace
        self._limited: Counter[str] = Counter()

    @property
    def base_url(self) -> str:
        return f"{self.address}/v1"

    async def handle(self, request: Request, reply: Reply) -> None:
        if not request.path.startswith("/v1/"):
            await super().handle(request, reply)
        elif self.key is not None and request.key != self.key:
            await self._refuse("fault-401", request, reply)
        elif (request.method, request.path) == ("GET", "/v1/models"):
            await reply.json(200, {"object": "list", "data": [listed(name) for name in LISTED]})
        elif (request.method, request.path) == ("POST", "/v1/chat/completions"):
            await self._chat(request, reply)
        else:
            await super().handle(request, reply)

    async def _refuse(self, name: str, request: Request, reply: Reply) -> None:
        status, headers, body = REFUSED[name]
        text = json.dumps(body, ensure_ascii=False).replace("{key}", request.key or "")
        await reply.send(status, text.encode(), headers=headers)

    async def _chat(self, request: Request, reply: Reply) -> None:
        model = request.model
        if model.startswith("replay-"):
            await replay(model.removeprefix("replay-"), reply)
        elif model in REFUSED:
            await self._refuse(model, request, reply)
        elif model.startswith("fault-429-then-ok") and self._first_time(model):
            await reply.json(429, LIMITED, headers={"Retry-After": "1"})
        elif model == "fault-no-stream-options" and "stream_options" in request.json:
            await reply.json(400, NO_STREAM_OPTIONS)
        elif refusal := refused_by_openai(request.json):
            await reply.json(400, refusal)
        elif (answer := self._behaviour(model)) is None:
            await reply.json(
                404,
                error(
                    f"The model `{model}` does not exist or you do not have access to it.",
                    "invalid_request_error",
                    "model_not_found",
                ),
            )
        elif request.json.get("stream"):
            if late := AFTER.fullmatch(model):
                await reply.sleep(int(late[1]) / 1000)
            if model != "fault-silence-first":
                await reply.begin("text/event-stream; charset=utf-8")
            await answer(Chunks(request, reply))
        else:
            if late := AFTER.fullmatch(model):
                await reply.sleep(int(late[1]) / 1000)
            await whole(request, reply)

    def _first_time(self, model: str) -> bool:
        """True on every other call: refused, served, refused, served …"""
        self._limited[model] += 1
        return self._limited[model] % 2 == 1

    def _behaviour(self, model: str) -> Callable[[Chunks], Awaitable[None]] | None:
        if steady := STEADY.fullmatch(model):
            rate, seconds = int(steady[1]), int(steady[2])
            return lambda out: self._say(out, (f"w{i} " for i in range(rate * seconds)), rate=rate)
        if model == "endless":
            return lambda out: self._say(out, (f"w{i} " for i in range(10**9)), rate=200)
        plain = {
            "answer": ANSWER,
            "fault-no-stream-options": ANSWER,
            "markdown": MARKDOWN,
            "no-usage": ANSWER,
            "fault-html": HTML,
        }
        if model in plain or AFTER.fullmatch(model) or model.startswith(("gpt-", "fault-429-then-ok")):
            text = plain.get(model, ANSWER)
            return lambda out: self._say(out, words(text), usage=model != "no-usage")
        return {
            "echo": lambda out: self._say(out, words(said(out.body, "user"))),
            "korean": korean,
            "thinking": lambda out: thinking(out, KOREAN),
            "fault-only-thinking": lambda out: thinking(out, ""),
            "fault-length": full,
            "fault-empty": lambda out: out.finish("stop"),
            "fault-content-filter": lambda out: some(out, lambda: out.finish("content_filter")),
            "fault-refusal": refusing,
            "fault-cut": lambda out: some(out, lambda: out.reply.drop(out.encode("lost")[:60])),
            "fault-cut-clean": lambda out: some(out, out.reply.end),
            "fault-silence": lambda out: some(out, out.reply.silence),
            "fault-silence-first": lambda out: out.reply.silence(),
            "fault-midstream-error": lambda out: some(out, lambda: broken(out, json.dumps(STREAM_ERROR).encode())),
            "fault-bad-utf8": lambda out: some(
                out, lambda: broken(out, out.encode("bad").replace(b"bad", b"\xff\xfe")[6:])
            ),
            "fault-bad-json": lambda out: some(out, lambda: broken(out, b'{"choices": [{"delta": {"content": "x')),
        }.get(model)

    async def _say(self, out: Chunks, tokens: Iterable[str], *, rate: float | None = None, usage: bool = True) -> None:
        """Stream tokens on schedule: late ones go out together, so that the rate holds under load."""
        rate = rate or self.pace
        clock = asyncio.get_running_loop().time
        start = clock()
        for i, token in enumerate(tokens):
            if out.limit is not None and i >= out.limit:
                await out.finish("length", usage=usage)
                return
            if rate and (wait := start + i / rate - clock()) > 0:
                await out.reply.sleep(wait)
            await out.text(token)
        await out.finish("stop", usage=usage)


STREAM_ERROR = error("The server had an error while processing your request: unexpected EOF", "server_error")


async def some(out: Chunks, then: Callable[[], Awaitable[None]]) -> None:
    """Three tokens, then trouble."""
    for word in ("The ", "Busan ", "office "):
        await out.text(word)
    await out.reply.sleep(0.02)
    await then()


async def broken(out: Chunks, data: bytes) -> None:
    await out.reply.chunk(b"data: " + data.rstrip() + b"\n\n")
    await out.reply.chunk(b"data: [DONE]\n\n")
    await out.reply.end()


async def korean(out: Chunks) -> None:
    """Seven bytes a write: no multi-byte character is safe."""
    data = b"".join([out.encode(word) for word in words(KOREAN)])
    for start in range(0, len(data), 7):
        await out.reply.chunk(data[start : start + 7])
        await asyncio.sleep(0)
    await out.finish("stop")


async def thinking(out: Chunks, text: str) -> None:
    for word in words(THOUGHT):
        await out.text(word, "reasoning_content")
    for word in words(text):
        await out.text(word)
    await out.finish("stop" if text else "length")


async def full(out: Chunks) -> None:
    """Stops at five tokens, whether anybody asked for a limit or not."""
    for word in words(ANSWER)[:5]:
        await out.text(word)
    await out.finish("length")


async def refusing(out: Chunks) -> None:
    for word in words("I cannot help with that."):
        await out.text(word, "refusal")
    await out.finish("stop")


async def whole(request: Request, reply: Reply) -> None:
    """For clients that do not stream: the plain answer."""
    out = Chunks(request, reply)
    out.tokens = len(words(ANSWER))
    choice = {"index": 0, "message": {"role": "assistant", "content": ANSWER}, "finish_reason": "stop"}
    await reply.json(
        200,
        {"id": "chatcmpl-fake", "object": "chat.completion", "created": 1795236182, "model": request.model}
        | {"choices": [choice], "usage": out.usage()},
    )


def listed(name: str) -> dict[str, object]:
    entry: dict[str, object] = {"id": name, "object": "model", "created": 1795235913, "owned_by": "fake"}
    return entry | ({"shutdown_date": SHUTDOWN[name]} if name in SHUTDOWN else {})


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--port", type=int, default=0, help="0: any free port; the address is printed")
    parser.add_argument("--key", default=None, help="the key that requests must carry; any by default")
    parser.add_argument("--pace", type=float, default=None, help="tokens per second of the plain answers")
    given = parser.parse_args()
    OpenAIServer(given.port, key=given.key, pace=given.pace).serve_forever()


if __name__ == "__main__":
    main()
