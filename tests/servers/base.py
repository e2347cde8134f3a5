"""A small HTTP/1.1 server over raw sockets, in a thread of its own.

Raw, because a fake server must do what frameworks prevent: split a character between two writes,
drop the connection in mid-chunk, fall silent, and notice at once that the client has gone.
"""

from __future__ import annotations

import asyncio
import contextlib
import json
import threading
import time
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Self
from urllib.parse import unquote, urlsplit

REASONS = {200: "OK", 400: "Bad Request", 401: "Unauthorized", 404: "Not Found", 429: "Too Many Requests"}


@dataclass(eq=False)
class Request:
    """What a client asked. `headers` has lower-case names; the key is taken out of it."""

    method: str
    path: str
    headers: dict[str, str]
    body: bytes
    key: str | None = field(default=None, repr=False)
    gone: threading.Event = field(default_factory=threading.Event, repr=False)

    @property
    def json(self) -> dict[str, object]:
        """The body as an object; empty when it is none."""
        try:
            data = json.loads(self.body)
        except ValueError:
            return {}
        return data if isinstance(data, dict) else {}

    @property
    def model(self) -> str:
        """The model that the body names, under the name that OpenAI or Ollama uses."""
        body = self.json
        return str(body.get("model") or body.get("name") or "")


class Gone(Exception):
    """The client went away in the middle of an answer."""


class Reply:
    """What a handler writes to. Every write raises Gone once the client has left."""

    def __init__(self, connection: _Connection) -> None:
        self._connection = connection
        self._chunked = False
        self.started = False
        self.dropped = False

    async def send(
        self,
        status: int,
        body: bytes,
        content_type: str = "application/json",
        headers: Mapping[str, str] = {},
    ) -> None:
        """A whole answer at once."""
        self._head(status, {"Content-Type": content_type, "Content-Length": str(len(body)), **headers})
        await self._write(body)

    async def json(self, status: int, data: object, headers: Mapping[str, str] = {}) -> None:
        await self.send(status, json.dumps(data, ensure_ascii=False).encode(), headers=headers)

    async def begin(self, content_type: str, status: int = 200) -> None:
        """Start a chunked answer; chunk() until end()."""
        self._chunked = True
        self._head(status, {"Content-Type": content_type, "Transfer-Encoding": "chunked"})
        await self._write(b"")

    async def chunk(self, data: bytes) -> None:
        await self._write(b"%x\r\n%b\r\n" % (len(data), data))

    async def end(self) -> None:
        await self._write(b"0\r\n\r\n")

    async def drop(self, partial: bytes = b"") -> None:
        """Cut the connection; with `partial`, in the middle of a chunk that promised more."""
        self.dropped = True
        if partial:
            await self._write(b"%x\r\n%b" % (len(partial) + 100, partial))
        self._connection.transport.close()

    async def sleep(self, seconds: float) -> None:
        """Wait, but no longer than the client does; a short wait is not cut short, only followed by a look."""
        if seconds < 0.2:
            await asyncio.sleep(max(0.0, seconds))
            if self._connection.left.is_set():
                raise Gone
            return
        with contextlib.suppress(TimeoutError):
            await asyncio.wait_for(self._connection.left.wait(), seconds)
            raise Gone

    async def silence(self) -> None:
        """Say nothing until the client leaves."""
        await self._connection.left.wait()
        raise Gone

    def _head(self, status: int, headers: Mapping[str, str]) -> None:
        self.started = True
        lines = [f"HTTP/1.1 {status} {REASONS.get(status, 'Status')}", *(f"{k}: {v}" for k, v in headers.items())]
        self._connection.transport.write(("\r\n".join(lines) + "\r\n\r\n").encode())

    async def _write(self, data: bytes) -> None:
        if self._connection.left.is_set():
            raise Gone
        self._connection.transport.write(data)
        await self._connection.writable.wait()


