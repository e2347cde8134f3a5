"""Many people watch: S browser sessions × 3 panes × 20 tokens/s for 10 s on one server process.

    python -m benchmarks.load [--sessions 100] [--plain-sessions 40]

Sessions are websocket clients that speak Streamlit's protocol. All are attached first; then one gun
starts every stream. "Last token" is when the slowest session holds its last one, seconds after the
gun; 10.0 is the limit. The peer is plain `st.write_stream` panes under Streamlit's default settings.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import os
import re
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import httpx
import websockets
from streamlit.proto.BackMsg_pb2 import BackMsg

from benchmarks.tools import free_port

ROOT = Path(__file__).resolve().parent.parent
RATE, SECONDS, PANES = 20, 10, 3
PANE = re.compile(rb"figures-(\d)")
LAST = re.compile(rb"END(\d)")
TOKEN = re.compile(rb"w(\d+) ")


class Session:
    """One browser tab: sees tokens arrive, keeps the lag of each message and the time of the last token."""

    def __init__(self, port: int, query: str) -> None:
        self.url, self.query = f"ws://127.0.0.1:{port}/_stcore/stream", query
        self.heard = time.time()
        self.panes: set[bytes] = set()
        self.ended: dict[int, float] = {}
        self.lags: list[float] = []
        self.gun: float | None = None
        self.done = asyncio.Event()

    async def run(self) -> None:
        async with websockets.connect(
            self.url, subprotocols=["streamlit"], max_size=None, compression=None, ping_interval=None
        ) as socket:
            hello = BackMsg()
            hello.rerun_script.query_string = self.query
            await socket.send(hello.SerializeToString())
            async for message in socket:
                self.hear(message if isinstance(message, bytes) else message.encode())

    def hear(self, message: bytes) -> None:
        now = self.heard = time.time()
        if len(self.panes) < PANES:
            self.panes.update(PANE.findall(message))
        for pane in LAST.findall(message):
            self.ended.setdefault(int(pane), now)
        if len(self.ended) == PANES:
            self.done.set()
        if self.gun is not None and (at := message.rfind(b" w")) >= 0 and (token := TOKEN.match(message, at + 1)):
            self.lags.append(now - self.gun - (int(token[1]) + 1) / RATE)


async def measure(port: int, queries: list[str]) -> tuple[list[float], list[float], float]:
    """Last-token times of the sessions, all lags while streaming, and how long attaching took."""
    sessions = [Session(port, query) for query in queries]
    began = time.time()
    tasks = []
    for session in sessions:
        tasks.append(asyncio.create_task(session.run()))
        await asyncio.sleep(0.05)
    # Attached: every pane of every session is drawn, or (the peer's panes have no names) nobody has
    # heard anything new for two seconds.
    while time.time() - began < 120:
        quiet = time.time() - max(s.heard for s in sessions) > 2.0
        if quiet or all(len(s.panes) == PANES for s in sessions):
            break
        await asyncio.sleep(0.1)
    attaching = time.time() - began
    await asyncio.sleep(2.0)
    async with httpx.AsyncClient() as client:
        gun = (await client.get(f"http://127.0.0.1:{port}/bench/go", timeout=30)).json()
    for session in sessions:
        session.gun = gun
    try:
        await asyncio.wait_for(asyncio.gather(*(s.done.wait() for s in sessions)), 60)
    except TimeoutError:
        print(f"  {sum(not s.done.is_set() for s in sessions)} sessions never saw their last tokens")
    for task in tasks:
        task.cancel()
    await asyncio.gather(*tasks, return_exceptions=True)
    ended = [max(s.ended.values()) - gun if len(s.ended) == PANES else float("inf") for s in sessions]
    return ended, [lag for s in sessions for lag in s.lags], attaching


def serve(script: str, port: int, home: str, *options: str) -> subprocess.Popen[bytes]:
    command = [sys.executable, "-m", "streamlit", "run", script, "--server.port", str(port)]
    command += ["--server.headless", "true", "--server.address", "127.0.0.1", *options]
    environment = {**os.environ, "UNDERSTUDY_HOME": home, "OLLAMA_HOST": "127.0.0.1:9"}
    log = Path(home, "server.log").open("wb")  # noqa: SIM115
    server = subprocess.Popen(command, cwd=ROOT, env=environment, stdout=log, stderr=log)
    for _ in range(300):
        try:
            httpx.get(f"http://127.0.0.1:{port}/_stcore/health", timeout=1).raise_for_status()
            return server
        except httpx.HTTPError:
            time.sleep(0.1)
    raise SystemExit(f"the server did not start; see {home}/server.log")


def trial(name: str, script: str, sessions: int, *options: str) -> float:
    """Run one trial, print its row, return when the slowest session held its last token."""
    port = free_port()
    with tempfile.TemporaryDirectory() as home:
        server = serve(script, port, home, *options)
        try:
            query = f"rate={RATE}&seconds={SECONDS}&panes={PANES}"
            if script.endswith("load_server.py"):
                url = f"http://127.0.0.1:{port}/bench/start?n={sessions}&{query}"
                queries = [f"c={ident}" for ident in httpx.get(url, timeout=120).json()]
            else:
                queries = [query] * sessions
            ended, lags, attaching = asyncio.run(measure(port, queries))
        finally:
            server.terminate()
            server.wait(20)
    lags.sort()
    p50, p95 = (statistics.median(lags), lags[int(len(lags) * 0.95)]) if lags else (float("nan"),) * 2
    print(
        f"{name:44} {sessions:4} sessions   last token: median {statistics.median(ended):5.2f} s,"
        f" max {max(ended):5.2f} s"
        f"   lag p50 {p50 * 1000:5.0f} ms, p95 {p95 * 1000:5.0f} ms   (attached in {attaching:.0f} s)",
        flush=True,
    )
    return max(ended)


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--sessions", type=int, default=100)
    parser.add_argument("--plain-sessions", type=int, default=40)
    asked = parser.parse_args()
    print(f"{PANES} panes × {RATE} tokens/s × {SECONDS} s, one server process, {os.cpu_count()} cores")
    defaults = ("--server.fileWatcherType", "auto", "--runner.postScriptGC", "true")
    plain = trial(
        "plain st.write_stream panes, default settings", "benchmarks/load_plain.py", asked.plain_sessions, *defaults
    )
    ours = trial("Understudy's Compare page", "benchmarks/load_server.py", asked.sessions)
    print(
        json.dumps(
            {"plain_max_s": round(plain, 2), "understudy_max_s": round(ours, 2), "ratio": round(ours / plain, 3)}
        )
    )
    print(f"bar: {asked.sessions} sessions done within 11 s: {'met' if ours <= 11 else 'MISSED'}")
    return 0 if ours <= 11 else 1


if __name__ == "__main__":
    sys.exit(main())
