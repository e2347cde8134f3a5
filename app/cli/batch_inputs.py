"""What people give `batch`: money, shares, contestants by number or name, how to search."""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal, InvalidOperation

from app.domain.documents import Mode
from app.domain.errors import UserError
from app.domain.message import Message
from app.domain.models import Contestant
from app.domain.searching import SearchSettings


def usd(text: str | None) -> Decimal | None:
    """Raises UserError for what is no amount above 0."""
    if text is None:
        return None
    try:
        amount = Decimal(text.strip().lstrip("$"))
    except InvalidOperation:
        amount = Decimal("NaN")
    if not amount.is_finite() or amount <= 0:
        raise UserError(
            Message("“{value}” is no budget.", value=text[:40]),
            Message("Give an amount in USD above 0, or leave the budget out."),
        )
    return amount


def share(points: float) -> float:
    """10 and 0.1 are both ten points of a hundred: nobody means a tenth of a point."""
    return points / 100 if points >= 1 else points


def who(text: str, cast: Sequence[Contestant]) -> int:
    """The position of a contestant given by its number from 1 or by its model. Raises UserError."""
    if text.strip().isdecimal() and 1 <= int(text) <= len(cast):
        return int(text) - 1
    named = [n for n, c in enumerate(cast) if str(c.model) == text.strip()]
    if len(named) == 1:
        return named[0]
    raise UserError(
        Message("“{text}” is not one of the contestants.", text=text[:80]),
        Message("Give a number from 1 to {n}, or a model that was given once.", n=len(cast)),
    )


def search_settings(mode: str, k: int) -> SearchSettings:
    """Raises UserError for a mode that does not exist."""
    try:
        return SearchSettings(mode=Mode(mode), k=k)
    except ValueError:
        raise UserError(
            Message("“{text}” is no way to search.", text=mode[:80]),
            Message("Choose one of {names}.", names=", ".join(Mode)),
        ) from None
