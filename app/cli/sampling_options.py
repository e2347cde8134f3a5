"""The options that say how a model samples, the same for every command that asks models."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Annotated

import typer

if TYPE_CHECKING:
    from app.domain.models import Sampling

_SET = "One contestant's own value, by its number: 2:temperature=0.9. Repeatable."

Preset = Annotated[str | None, typer.Option(metavar="NAME", help="Sampling preset: rag, precise, creative.")]
Temperature = Annotated[float | None, typer.Option(help="0 is the most likely word each time.")]
TopP = Annotated[float | None, typer.Option(help="0 to 1.")]
TopK = Annotated[int | None, typer.Option(help="Tokens.")]
MaxTokens = Annotated[int | None, typer.Option(help="Longest answer, in tokens.")]
Seed = Annotated[int | None, typer.Option()]
Penalty = Annotated[float | None, typer.Option()]
Stop = Annotated[list[str] | None, typer.Option(metavar="TEXT", help="End the answer here. Repeatable.")]
Reasoning = Annotated[str | None, typer.Option(metavar="LEVEL", help="none, low, medium or high.")]
Own = Annotated[list[str] | None, typer.Option("--set", metavar="N:FIELD=VALUE", help=_SET)]


def sampling_of(
    preset: str | None, *, stop: Sequence[str] | None, reasoning: str | None, **given: float | int | None
) -> Sampling:
    """What was given, over the preset where one was named. Raises UserError for an unknown preset or level."""
    from app.cli.inputs import reasoning_level, sampling_preset
    from app.domain.models import Sampling

    sampling = Sampling(
        **given,  # type: ignore[arg-type]
        stop=tuple(stop) if stop else None,
        reasoning=reasoning_level(reasoning) if reasoning else None,
    )
    return sampling.over(sampling_preset(preset)) if preset else sampling