class _Connection(asyncio.Protocol):
    """One socket: reads requests one after the other, and knows at once when the client leaves."""

    transport: asyncio.Transport

    def __init__(self, server: FakeServer) -> None:
        self.server = server
        self.left = asyncio.Event()
        self.writable = asyncio.Event()
        self.writable.set()
        self._arrived = asyncio.Event()
        self._buffer = bytearray()

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)
        self.transport = transport
        self.server.connections.add(self)
        self._task = asyncio.get_running_loop().create_task(self._serve())

    def data_received(self, data: bytes) -> None:
        self._buffer += data
        self._arrived.set()

    def pause_writing(self) -> None:
        self.writable.clear()

    def resume_writing(self) -> None:
        self.writable.set()

    def connection_lost(self, exc: Exception | None) -> None:
        self.server.connections.discard(self)
        self.left.set()
        self.writable.set()
        self._arrived.set()

    async def _take(self, upto: bytes | int) -> bytes:
        """Bytes up to and with a mark, or that many."""
        while True:
            at = self._buffer.find(upto) + len(upto) if isinstance(upto, bytes) else upto
            found = at >= len(upto) if isinstance(upto, bytes) else len(self._buffer) >= at
            if found:
                data = bytes(self._buffer[:at])
                del self._buffer[:at]
                return data
            if self.left.is_set():
                raise Gone
            self._arrived.clear()
            await self._arrived.wait()

    async def _serve(self) -> None:
        with contextlib.suppress(Gone):
            while not self.left.is_set():
                request = await self._read()
                reply = Reply(self)
                self.server.got(request)
                try:
                    await self.server.handle(request, reply)
                except Gone:
                    request.gone.set()
                    raise
                if reply.dropped:
                    return

    async def _read(self) -> Request:
        head = (await self._take(b"\r\n\r\n")).decode("latin-1").split("\r\n")
        method, target, _ = head[0].split(" ", 2)
        headers = {}
        for line in head[1:]:
            name, colon, value = line.partition(":")
            if colon:
                headers[name.strip().lower()] = value.strip()
        key = headers.pop("authorization", None)
        body = await self._take(int(headers.get("content-length", "0")))
        return Request(method, unquote(urlsplit(target).path), headers, body, key and key.removeprefix("Bearer "))


class FakeServer:
    """Start it with `with`; it listens on `address` until the block ends.

    `requests` holds every request in order of arrival, `calls` counts those that name a model, by
    model; GET /__calls tells the same to other processes, and DELETE /__calls forgets it.
    """

    def __init__(self, port: int = 0, host: str = "127.0.0.1") -> None:
        self.host, self.port = host, port
        self.requests: list[Request] = []
        self.calls: Counter[str] = Counter()
        self.connections: set[_Connection] = set()
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever, daemon=True, name=type(self).__name__)

    @property
    def address(self) -> str:
        return f"http://{self.host}:{self.port}"

    async def handle(self, request: Request, reply: Reply) -> None:
        """Answer one request. Subclasses answer theirs and leave the rest to this."""
        if request.path == "/__calls" and request.method == "GET":
            await reply.json(200, {"calls": dict(self.calls), "requests": len(self.requests)})
        elif request.path == "/__calls" and request.method == "DELETE":
            self.forget()
            await reply.json(200, {})
        else:
            await reply.json(404, {"error": {"message": f"no {request.method} {request.path} here"}})

    def got(self, request: Request) -> None:
        if request.path.startswith("/__"):
            return
        self.requests.append(request)
        if request.model:
            self.calls[request.model] += 1

    def forget(self) -> None:
        self.requests.clear()
        self.calls.clear()

    def bodies(self, model: str) -> list[dict[str, object]]:
        return [r.json for r in list(self.requests) if r.method == "POST" and r.model == model]

    def hung_up(self, model: str, within: float) -> bool:
        """Wait up to `within` seconds until the client of the last request for `model` left before its end."""
        until = time.monotonic() + within
        while time.monotonic() < until:
            last = next((r for r in reversed(list(self.requests)) if r.model == model), None)
            if last is not None:
                return last.gone.wait(until - time.monotonic())
            time.sleep(0.005)
        return False

    async def listen(self) -> None:
        loop = asyncio.get_running_loop()
        self._server = await loop.create_server(lambda: _Connection(self), self.host, self.port, backlog=1024)
        self.port = self._server.sockets[0].getsockname()[1]

    def __enter__(self) -> Self:
        self._thread.start()
        asyncio.run_coroutine_threadsafe(self.listen(), self._loop).result(10)
        return self

    def __exit__(self, *_: object) -> None:
        async def close() -> None:
            self._server.close()
            for connection in list(self.connections):
                connection.transport.abort()
            current = asyncio.current_task()
            for task in asyncio.all_tasks():
                if task is not current:
                    task.cancel()
            await asyncio.sleep(0)

        asyncio.run_coroutine_threadsafe(close(), self._loop).result(10)
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join(10)
        self._loop.close()

    def serve_forever(self) -> None:
        """For `python -m`: listen, print the address, and go on until interrupted."""

        async def main() -> None:
            await self.listen()
            print(self.address, flush=True)  # noqa: T201 - the parent process reads it
            await asyncio.Event().wait()

        with contextlib.suppress(KeyboardInterrupt):
            asyncio.run(main())


def free_port() -> int:
    """A port where nobody listens."""
    import socket

    with socket.socket() as s:
        s.bind(("127.0.0.1", 0))
        return int(s.getsockname()[1])
