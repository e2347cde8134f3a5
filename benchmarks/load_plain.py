"""The named peer of benchmarks/load.py: three plain `st.write_stream` panes, Streamlit's default settings."""

from __future__ import annotations

import asyncio
import queue
import threading
import time
from collections.abc import Iterator
from pathlib import Path

from starlette.requests import Request
from starlette.responses import JSONResponse
from starlette.routing import Route
from streamlit.starlette import App

SCRIPT = Path(__file__).with_name("load_plain_page.py")


class Producer:
    """One asyncio thread that fills the queues of all panes, as the run engine's loop would."""

    def __init__(self) -> None:
        self.loop = asyncio.new_event_loop()
        self.fired = asyncio.Event()
        self.at = 0.0
        threading.Thread(target=self.loop.run_forever, daemon=True).start()

    def stream(self, rate: int, seconds: int, pane: int) -> Iterator[str]:
        tokens: queue.SimpleQueue[str | None] = queue.SimpleQueue()

        async def fill() -> None:
            await self.fired.wait()
            for n in range(rate * seconds):
                await asyncio.sleep(max(0.0, self.at + (n + 1) / rate - time.time()))
                tokens.put(f"w{n} " if n < rate * seconds - 1 else f"END{pane}")
            tokens.put(None)

        asyncio.run_coroutine_threadsafe(fill(), self.loop)
        yield from iter(tokens.get, None)

    def fire(self) -> float:
        self.at = time.time()
        self.loop.call_soon_threadsafe(self.fired.set)
        return self.at


producer = Producer()


async def go(_: Request) -> JSONResponse:
    return JSONResponse(producer.fire())


streamlit_app = App(SCRIPT, routes=[Route("/bench/go", go)])
