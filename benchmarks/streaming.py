"""What the run engine costs over the bare SDKs: four streams of 100 tokens/s for 10 s from a local server.

    python -m benchmarks.streaming [--repeats 3]

Two streams speak the OpenAI protocol, two Ollama's. The peer is `AsyncOpenAI` and `ollama.AsyncClient`
in a bare loop, in the same process, the two taking turns. Times count from the moment of asking;
CPU is this process's alone: the servers are others.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import os
import statistics
import subprocess
import sys
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path

import httpx
import ollama
import openai

from app.bootstrap import Container, build
from app.domain.comparisons import Comparison
from app.domain.models import Contestant, ModelRef
from app.settings import load
from benchmarks.tools import free_port

MODEL, TOKENS = "steady-100tps-10s", 1000
ROOT = Path(__file__).resolve().parent.parent


@dataclass(frozen=True)
class Trial:
    """Seconds from asking to the first token (the slowest stream's), to the last, and CPU seconds."""

    first: float
    last: float
    cpu: float


async def bare(openai_url: str, ollama_url: str) -> Trial:
    began = 0.0
    firsts: list[float] = []
    counts: list[int] = []

    async def by_openai(client: openai.AsyncOpenAI) -> None:
        first, count = 0.0, 0
        stream = await client.chat.completions.create(
            model=MODEL,
            messages=[{"role": "user", "content": "Go."}],
            stream=True,
            stream_options={"include_usage": True},
        )
        async for chunk in stream:
            if chunk.choices and chunk.choices[0].delta.content:
                first = first or time.perf_counter() - began
                count += 1
        firsts.append(first)
        counts.append(count)

    async def by_ollama(client: ollama.AsyncClient) -> None:
        first, count = 0.0, 0
        async for part in await client.chat(MODEL, [{"role": "user", "content": "Go."}], stream=True):
            if part.message.content:
                first = first or time.perf_counter() - began
                count += 1
        firsts.append(first)
        counts.append(count)

    async with openai.AsyncOpenAI(base_url=openai_url, api_key="bench") as client:
        other = ollama.AsyncClient(ollama_url)
        # Making a client and its first connection take tens of milliseconds: both sides begin warm.
        await asyncio.gather(client.models.list(), other.list())
        cpu, began = time.process_time(), time.perf_counter()
        await asyncio.gather(by_openai(client), by_openai(client), by_ollama(other), by_ollama(other))
    assert counts == [TOKENS] * 4, counts
    return Trial(max(firsts), time.perf_counter() - began, time.process_time() - cpu)


def engine(container: Container) -> Trial:
    models = [
        ModelRef("openai", MODEL),
        ModelRef("openai", MODEL),
        ModelRef("ollama", MODEL),
        ModelRef("ollama", MODEL),
    ]
    for model in set(models):
        container.directory.capabilities(model)
    cpu, began = time.process_time(), time.perf_counter()
    record = container.comparing.start(Comparison("Go.", tuple(Contestant(m) for m in models)))
    lives = [pane.live for pane in container.comparing.panes(record.id)[1]]
    ended = container.comparing.wait(record.id, 60)
    last = time.perf_counter() - began
    cpu = time.process_time() - cpu
    for answer in ended.answers:
        assert answer.answer.status == "done" and len(answer.answer.text.split()) == TOKENS, answer.answer.error
    firsts = [live._first_token_at - began for live in lives if live and live._first_token_at]
    assert len(firsts) == 4
    return Trial(max(firsts), last, cpu)


def serve(module: str) -> tuple[subprocess.Popen[bytes], str]:
    port = free_port()
    server = subprocess.Popen(
        [sys.executable, "-m", module, "--port", str(port)],
        cwd=ROOT,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    url = f"http://127.0.0.1:{port}"
    for _ in range(100):
        try:
            httpx.get(f"{url}/__calls", timeout=1).raise_for_status()
            return server, url
        except httpx.HTTPError:
            time.sleep(0.05)
    raise SystemExit(f"{module} did not start")


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--repeats", type=int, default=3)
    repeats = parser.parse_args().repeats
    (openai_server, openai_url), (ollama_server, ollama_url) = (
        serve("tests.servers.openai_server"),
        serve("tests.servers.ollama_server"),
    )
    try:
        with tempfile.TemporaryDirectory() as home:
            environment = {
                **os.environ,
                "UNDERSTUDY_HOME": home,
                "OPENAI_API_KEY": "bench-key",
                "OPENAI_BASE_URL": f"{openai_url}/v1",
                "OLLAMA_HOST": ollama_url,
            }
            container = build(load(environment))
            container.directory.look(5.0)
            container.tokens.count("Go.", ModelRef("openai", MODEL))
            pairs = [(asyncio.run(bare(f"{openai_url}/v1", ollama_url)), engine(container)) for _ in range(repeats)]
            container.close()
    finally:
        openai_server.terminate()
        ollama_server.terminate()
    for name, trials in (("bare SDKs", [p for p, _ in pairs]), ("run engine", [e for _, e in pairs])):
        first, last, cpu = (statistics.median(getattr(t, key) for t in trials) for key in ("first", "last", "cpu"))
        print(
            f"{name:12} first token {first * 1000:7.1f} ms   last token {last:7.3f} s   "
            f"CPU per 1,000 tokens {cpu / 4 * 1000:6.0f} ms"
        )
    ratio = statistics.median(e.last / b.last for b, e in pairs)
    later = statistics.median((e.first - b.first) * 1000 for b, e in pairs)
    cpu = statistics.median(e.cpu / b.cpu for b, e in pairs)
    print(json.dumps({"last_ratio": round(ratio, 4), "first_later_ms": round(later, 1), "cpu_ratio": round(cpu, 2)}))
    met = ratio <= 1.02 and later <= 10
    print(f"bars: last token at most 1.02 times, first at most 10 ms later: {'met' if met else 'MISSED'}")
    return 0 if met else 1


if __name__ == "__main__":
    sys.exit(main())
