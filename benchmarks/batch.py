"""What a batch costs over a bare loop: 1,000 questions × 2 contestants, 32 at once, each answered after 200 ms.

    python -m benchmarks.batch [--repeats 3] [--questions 1000]

The server is a process of its own. The peer is the official `openai` SDK in a bare loop with a
semaphore: it streams as we do, and keeps what arrives in memory; we store every answer. Where npm is
at hand, promptfoo answers the same questions by the same servers; else a sentence says that it was
left out. The ideal is 2,000 × 0.2 s / 32 = 12.5 s.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import os
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import openai

from app.bootstrap import build
from app.domain.batches import BatchPlan, BatchState
from app.domain.models import Contestant, ModelRef, Sampling
from app.domain.questions import Question
from app.settings import load
from benchmarks.streaming import serve

AT_ONCE, DELAY = 32, 0.2
MODELS = ("after-200ms-incumbent", "after-200ms-challenger")
PROMPTFOO = "promptfoo@0.121"
INSTALLING = 600.0  # seconds that fetching promptfoo may take


def asked(n: int) -> list[str]:
    return [f"Question {i}: when does the office in Busan open? 부산 사무소는 언제 여나요?" for i in range(n)]


def bare(url: str, questions: int, *, stream: bool) -> float:
    """Seconds for all answers, by the SDK alone."""

    async def main() -> float:
        limit = asyncio.Semaphore(AT_ONCE)
        answers: list[str] = []

        async with openai.AsyncOpenAI(base_url=url, api_key="bench") as client:

            async def one(model: str, text: str) -> None:
                async with limit:
                    messages = [{"role": "user", "content": text}]
                    if not stream:
                        whole = await client.chat.completions.create(model=model, messages=messages)  # type: ignore[call-overload]
                        answers.append(whole.choices[0].message.content)
                        return
                    events = await client.chat.completions.create(  # type: ignore[call-overload]
                        model=model, messages=messages, stream=True, stream_options={"include_usage": True}
                    )
                    parts = [e.choices[0].delta.content or "" async for e in events if e.choices]
                    answers.append("".join(parts))

            await client.models.list()
            began = time.perf_counter()
            await asyncio.gather(*(one(model, text) for text in asked(questions) for model in MODELS))
            took = time.perf_counter() - began
        assert len(answers) == questions * len(MODELS) and all("9:30" in a for a in answers)
        return took

    return asyncio.run(main())


def batch(url: str, questions: int) -> tuple[float, float]:
    """Seconds from the start until every answer is stored, and CPU seconds of this process meanwhile."""
    with tempfile.TemporaryDirectory() as home:
        container = build(
            load({**os.environ, "UNDERSTUDY_HOME": home, "OPENAI_API_KEY": "bench-key", "OPENAI_BASE_URL": url})
        )
        try:
            container.directory.look(5.0)
            container.tokens.count("Go.", ModelRef("openai", MODELS[0]))
            container.questions.add("Bench", [Question(str(n), text) for n, text in enumerate(asked(questions), 1)])
            contestants = tuple(Contestant(ModelRef("openai", model), Sampling()) for model in MODELS)
            made = container.batches.create(BatchPlan("Bench", 1, contestants, concurrency=AT_ONCE))
            cpu, began = time.process_time(), time.perf_counter()
            container.batches.start(made.id)
            ended = container.batches.wait(made.id, 600)
            took, cpu = time.perf_counter() - began, time.process_time() - cpu
            assert ended.state is BatchState.DONE and ended.progress.done == questions * len(MODELS), ended
        finally:
            container.close()
    return took, cpu


def promptfoo(url: str, questions: int) -> float | str:
    """Seconds that promptfoo says its evaluation took, or why it could not be asked."""
    npx = shutil.which("npx")
    if npx is None:
        return "npx is not here"
    with tempfile.TemporaryDirectory() as folder:
        quiet = {
            **os.environ,
            "PROMPTFOO_CONFIG_DIR": folder,
            "PROMPTFOO_DISABLE_TELEMETRY": "1",
            "PROMPTFOO_DISABLE_UPDATE": "1",
            "PROMPTFOO_CACHE_ENABLED": "false",
            "OPENAI_API_KEY": "bench",
        }
        config = {
            "prompts": ["{{question}}"],
            "providers": [{"id": f"openai:chat:{model}", "config": {"apiBaseUrl": url}} for model in MODELS],
            "tests": [{"vars": {"question": text}} for text in asked(questions)],
        }
        (Path(folder) / "promptfooconfig.json").write_text(json.dumps(config), encoding="utf-8")
        try:
            subprocess.run(
                [npx, "--yes", PROMPTFOO, "--version"],
                env=quiet,
                cwd=folder,
                capture_output=True,
                timeout=INSTALLING,
                check=True,
            )
            result = Path(folder) / "out.json"
            command = [npx, "--yes", PROMPTFOO, "eval", "--no-cache", "--no-progress-bar", "--no-table", "--no-write"]
            subprocess.run(
                [*command, "--max-concurrency", str(AT_ONCE), "-o", str(result)],
                env=quiet,
                cwd=folder,
                capture_output=True,
                timeout=INSTALLING,
                check=True,
            )
            stats = json.loads(result.read_text(encoding="utf-8"))["results"]["stats"]
        except (subprocess.SubprocessError, OSError, KeyError, ValueError) as exc:
            return f"{PROMPTFOO} could not be run ({type(exc).__name__})"
    assert stats["successes"] == questions * len(MODELS), stats
    return float(stats["durationMs"]) / 1000


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--repeats", type=int, default=3)
    parser.add_argument("--questions", type=int, default=1000)
    given = parser.parse_args()
    ideal = given.questions * len(MODELS) * DELAY / AT_ONCE
    server, address = serve("tests.servers.openai_server")
    url = f"{address}/v1"
    try:
        rounds = [
            (
                bare(url, given.questions, stream=True),
                bare(url, given.questions, stream=False),
                batch(url, given.questions),
            )
            for _ in range(given.repeats)
        ]
        other = promptfoo(url, given.questions)
    finally:
        server.terminate()
    streaming, plain = statistics.median(r[0] for r in rounds), statistics.median(r[1] for r in rounds)
    ours, cpu = statistics.median(r[2][0] for r in rounds), statistics.median(r[2][1] for r in rounds)
    print(f"ideal             {ideal:6.2f} s")
    print(f"bare SDK, stream  {streaming:6.2f} s")
    print(f"bare SDK, plain   {plain:6.2f} s")
    print(f"batch, stored     {ours:6.2f} s   CPU {cpu:.1f} s")
    ratios = {
        "to_bare_stream": round(statistics.median(r[2][0] / r[0] for r in rounds), 3),
        "to_bare_plain": round(statistics.median(r[2][0] / r[1] for r in rounds), 3),
    }
    met = ratios["to_bare_stream"] <= 1.1
    if isinstance(other, str):
        print(f"promptfoo was left out: {other}.")
    else:
        print(f"{PROMPTFOO:17} {other:6.2f} s")
        ratios["promptfoo_to_batch"] = round(other / ours, 3)
        met = met and other / ours >= 1.35
    print(json.dumps(ratios))
    print(f"bars: at most 1.1 times the bare SDK, 1.35 times promptfoo's throughput: {'met' if met else 'MISSED'}")
    return 0 if met else 1


if __name__ == "__main__":
    sys.exit(main())
