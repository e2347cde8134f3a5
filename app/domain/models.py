"""What is compared: models, their sampling, and what they accept."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, field, fields, replace
from datetime import date
from types import MappingProxyType
from typing import Literal

from app.domain.errors import UserError
from app.domain.message import Message

Reasoning = Literal["none", "low", "medium", "high"]


@dataclass(frozen=True, slots=True, order=True)
class ModelRef:
    """A model by provider and name: ``openai:gpt-5.4-mini``, ``ollama:llama3.1:8b``, ``gguf:smollm2``."""

    provider: str
    name: str

    @staticmethod
    def parse(text: str) -> ModelRef:
        """Read ``provider:name``; the name may hold colons itself. Raises UserError."""
        provider, colon, name = text.strip().partition(":")
        if not (provider and colon and name):
            raise UserError(
                Message("“{text}” is not a model.", text=text[:200]),
                Message("Write provider:name, for example ollama:llama3.1:8b; `models list` shows what is here."),
            )
        return ModelRef(provider, name)

    def __str__(self) -> str:
        return f"{self.provider}:{self.name}"


@dataclass(frozen=True, slots=True)
class Sampling:
    """How a model draws its tokens. ``None`` means the server's default: nothing is sent.

    temperature ≥ 0, top_p in (0, 1], top_k ≥ 0 tokens, max_tokens ≥ 1 tokens, penalties as the
    server defines them, `reasoning` how much a thinking model thinks before it answers.
    """

    temperature: float | None = None
    top_p: float | None = None
    top_k: int | None = None
    max_tokens: int | None = None
    seed: int | None = None
    frequency_penalty: float | None = None
    presence_penalty: float | None = None
    repeat_penalty: float | None = None
    stop: tuple[str, ...] | None = None
    reasoning: Reasoning | None = None

    def given(self) -> dict[str, object]:
        """The fields that are set, by name, in declaration order."""
        return {f.name: v for f in fields(self) if (v := getattr(self, f.name)) is not None}

    def over(self, base: Sampling) -> Sampling:
        """These settings where set, else those of `base`."""
        return replace(base, **self.given())  # type: ignore[arg-type]


SAMPLING_LIMITS: Mapping[str, tuple[float, float]] = MappingProxyType(
    {
        "temperature": (0.0, 5.0),
        "top_p": (0.0, 1.0),
        "top_k": (0, 1_000_000),
        "max_tokens": (1, 10_000_000),
        "frequency_penalty": (-2.0, 2.0),
        "presence_penalty": (-2.0, 2.0),
        "repeat_penalty": (0.0, 10.0),
    }
)


def check_sampling(sampling: Sampling) -> None:
    """Raises UserError for a value outside its field's range (no server takes it), NaN and infinity too."""
    for field_name, value in sampling.given().items():
        low, high = SAMPLING_LIMITS.get(field_name, (-math.inf, math.inf))
        if isinstance(value, int | float) and not (math.isfinite(value) and low <= value <= high):
            raise not_a_value(field_name, str(value))


def not_a_value(field_name: str, value: str) -> UserError:
    """What to say about a value that a sampling field does not take."""
    ranges = {name: f"{low:g} … {high:g}" for name, (low, high) in SAMPLING_LIMITS.items()}
    ranges |= {"seed": "-1, 0, 1 …", "reasoning": "none, low, medium, high"}
    return UserError(
        Message("“{value}” is not a value for {field}.", value=value[:80], field=field_name),
        Message("It takes {range}.", range=ranges.get(field_name, "a number")),
    )


SAMPLING_FIELDS: tuple[str, ...] = tuple(f.name for f in fields(Sampling))


@dataclass(frozen=True, slots=True)
class Preset:
    """A named sampling that the page offers by one click."""

    key: str
    label: Message
    sampling: Sampling


PRESETS: tuple[Preset, ...] = (
    Preset("default", Message("Server defaults"), Sampling()),
    Preset("rag", Message("RAG chatbot 0.3 / 0.85 / 20"), Sampling(temperature=0.3, top_p=0.85, top_k=20)),
    Preset("precise", Message("Precise 0 / 1"), Sampling(temperature=0.0, top_p=1.0, seed=7)),
    Preset("creative", Message("Creative 1 / 0.95 / 64"), Sampling(temperature=1.0, top_p=0.95, top_k=64)),
)


@dataclass(frozen=True, slots=True)
class Contestant:
    """A model with its sampling: what is compared. One model at two temperatures is two contestants."""

    model: ModelRef
    sampling: Sampling = Sampling()


@dataclass(frozen=True, slots=True)
class Capabilities:
    """What a model accepts.

    `refused` maps a sampling field that the model does not take to the reason, in words for the
    slider and for "not sent"; `refused_when_reasoning` those that it takes only with reasoning set
    to "none". `reasoning_levels` are the values of `reasoning` that it takes.
    `context_window` and `max_output` are tokens; None = unknown.
    `local` says that text sent to it stays on machines of the team's own.
    """

    refused: Mapping[str, Message] = field(default_factory=lambda: MappingProxyType({}))
    refused_when_reasoning: Mapping[str, Message] = field(default_factory=lambda: MappingProxyType({}))
    reasoning_levels: tuple[Reasoning, ...] = ("none", "low", "medium", "high")
    context_window: int | None = None
    max_output: int | None = None
    thinking: bool = False
    json_schema: bool = False
    tools: bool = False
    retires: date | None = None
    local: bool = False

    def refusals(self, sampling: Sampling) -> dict[str, Message]:
        """Every field that would not be sent beside `sampling`, set in it or not, with the reason."""
        refused = dict(self.refused)
        level = sampling.reasoning
        if level is not None and level not in self.reasoning_levels and "reasoning" not in refused:
            refused["reasoning"] = Message(
                "This model takes only these levels of reasoning: {levels}.", levels=", ".join(self.reasoning_levels)
            )
        if level != "none" or "reasoning" in refused:
            refused = {**self.refused_when_reasoning, **refused}
        return refused

    def accept(self, sampling: Sampling) -> tuple[dict[str, object], dict[str, Message]]:
        """Split the fields that are set into (taken, refused with the reason)."""
        given = sampling.given()
        refusals = self.refusals(sampling)
        refused = {name: refusals[name] for name in given if name in refusals}
        return {name: value for name, value in given.items() if name not in refused}, refused


@dataclass(frozen=True, slots=True)
class ModelInfo:
    """A model that a server lists. Sizes in bytes; None where the server does not say."""

    ref: ModelRef
    size: int | None = None
    quantization: str | None = None
    family: str | None = None
    parameters: str | None = None
    digest: str | None = None
    context_window: int | None = None
    retires: date | None = None
    local: bool = False
    chat: bool = True


@dataclass(frozen=True, slots=True)
class ProviderStatus:
    """What was found when we looked for a provider; `remedy` is the exact way to connect it."""

    provider: str
    ready: bool
    summary: Message
    remedy: Message
    command: str | None = None
    address: str | None = None
    models: int = 0
