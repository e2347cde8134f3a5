"""A document's text as HTML: where each passage begins, what two share, pages, and a marked stretch."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from html import escape
from itertools import pairwise

from app.domain.documents import StoredPassage

# Characters on one screen: a browser lays out more, but nobody reads it in one go.
WINDOW = 40_000


@dataclass(frozen=True, slots=True)
class Numbered:
    """A passage with its number in the document, from 1; `suspect` reads like instructions to a model."""

    number: int
    passage: StoredPassage
    suspect: bool = False


@dataclass(frozen=True, slots=True)
class Words:
    """What is said beside the text."""

    page: Callable[[int], str]
    passage: Callable[[Numbered], str]


def windows(text: str, passages: Sequence[StoredPassage]) -> list[tuple[int, int]]:
    """The document cut into screens, each beginning where a passage does."""
    starts = sorted(p.start for p in passages)
    cuts, begin = [], 0
    while len(text) - begin > WINDOW:
        at = bisect_right(starts, begin + WINDOW) - 1
        end = starts[at] if at >= 0 and starts[at] > begin else begin + WINDOW
        cuts.append((begin, end))
        begin = end
    return [*cuts, (begin, len(text))]


def window_of(parts: Sequence[tuple[int, int]], place: int) -> int:
    """The screen that shows the character at `place`."""
    return next((n for n, (start, end) in enumerate(parts) if start <= place < end), 0)


def document_html(
    text: str,
    passages: Sequence[Numbered],
    page_starts: Sequence[int],
    part: tuple[int, int],
    words: Words,
    mark: tuple[int, int] | None = None,
) -> str:
    """The characters `part` of `text`, all of it escaped."""
    begin, end = part
    shown = sorted((n for n in passages if n.passage.start < end and n.passage.end > begin), key=_start)
    edges = {begin, end, *(p for n in shown for p in (n.passage.start, n.passage.end))}
    edges |= {start for start in page_starts if begin <= start < end}
    if mark is not None:
        edges |= set(mark)
    places = sorted(p for p in edges if begin <= p <= end)
    pages = {start: number for number, start in enumerate(page_starts, start=1)}
    starting: dict[int, list[Numbered]] = {}
    for n in shown:
        starting.setdefault(max(n.passage.start, begin), []).append(n)
    html = []
    for a, b in pairwise(places):
        if a in pages:
            html.append(f'<div class="us-page">{escape(words.page(pages[a]))}</div>')
        html += [_chip(n, words) for n in starting.get(a, ()) if n.passage.start == a]
        html.append(_stretch(text[a:b], [n for n in shown if n.passage.start <= a and b <= n.passage.end], mark, a, b))
    return f'<div class="us-reader">{"".join(html)}</div>'


def _start(n: Numbered) -> int:
    return n.passage.start


def _chip(n: Numbered, words: Words) -> str:
    tone = " us-warn" if n.suspect else ""
    return f'<span class="us-chip{tone}" title="{escape(words.passage(n), quote=True)}">{n.number}</span>'


def _stretch(text: str, inside: Sequence[Numbered], mark: tuple[int, int] | None, a: int, b: int) -> str:
    shared = ' class="us-shared"' if len(inside) > 1 else ""
    html = f"<span{shared}>{escape(text)}</span>" if shared else escape(text)
    return f"<mark>{html}</mark>" if mark is not None and mark[0] <= a and b <= mark[1] else html
