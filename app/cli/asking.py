"""Asking before something that cannot be taken back, or that costs money."""

from __future__ import annotations

import sys
from collections.abc import Callable
from typing import TYPE_CHECKING

import typer

from app.cli import output

if TYPE_CHECKING:
    from app.domain.embedding import EmbeddingCost


def sure(question: str) -> None:
    """Ask; exit code 1 without a yes. Raises UserError where nobody can answer."""
    from app.domain.errors import UserError
    from app.domain.message import Message

    if sys.stdin is None or not sys.stdin.isatty():
        raise UserError(Message("Nobody is here to say yes."), Message("Add `--yes`."))
    if not typer.confirm(output.printable(question), err=True):
        raise typer.Exit(1)


def agreed(estimate: Callable[[Callable[[], None]], EmbeddingCost | None], yes: bool) -> EmbeddingCost | None:
    """What embedding would cost, said before anything is sent, and asked where it is money.

    `estimate` calls what it is given before it reads the documents. Exit code 1 without a yes.
    """
    from app.domain.message import Message

    cost = estimate(lambda: output.note(output.text(Message("Reading the documents to tell what embedding costs …"))))
    if cost is None or cost.usd == 0:
        return cost
    speech = output.speech()
    tokens = speech.number(cost.tokens or 0)
    if cost.usd is None:
        said = Message(
            "Embedding takes about {tokens} tokens. What they cost is not known: there is no price.", tokens=tokens
        )
    else:
        said = Message(
            "Embedding takes about {tokens} tokens and costs about {usd}.", tokens=tokens, usd=speech.usd(cost.usd)
        )
    output.note(output.text(said))
    if not yes:
        sure(output.text(Message("Embed them?")))
    return cost
