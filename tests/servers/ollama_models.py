"""The models of the fake Ollama server: how each is described, and what it writes."""

from __future__ import annotations

import itertools
import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass

KOREAN = "부산 사무소는 오전 9시 30분에 엽니다 🍚."
THOUGHT = "The office in Busan … half past nine."
ANSWER = "The Busan office opens at 9:30 [1]."
STEADY = re.compile(r"steady-(\d+)tps-(\d+)s")
SOME = "one two three four five six seven eight nine ten eleven twelve"


@dataclass(frozen=True)
class Described:
    """What /api/tags and /api/show say. `lists_all`: whether the list tells as much as 0.33 does."""

    context_length: int = 8192
    capabilities: tuple[str, ...] = ("completion",)
    family: str = "llama"
    size: int = 98_362_745
    remote_host: str = ""
    lists_all: bool = True


@dataclass(frozen=True)
class Script:
    """What a model writes. `end` is how: stop, cut, drop, error, silence, bad-json, bad-utf8.

    `pieces` are (field, token); `per_second` 0 is as fast as it goes; `load` seconds are spent when
    the model is not in memory; `weight` is how many tokens it counts where others count one.
    """

    pieces: Iterable[tuple[str, str]] = ()
    per_second: float = 0.0
    end: str = "stop"
    load: float = 0.0
    weight: int = 1


Body = Mapping[str, object]


def words(text: str, field: str = "content") -> list[tuple[str, str]]:
    """`text` as tokens, each with the space before it, as models write them."""
    return [(field, part) for part in re.findall(r"\s*\S+|\s+$", text)]


def last_message(body: Body) -> str:
    messages = body.get("messages")
    last = messages[-1] if isinstance(messages, list) and messages else {}
    return str(last.get("content", "")) if isinstance(last, dict) else ""


def _thinker(body: Body) -> Script:
    thought = [] if body.get("think") is False else words(THOUGHT, "thinking")
    return Script([*thought, *words(KOREAN)], per_second=100)


def _endless(_: Body) -> Iterable[tuple[str, str]]:
    return (("content", f"w{n} ") for n in itertools.count())


def _some(end: str) -> Callable[[Body], Script]:
    return lambda _: Script(words(SOME), per_second=200, end=end)


THINKS = ("completion", "thinking")
DESCRIBED: dict[str, Described] = {
    "thinker": Described(capabilities=THINKS),
    "levels": Described(capabilities=THINKS, family="gptoss", context_length=131_072),
    "fault-only-thinking": Described(capabilities=THINKS),
    "embedder": Described(context_length=512, capabilities=("embedding",), family="bert", size=45_960_996),
    "dense": Described(context_length=32_768),
    "small-window": Described(context_length=64),
    "fault-overflow": Described(context_length=512),
    "fault-cloud": Described(context_length=131_072, size=384, remote_host="https://ollama.com:443"),
    "old-server": Described(lists_all=False),
    "old-embedder": Described(context_length=512, capabilities=("embedding",), family="bert", lists_all=False),
}
SCRIPTS: dict[str, Callable[[Body], Script]] = {
    "answer": lambda _: Script(words(ANSWER)),
    "echo": lambda body: Script(words(last_message(body))),
    "korean": lambda _: Script(words(KOREAN), per_second=100),
    "markdown": lambda _: Script(
        words("# Offices\n\n- **Busan** opens at `9:30` [1]\n\n<b>not bold</b> <script>1</script>")
    ),
    "thinker": _thinker,
    "levels": _thinker,
    "dense": lambda _: Script(words(ANSWER), weight=400),
    "endless": lambda body: Script(_endless(body), per_second=100),
    "small-window": lambda body: Script(_endless(body)),
    "slow-load": lambda _: Script(words(ANSWER), per_second=50, load=1.5),
    "old-server": lambda _: Script(words(ANSWER)),
    "embedder": lambda _: Script(),
    "old-embedder": lambda _: Script(),
    "fault-503": lambda _: Script(),
    "fault-503-then-ok": lambda _: Script(words(ANSWER)),
    "fault-overflow": lambda _: Script(),
    "fault-memory": lambda _: Script(),
    "fault-echo-key": lambda _: Script(),
    "fault-midstream-error": _some("error"),
    "fault-cut": _some("cut"),
    "fault-drop": _some("drop"),
    "fault-silence": _some("silence"),
    "fault-silence-first": lambda _: Script(end="silence-first"),
    "fault-bad-utf8": _some("bad-utf8"),
    "fault-bad-json": _some("bad-json"),
    "fault-empty": lambda _: Script(),
    "fault-only-thinking": lambda _: Script(words(THOUGHT * 40, "thinking"), per_second=500, end="length"),
    "fault-cloud": lambda _: Script(words(ANSWER)),
}
LISTED = ("steady-50tps-10s", "steady-20tps-10s", "replay-chat-korean:timed", "replay-chat-stream-cold:timed", *SCRIPTS)


def script_of(name: str, body: Body) -> Script | None:
    """What the model `name` (without `:latest`) writes; None for an unknown one."""
    if steady := STEADY.fullmatch(name):
        rate, seconds = int(steady[1]), int(steady[2])
        return Script(((("content", f"w{n} ")) for n in range(rate * seconds)), per_second=rate)
    return SCRIPTS[name](body) if name in SCRIPTS else None
