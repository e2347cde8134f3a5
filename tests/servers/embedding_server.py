"""A server that embeds, by Ollama's protocol and OpenAI's; how it behaves is the model's name.

Vectors count words (hashed into 64 dimensions), so that texts which share words are near. Models:
`embedder`, `narrow` (8 dimensions), `hangs` (after its first answer), `fault-…` below, and
`replay-<recording in tests/wire>`.
"""

from __future__ import annotations

import asyncio
import re
import zlib
from collections import Counter

from tests.servers.base import FakeServer, Reply, Request
from tests.servers.recordings import recording

LONGEST = 2000  # characters of one input


class EmbeddingServer(FakeServer):
    """`pause`: seconds that each request takes. `most` is how many it served at the same time."""

    def __init__(self, port: int = 0, *, pause: float = 0.0) -> None:
        super().__init__(port)
        self.pause = pause
        self.inputs: list[list[str]] = []
        self.most = 0
        self._now = 0
        self._seen: Counter[str] = Counter()

    async def handle(self, request: Request, reply: Reply) -> None:
        if request.path not in ("/api/embed", "/v1/embeddings"):
            await super().handle(request, reply)
            return
        self._now += 1
        self.most = max(self.most, self._now)
        try:
            await asyncio.sleep(self.pause)
            await self._embed(request, reply, ollama=request.path == "/api/embed")
        finally:
            self._now -= 1

    async def _embed(self, request: Request, reply: Reply, *, ollama: bool) -> None:
        name, given = request.model.removesuffix(":latest"), request.json.get("input")
        texts = [given] if isinstance(given, str) else [str(t) for t in given] if isinstance(given, list) else []
        self.inputs.append(texts)
        self._seen[name] += 1
        if name == "hangs" and self._seen[name] > 1:
            await reply.silence()
        if name.startswith("replay-"):
            seen = recording(name.removeprefix("replay-"))
            body = "\n".join(str(text) for _, text in seen["lines"])  # type: ignore[attr-defined]
            await reply.send(int(str(seen["status"])), body.encode())
        elif (fault := self._fault(name, request, texts)) is not None:
            status, words, headers = fault
            error = words if ollama else {"message": words, "type": "error", "code": None}
            await reply.json(status, {"error": error}, headers=headers)
        elif name == "fault-fewer":
            await self._send(reply, texts[1:], name, ollama)
        else:
            await self._send(reply, texts, name, ollama)

    def _fault(self, name: str, request: Request, texts: list[str]) -> tuple[int, str, dict[str, str]] | None:
        first = self._seen[name] == 1
        match name:
            case "fault-busy-once" if first:
                return 503, "server busy", {"Retry-After": "7"}
            case "fault-busy":
                return 503, "server busy", {}
            case "fault-echo-key":
                return 400, f"the key {request.key} is of no use here", {}
            case "fault-401":
                return 401, f"Incorrect API key provided: {request.key}", {}
            case "fault-unknown":
                return 404, f"model '{name}' not found", {}
        if any(len(text) > LONGEST for text in texts):
            return 400, "the input length exceeds the context length", {}
        return None

    async def _send(self, reply: Reply, texts: list[str], name: str, ollama: bool) -> None:
        vectors = [vector(text, 8 if name == "narrow" else 64) for text in texts]
        tokens = sum(len(text.split()) for text in texts)
        if ollama:
            await reply.json(200, {"model": name, "embeddings": vectors, "prompt_eval_count": tokens})
            return
        data = [{"object": "embedding", "index": n, "embedding": v} for n, v in enumerate(vectors)]
        usage = {"prompt_tokens": tokens, "total_tokens": tokens}
        await reply.json(200, {"object": "list", "data": data, "model": name, "usage": usage})


def vector(text: str, dimension: int) -> list[float]:
    counts = [0.0] * dimension
    for word in re.findall(r"\w+", text.lower()):
        counts[zlib.crc32(word.encode()) % dimension] += 2.0
    counts[0] += 0.01
    return counts
