"""What a model behind the OpenAI protocol accepts.

OpenAI's list gives names and little else, so what its own models take comes from an offline table
(models.dev by way of langchain-openai, MIT) and from the rules that its API was seen to apply. About
other servers nothing is assumed: they are sent what is asked for, and say themselves what they refuse.
"""

from __future__ import annotations

import importlib.util
import re
from collections.abc import Mapping
from datetime import date
from functools import lru_cache
from pathlib import Path
from types import MappingProxyType

from app.domain.message import Message
from app.domain.models import Capabilities, Reasoning

# A reasoning model takes none of these while it reasons (400 unsupported_value or unsupported_parameter).
SAMPLED = ("temperature", "top_p", "frequency_penalty", "presence_penalty", "stop")
LEVELS: tuple[Reasoning, ...] = ("none", "low", "medium", "high")

_SNAPSHOT = re.compile(r"-\d{4}-\d{2}-\d{2}$|-\d{4}$")
_REASONS = re.compile(r"o\d|gpt-[5-9]")
# Take sampling with reasoning "none", though the table says that they never do (seen in October 2026).
_TAKES_IT_WITHOUT_REASONING = frozenset({"gpt-6-sol", "gpt-6-luna"})
_NO_CHAT = re.compile(
    r"embed|whisper|tts|transcribe|dall-e|image|moderation|realtime|audio|sora|davinci|babbage|rerank|guard",
    re.IGNORECASE,
)
# Served by other routes of OpenAI's own API than chat completions.
_NO_CHAT_AT_OPENAI = re.compile(r"-pro\b|codex|deep-research|computer-use|instruct")


@lru_cache(maxsize=1)
def table() -> Mapping[str, Mapping[str, object]]:
    """langchain-openai's profiles by model name; empty when that package has no such file."""
    # Loaded by its path: importing the package costs a second and all of langchain.
    package = importlib.util.find_spec("langchain_openai")
    if package is None or package.origin is None:
        return MappingProxyType({})
    path = Path(package.origin).parent / "data" / "_profiles.py"
    spec = importlib.util.spec_from_file_location("_openai_profiles", path)
    if not path.is_file() or spec is None or spec.loader is None:
        return MappingProxyType({})
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    profiles = getattr(module, "_PROFILES", {})
    return MappingProxyType(profiles if isinstance(profiles, dict) else {})


def base_name(model: str) -> str:
    """The model that a snapshot or a fine-tune is made of: ``ft:gpt-4o-mini-2024-07-18:team::x`` → ``gpt-4o-mini``."""
    name = model.removeprefix("ft:").partition(":")[0]
    return _SNAPSHOT.sub("", name)


def openai_capabilities(model: str, *, retires: date | None = None) -> Capabilities:
    """What `model` takes on OpenAI's own API."""
    rows = table()
    name = model if model in rows else base_name(model)
    row = rows.get(name, {})
    reasons = bool(row.get("reasoning_output")) if "reasoning_output" in row else bool(_REASONS.match(name))
    listed = row.get("reasoning_effort_levels")
    levels = tuple(level for level in LEVELS if level in listed) if isinstance(listed, list) else LEVELS[1:]

    refused = {
        "top_k": Message("OpenAI has no top_k."),
        "repeat_penalty": Message("OpenAI has no repeat_penalty; it has frequency_penalty and presence_penalty."),
    }
    conditional: dict[str, Message] = {}
    if not reasons:
        refused["reasoning"] = Message("{model} does not reason.", model=model)
    elif "none" in levels and (row.get("temperature") is True or name in _TAKES_IT_WITHOUT_REASONING):
        reason = Message("{model} takes this only with reasoning set to “none”.", model=model)
        conditional = dict.fromkeys(SAMPLED, reason)
    elif row.get("temperature") is not True:
        refused |= dict.fromkeys(SAMPLED, Message("{model} is a reasoning model and does not take this.", model=model))
    return Capabilities(
        refused=MappingProxyType(refused),
        refused_when_reasoning=MappingProxyType(conditional),
        reasoning_levels=levels if reasons else LEVELS,
        context_window=_tokens(row.get("max_input_tokens")),
        max_output=_tokens(row.get("max_output_tokens")),
        thinking=reasons,
        json_schema=bool(row.get("structured_output")),
        tools=bool(row.get("tool_calling")),
        retires=retires,
    )


def compatible_capabilities(
    *, local: bool, context_window: int | None = None, retires: date | None = None
) -> Capabilities:
    """What is known of a model on any other server that speaks the protocol: that nothing is known to be refused."""
    return Capabilities(context_window=context_window, retires=retires, local=local)


def chats(model: str, *, compatible: bool) -> bool:
    """Whether a listed model answers chats, as far as its name tells."""
    name = base_name(model)
    if _NO_CHAT.search(name):
        return False
    return compatible or not _NO_CHAT_AT_OPENAI.search(name)


def _tokens(value: object) -> int | None:
    return value if isinstance(value, int) and value > 0 else None
