"""The app as a process of its own, and the ways that tests speak to its page."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import httpx

from tests.integration.commands import OURS
from tests.servers.base import free_port

ROOT = Path(__file__).resolve().parent.parent.parent


@dataclass(frozen=True)
class RunningApp:
    url: str
    process: subprocess.Popen[bytes]
    home: Path
    log: Path


@contextmanager
def start_app(home: Path, **environment: str) -> Iterator[RunningApp]:
    """`streamlit run app/main.py` as the README says, on a free port, with a data folder of its own.

    Of the settings of whoever runs the tests it knows nothing: their models would be asked in place of the test's.
    """
    port = free_port()
    url = f"http://127.0.0.1:{port}"
    log = home / "server.log"
    others = {name: value for name, value in os.environ.items() if not name.startswith(OURS)}
    with log.open("wb") as out:
        process = subprocess.Popen(
            [
                sys.executable,
                "-m",
                "streamlit",
                "run",
                "app/main.py",
                "--server.port",
                str(port),
                "--server.headless=true",
            ],
            cwd=ROOT,
            env={**others, "UNDERSTUDY_HOME": str(home), **environment},
            stdout=out,
            stderr=out,
        )
    try:
        for _ in range(300):
            try:
                httpx.get(f"{url}/api/health", timeout=2).raise_for_status()
                break
            except httpx.HTTPError:
                assert process.poll() is None, log.read_text()
                time.sleep(0.1)
        else:
            raise AssertionError(log.read_text())
        yield RunningApp(url, process, home, log)
    finally:
        process.send_signal(signal.SIGTERM)
        try:
            process.wait(15)
        except subprocess.TimeoutExpired:
            process.kill()
