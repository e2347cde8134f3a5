"""A server that speaks Ollama's native API as 0.33 does; how it behaves is the model's name.

`steady-50tps-10s` (tokens per second × seconds, "w0 w1 …"), `answer`, `echo`, `korean`, `markdown`,
`thinker`, `levels` (thinks as gpt-oss does), `dense` (counts 400 tokens where others count one),
`endless`, `small-window` (64 tokens), `slow-load`, `old-server` (cuts the prompt in silence),
`embedder`, `replay-<recording in tests/wire>`, the same with its timing as `replay-<recording>:timed`,
and the `fault-…` of ollama_models.py. As a process, for browsers and benchmarks:

    python -m tests.servers.ollama_server --port 8124

`:latest` may be left out. Calls are counted for /api/chat only, under the name without `:latest`.
"""

from __future__ import annotations

import argparse
import asyncio
import hashlib
import json
import time

from tests.servers.base import FakeServer, Reply, Request
from tests.servers.ollama_models import DESCRIBED, LISTED, Described, Script, script_of
from tests.servers.recordings import WIRE, recording

NDJSON = "application/x-ndjson"
AT = "2026-11-21T04:39:20.656955373Z"
DEFAULT_NUM_CTX = 4096
FLOATS = ("temperature", "top_p", "min_p", "repeat_penalty", "frequency_penalty", "presence_penalty")
INTS = ("num_ctx", "num_predict", "top_k", "seed")
BUSY = "server busy, please try again.  maximum pending requests exceeded"
DIED = "an error was encountered while running the model: unexpected EOF"
MEMORY = "model requires more system memory (9.1 GiB) than is available (3.2 GiB)"


def short(name: str) -> str:
    return name.removesuffix(":latest")


