"""Is the app alive, and can it store anything? For Docker and for load balancers."""

from __future__ import annotations

import asyncio

from starlette.requests import Request
from starlette.responses import JSONResponse
from starlette.routing import Route

from app import __version__
from app.bootstrap import shared
from app.domain.comparisons import Query


async def health(_: Request) -> JSONResponse:
    """200 with `status: ok`, or 503 when the database does not answer."""
    container = shared()
    try:
        await asyncio.to_thread(container.history.search, Query(limit=1))
    except Exception:
        return JSONResponse({"status": "database does not answer", "version": __version__}, status_code=503)
    return JSONResponse({"status": "ok", "version": __version__, "running": container.engine.busy})


routes = [Route("/api/health", health)]
