"""The app as it is, with one more provider that produces tokens in-process when a gun is fired.

Started by benchmarks/load.py. The provider stands where a model server would, so that what is
measured is the engine and the page, not another process on the same two cores.
"""

from __future__ import annotations

import asyncio
import sys
import time
from collections.abc import AsyncIterator, Sequence
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
if str(ROOT) not in sys.path:
    sys.path.insert(0, str(ROOT))

from starlette.requests import Request  # noqa: E402
from starlette.responses import JSONResponse  # noqa: E402
from starlette.routing import Route  # noqa: E402
from streamlit.starlette import App  # noqa: E402

from app.bootstrap import shared  # noqa: E402
from app.domain.answers import Usage  # noqa: E402
from app.domain.chat import ChatEvent, ChatRequest, Finished, Sent, TextDelta  # noqa: E402
from app.domain.comparisons import Comparison  # noqa: E402
from app.domain.message import Message  # noqa: E402
from app.domain.models import Capabilities, Contestant, ModelInfo, ModelRef, ProviderStatus  # noqa: E402
from app.main import lifespan  # noqa: E402


class Gun:
    """Starts every waiting stream at the same moment."""

    def __init__(self) -> None:
        self.at: float | None = None
        self._loop: asyncio.AbstractEventLoop | None = None
        self._fired = asyncio.Event()

    async def wait(self) -> float:
        self._loop = asyncio.get_running_loop()
        await self._fired.wait()
        assert self.at is not None
        return self.at

    def fire(self) -> float:
        self.at = time.time()
        assert self._loop is not None, "nobody waits"
        self._loop.call_soon_threadsafe(self._fired.set)
        return self.at


gun = Gun()


class SteadyProvider:
    """`20x10` is 20 tokens a second for 10 seconds."""

    name = "steady"

    async def status(self) -> ProviderStatus:
        return ProviderStatus(self.name, True, Message("ready"), Message(""))

    async def models(self) -> Sequence[ModelInfo]:
        return [ModelInfo(ModelRef(self.name, "20x10"), local=True)]

    async def capabilities(self, model: str) -> Capabilities:
        return Capabilities(local=True)

    async def chat(self, request: ChatRequest) -> AsyncIterator[ChatEvent]:
        rate, seconds, pane = (int(part) for part in request.model.split("x"))
        yield Sent({"model": request.model})
        start = await gun.wait()
        for n in range(rate * seconds):
            await asyncio.sleep(max(0.0, start + (n + 1) / rate - time.time()))
            yield TextDelta(f"w{n} " if n < rate * seconds - 1 else f"END{pane}")
        yield Finished("stop", Usage(input=1, output=rate * seconds))

    async def aclose(self) -> None:
        return None


async def start(request: Request) -> JSONResponse:
    """Start `n` comparisons of `panes` steady contestants; answers their ids."""
    container = shared()
    rate, seconds = int(request.query_params["rate"]), int(request.query_params["seconds"])
    contestants = tuple(
        Contestant(ModelRef("steady", f"{rate}x{seconds}x{n}")) for n in range(int(request.query_params["panes"]))
    )

    def begin() -> list[str]:
        container.directory.add(SteadyProvider())
        comparison = Comparison("How fast?", contestants)
        return [container.comparing.start(comparison).id for _ in range(int(request.query_params["n"]))]

    return JSONResponse(await asyncio.to_thread(begin))


async def go(_: Request) -> JSONResponse:
    return JSONResponse(gun.fire())


routes = [Route("/bench/start", start), Route("/bench/go", go)]
streamlit_app = App(ROOT / "app" / "ui" / "shell.py", lifespan=lifespan, routes=routes)