class OllamaServer(FakeServer):
    """`parallel` answers at once, the others queue (None: all at once, so that panes grow together).

    `loaded` maps a model to its context window, `loads` tells each loading in order, `listed` is what
    /api/tags shows.
    """

    def __init__(self, port: int = 0, host: str = "127.0.0.1", *, parallel: int | None = None) -> None:
        super().__init__(port, host)
        self.loaded: dict[str, int] = {}
        self.loads: list[tuple[str, int]] = []
        self.listed: list[str] = list(LISTED)
        self.shows: list[str] = []
        self._slots = asyncio.Semaphore(parallel) if parallel else None

    def got(self, request: Request) -> None:
        if request.path.startswith("/__"):
            return
        self.requests.append(request)
        if request.path == "/api/chat":
            self.calls[short(request.model)] += 1

    def bodies(self, model: str) -> list[dict[str, object]]:
        return [r.json for r in self._chats(model)]

    def hung_up(self, model: str, within: float) -> bool:
        until = time.monotonic() + within
        while time.monotonic() < until:
            if chats := self._chats(model):
                return chats[-1].gone.wait(until - time.monotonic())
            time.sleep(0.005)
        return False

    def _chats(self, model: str) -> list[Request]:
        return [r for r in list(self.requests) if r.path == "/api/chat" and short(r.model) == short(model)]

    async def handle(self, request: Request, reply: Reply) -> None:
        match request.method, request.path:
            case "GET", "/":
                await reply.send(200, b"Ollama is running", "text/plain; charset=utf-8")
            case "GET", "/api/version":
                await reply.json(200, {"version": "0.33.0-fake"})
            case "GET", "/api/tags":
                await reply.json(200, {"models": [entry(name) for name in self.listed]})
            case "GET", "/api/ps":
                await reply.json(200, {"models": [running(name, size) for name, size in self.loaded.items()]})
            case "POST", "/api/show":
                await self._show(request, reply)
            case "POST", "/api/pull":
                await self._pull(request, reply)
            case "POST", "/api/chat":
                await self._chat(request, reply)
            case _:
                await super().handle(request, reply)

    def _known(self, name: str) -> bool:
        return script_of(name, {}) is not None or name in self.listed or _recorded(name) is not None

    async def _show(self, request: Request, reply: Reply) -> None:
        name = short(request.model)
        self.shows.append(name)
        if not self._known(name):
            await reply.json(404, {"error": f"model '{request.model}' not found"})
            return
        known = described(name)
        info = {"general.architecture": known.family, f"{known.family}.context_length": known.context_length}
        shown = {"details": details(known), "model_info": info, "capabilities": list(known.capabilities)}
        if known.remote_host:
            shown |= {"remote_host": known.remote_host, "remote_model": name}
        await reply.json(200, {"modelfile": "# Modelfile", "template": "{{ .Prompt }}", **shown, "modified_at": AT})

    async def _pull(self, request: Request, reply: Reply) -> None:
        name = short(request.model)
        await reply.begin(NDJSON)
        if name.startswith("nope"):
            for _, line in recording("pull-failure")["lines"]:  # type: ignore[attr-defined]
                await reply.chunk(str(line).encode() + b"\n")
            await reply.end()
            return
        steps: list[dict[str, object]] = [{"status": "pulling manifest"}]
        layer = {"status": "pulling 941f309b54ca", "digest": "sha256:941f309b54ca", "total": 4000}
        steps += [layer, *({**layer, "completed": n} for n in (1000, 2000, 3000, 4000))]
        steps += [{"status": "verifying sha256 digest"}, {"status": "writing manifest"}]
        for step in steps:
            await reply.chunk(json.dumps(step).encode() + b"\n")
        if name.startswith("cut"):
            await reply.end()
            return
        self.listed.append(name)
        await reply.chunk(b'{"status":"success"}\n')
        await reply.end()

    async def _chat(self, request: Request, reply: Reply) -> None:
        arrived, body, name = time.monotonic(), request.json, short(request.model)
        script = script_of(name, body) or (script_of("answer", body) if name in self.listed else None)
        if recorded := _recorded(name):
            await replay(*recorded, reply)
        elif script is None:
            await reply.json(404, {"error": f"model '{request.model}' not found"})
        elif refused := self._refused(request, name):
            await reply.json(refused[0], {"error": refused[1]})
        elif not body.get("messages"):
            reason = "unload" if body.get("keep_alive") == 0 else "load"
            await reply.json(200, {**head(request.model), "done": True, "done_reason": reason})
        elif script.end == "silence-first":
            await reply.silence()
        elif self._slots is None:
            await self._generate(request, reply, script, arrived)
        else:
            async with self._slots:
                await self._generate(request, reply, script, arrived)

    def _refused(self, request: Request, name: str) -> tuple[int, str] | None:
        body, capabilities = request.json, described(name).capabilities
        options = body.get("options") or {}
        assert isinstance(options, dict)
        for key, kind, names in (("float32", int | float, FLOATS), ("integer", int, INTS)):
            for option in names:
                if option in options and (isinstance(options[option], bool) or not isinstance(options[option], kind)):
                    return 500, f'option "{option}" must be of type {key}'
        if "completion" not in capabilities:
            return 400, f'"{request.model}" does not support chat'
        if body.get("think") and "thinking" not in capabilities:
            return 400, f'"{request.model}" does not support thinking'
        if name == "fault-503" or (name == "fault-503-then-ok" and self.calls[name] % 2):
            return 503, BUSY
        if name == "fault-memory":
            return 500, MEMORY
        if name == "fault-echo-key":
            return 500, f"the token {request.key} is of no use here"
        if name == "fault-overflow":
            return 400, too_long(6303, 512)
        return None

    async def _generate(self, request: Request, reply: Reply, script: Script, arrived: float) -> None:
        body, name, started = request.json, short(request.model), time.monotonic()
        options = body.get("options") or {}
        assert isinstance(options, dict)
        num_ctx = min(int(options.get("num_ctx", DEFAULT_NUM_CTX)), described(name).context_length)
        prompt = script.weight * count(body)
        if name == "old-server":
            prompt = num_ctx - 1
        elif prompt >= num_ctx:
            if body.get("truncate") is False:
                await reply.json(400, {"error": too_long(prompt, num_ctx)})
                return
            prompt = num_ctx // 2 + 2
        if self.loaded.get(name) != num_ctx:
            await reply.sleep(script.load)
            self.loaded[name] = num_ctx
            self.loads.append((name, num_ctx))
        loaded = time.monotonic()
        limit = int(options.get("num_predict", -1))
        room = num_ctx - prompt if body.get("shift") is False else 1 << 40
        most = min(room, limit if limit >= 0 else 1 << 40)
        await reply.begin(NDJSON)
        written, reason, first = 0, "length" if script.end == "length" else "stop", time.monotonic()
        start = (json.dumps(head(request.model))[:-1] + ',"message":{"role":"assistant","content":').encode()
        for field, token in script.pieces:
            if written >= most:
                reason = "length"
                break
            if script.per_second:
                # Against the clock and not from token to token, so that the rate holds.
                await reply.sleep(first + written / script.per_second - time.monotonic())
            # Half surrogates become U+FFFD, as in Go.
            text = json.dumps(token, ensure_ascii=False).encode("utf-8", "replace")
            line = start + (text if field == "content" else b'"","thinking":' + text) + b'},"done":false}\n'
            await write(reply, line, split=name == "korean")
            written += 1
        end = time.monotonic()
        spent = {"total": end - arrived, "load": loaded - started, "prompt_eval": first - loaded, "eval": end - first}
        done: dict[str, object] = {**head(request.model), "message": {"role": "assistant", "content": ""}}
        done |= {"done": True, "done_reason": reason, "prompt_eval_count": prompt, "eval_count": max(written, 1)}
        # Zero fields are omitted, as Go's omitempty does.
        done |= {f"{key}_duration": n for key, seconds in spent.items() if (n := int(seconds * 1e9))}
        await finish(reply, script.end, start, done)


