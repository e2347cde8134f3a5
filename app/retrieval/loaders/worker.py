"""The process that opens files: run by path, one JSON line in and several out for each file.

In: ``{"path", "name", "limits"}``. Out: ``{"page": [done, all]}`` any number of times, then
``{"document": …}`` or ``{"error": …}``. It is given no key, and little memory; the end of stdin,
which every way of the parent's dying brings about, ends it.
"""

from __future__ import annotations

import json
import os
import queue
import sys
import threading
import time
from dataclasses import asdict
from pathlib import Path
from typing import Any

# Started with -P, so that nothing beside this file passes for a package: the root alone is ours.
sys.path.insert(0, str(Path(__file__).resolve().parents[3]))

from app.domain.errors import UserError
from app.domain.loading import LoadingLimits
from app.retrieval.loaders import dispatch

_EVERY = 0.2  # seconds between two signs of life


def limit_memory(wanted: int) -> None:
    """A parser that asks for more gets a MemoryError. Windows has no such limit, macOS does not keep it."""
    try:
        import resource

        _, hard = resource.getrlimit(resource.RLIMIT_AS)
        soft = wanted if hard == resource.RLIM_INFINITY else min(wanted, hard)
        resource.setrlimit(resource.RLIMIT_AS, (soft, hard))
        resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    except (ImportError, ValueError, OSError):
        pass


def read_jobs(jobs: queue.Queue[bytes]) -> None:
    """Wait for work beside the work: a parser that is busy must not outlive the app."""
    for line in iter(sys.stdin.buffer.readline, b""):
        jobs.put(line)
    os._exit(0)


def answer(wanted: dict[str, Any], say: Any) -> None:
    limits = LoadingLimits(**wanted["limits"])
    last = 0.0

    def on_page(done: int, pages: int) -> None:
        nonlocal last
        now = time.monotonic()
        if now - last >= _EVERY:
            last = now
            say(page=[done, pages])

    try:
        document = dispatch.load(Path(wanted["path"]), wanted["name"], limits, on_page)
    except UserError as exc:
        say(error={"message": exc.message.to_dict(), "remedy": exc.remedy.to_dict()})
        return
    except Exception as exc:
        say(crash=type(exc).__name__)
        return
    body = asdict(document)
    body["notices"] = [notice.to_dict() for notice in document.notices]
    say(document=body)


def main() -> None:
    # Whatever a library prints must not land between our lines.
    out = os.fdopen(os.dup(1), "w", encoding="utf-8")
    os.dup2(2, 1)

    def say(**line: object) -> None:
        try:
            out.write(json.dumps(line) + "\n")
            out.flush()
        except OSError:
            os._exit(0)  # nobody listens any more

    jobs: queue.Queue[bytes] = queue.Queue()
    threading.Thread(target=read_jobs, args=(jobs,), daemon=True).start()
    limited = False
    while True:
        wanted = json.loads(jobs.get())
        if not limited:
            limit_memory(int(wanted["limits"]["memory_bytes"]))
            limited = True
        answer(wanted, say)


if __name__ == "__main__":
    main()
