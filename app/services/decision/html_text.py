"""What the sections of a decision record are written with: escaped words, figures, tables."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import datetime
from decimal import Decimal
from html import escape

from app.domain.message import Message

Say = Callable[[Message], str]
NOTHING = "–"


class Writer:
    """Words in the reader's language. What comes back is HTML: all that was not written here is escaped."""

    def __init__(self, say: Say) -> None:
        self._say = say

    def plain(self, message: Message) -> str:
        """Not escaped: for what escapes it later."""
        return self._say(message)

    def t(self, message: Message) -> str:
        return escape(self._say(message))

    def paragraph(self, message: Message, kind: str = "") -> str:
        attribute = f' class="{kind}"' if kind else ""
        return f"<p{attribute}>{self.t(message)}</p>"

    def section(self, title: Message, *parts: str) -> str:
        """Nothing at all where there is nothing to show."""
        body = "".join(parts)
        return f"<section><h2>{self.t(title)}</h2>{body}</section>" if body else ""

    def pairs(self, rows: Sequence[tuple[Message, str]]) -> str:
        """Names and values, these as HTML."""
        lines = (f"<dt>{self.t(name)}</dt><dd>{value}</dd>" for name, value in rows)
        return f"<dl>{''.join(lines)}</dl>"

    def table(
        self,
        label: Message,
        head: Sequence[str],
        rows: Sequence[Sequence[str]],
        *,
        numbers: Sequence[int] = (),
        strong: int = -1,
    ) -> str:
        """Cells as HTML; the first of each row names it. `numbers` are columns to align, `strong` a row set apart."""
        kinds = [' class="n"' if n in numbers else "" for n in range(len(head))]
        top = "".join(f'<th scope="col"{kind}>{cell}</th>' for kind, cell in zip(kinds, head, strict=True))
        body = "".join(_row(cells, kinds, n == strong) for n, cells in enumerate(rows))
        many = ' class="many"' if len(head) > 6 else ""
        return (
            f'<div class="wide" role="region" tabindex="0" aria-label="{escape(self._say(label), quote=True)}">'
            f"<table{many}><thead><tr>{top}</tr></thead><tbody>{body}</tbody></table></div>"
        )

    def folded(self, title: Message, *parts: str) -> str:
        return f"<details><summary>{self.t(title)}</summary>{''.join(parts)}</details>"

    def figure(self, svg: str, caption: str) -> str:
        return f"<figure>{svg}<figcaption>{caption}</figcaption></figure>"

    def usd(self, amount: object) -> str:
        """USD from what JSON keeps: text, a number, or None for unpriced."""
        return money(amount) or self.t(Message("unpriced"))


def money(amount: object, sign: str = "$") -> str:
    """Cents, or two digits that count where it is less; empty for None."""
    if amount is None:
        return ""
    value = Decimal(str(amount))
    size = abs(value)
    places = 2 if size == 0 or size >= 1 else max(2, 1 - size.adjusted())
    return f"{'-' if value < 0 else ''}{sign}{size:,.{places}f}"


def points(share: float | None) -> str:
    """A difference of shares in points, with its sign: +4.1, −3.0."""
    return NOTHING if share is None else f"{100 * share:+.1f}".replace("-", "\u2212")


def span(low: float, high: float) -> str:
    return f"{points(low)} … {points(high)}"


def percent(share: float | None, places: int = 0) -> str:
    return NOTHING if share is None else f"{100 * share:.{places}f}%"


def moment(text: object) -> str:
    """A stored moment for people, to the minute and with its zone."""
    try:
        return f"{datetime.fromisoformat(str(text)):%Y-%m-%d %H:%M %Z}".strip()
    except ValueError:
        return str(text)


def code(text: object) -> str:
    return f"<code>{escape(str(text))}</code>"


def small(html: str) -> str:
    return f"<small>{html}</small>"


def _row(cells: Sequence[str], kinds: Sequence[str], strong: bool) -> str:
    first, *rest = cells
    others = "".join(f"<td{kind}>{cell}</td>" for kind, cell in zip(kinds[1:], rest, strict=True))
    attribute = ' class="all"' if strong else ""
    return f'<tr{attribute}><th scope="row">{first}</th>{others}</tr>'