async def write(reply: Reply, line: bytes, *, split: bool) -> None:
    """One line; `split` in the middle of its first long character, with time for the client to read the half."""
    at = next((i for i, byte in enumerate(line) if byte >= 0xC0), None) if split else None
    if at is None:
        await reply.chunk(line)
        return
    await reply.chunk(line[: at + 1])
    await reply.sleep(0.002)
    await reply.chunk(line[at + 1 :])


async def finish(reply: Reply, end: str, start: bytes, done: dict[str, object]) -> None:
    match end:
        case "drop":
            await reply.drop(start)
            return
        case "silence":
            await reply.silence()
        case "error":
            await reply.chunk(json.dumps({"error": DIED}).encode() + b"\n")
        case "bad-json":
            await reply.chunk(start + b'"unfinish\n')
        case "bad-utf8":
            await reply.chunk(start + b'"\xff\xfe\xba"},"done":false}\n')
        case "cut":
            pass
        case _:
            await reply.chunk(json.dumps(done).encode() + b"\n")
    await reply.end()


async def replay(name: str, timed: bool, reply: Reply) -> None:
    """The recorded answer, line by line, as fast as it goes or with the recorded timing."""
    seen = recording(name)
    headers, lines, status = seen["headers"], seen["lines"], seen["status"]
    assert isinstance(headers, dict) and isinstance(lines, list) and isinstance(status, int)
    began = time.monotonic()
    if status != 200 or "transfer-encoding" not in headers:
        body = "\n".join(str(text) for _, text in lines)
        await reply.send(status, body.encode(), str(headers["content-type"]))
        return
    await reply.begin(str(headers["content-type"]))
    for at, text in lines:
        if timed:
            await reply.sleep(began + at - time.monotonic())
        await reply.chunk(str(text).encode() + b"\n")
    await reply.end()


def _recorded(name: str) -> tuple[str, bool] | None:
    base, _, tag = name.removeprefix("replay-").partition(":")
    if name.startswith("replay-") and tag in ("", "timed") and (WIRE / f"{base}.json").is_file():
        return base, tag == "timed"
    return None


def described(name: str) -> Described:
    if name.startswith("replay-") and "think" in name:
        return DESCRIBED["thinker"]
    return DESCRIBED.get(name, Described())


def count(body: dict[str, object]) -> int:
    """Crude tokens of the prompt: four bytes each, and four for the frame of a message."""
    messages = body.get("messages")
    assert isinstance(messages, list)
    return sum(len(str(m.get("content", "")).encode("utf-8", "replace")) // 4 + 4 for m in messages)


def too_long(prompt: int, num_ctx: int) -> str:
    """The text of `error`: itself JSON, as the runner hands it on."""
    message = f"request ({prompt} tokens) exceeds the available context size ({num_ctx} tokens), try increasing it"
    kind = "exceed_context_size_error"
    error = {"code": 400, "message": message, "type": kind, "n_prompt_tokens": prompt, "n_ctx": num_ctx}
    return json.dumps({"error": error})


def head(model: str) -> dict[str, object]:
    return {"model": model, "created_at": AT}


def tagged(name: str) -> str:
    return name if ":" in name else f"{name}:latest"


def digest(name: str) -> str:
    return hashlib.sha256(name.encode()).hexdigest()


def details(known: Described) -> dict[str, object]:
    family = {"family": known.family, "families": [known.family]}
    return {"parent_model": "", "format": "gguf", **family, "parameter_size": "134.52M", "quantization_level": "Q4_1"}


def entry(name: str) -> dict[str, object]:
    """One model of /api/tags."""
    known = described(name)
    listed: dict[str, object] = {"name": tagged(name), "model": tagged(name), "modified_at": AT, "size": known.size}
    listed |= {"digest": digest(name), "details": details(known)}
    if known.lists_all:
        listed["details"] = {**details(known), "context_length": known.context_length, "embedding_length": 576}
        listed["capabilities"] = list(known.capabilities)
    if known.remote_host:
        listed |= {"remote_host": known.remote_host, "remote_model": name}
    return listed


def running(name: str, size: int) -> dict[str, object]:
    """One model of /api/ps."""
    known = described(name)
    loaded = {"name": tagged(name), "model": tagged(name), "size": known.size, "digest": digest(name)}
    return {**loaded, "details": details(known), "expires_at": AT, "size_vram": 0, "context_length": size}


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--port", type=int, default=11434)
    parser.add_argument("--host", default="127.0.0.1")
    parser.add_argument("--parallel", type=int, default=None, help="answers at once; the others queue")
    given = parser.parse_args()
    OllamaServer(given.port, given.host, parallel=given.parallel).serve_forever()
