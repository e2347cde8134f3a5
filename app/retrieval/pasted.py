"""Pasted text becomes evidence: passages of about a paragraph or two, each with its exact place."""

from __future__ import annotations

import re
from collections.abc import Iterator

from app.domain.evidence import Evidence, Passage
from app.domain.sentences import Span, cleaned, is_heading, sentences

ABOUT = 900
MOST = 1_350

_GAP = re.compile(r"\n[ \t]*\n\s*")


def split_pasted(text: str, *, document: str = "Pasted context") -> Evidence:
    """Passages of about ABOUT characters; paragraphs stay whole where they can, sentences always.

    Only a sentence of more than MOST characters is cut, at a space if it has one. `start` and `end`
    are offsets into ``cleaned(text)``, which is `text` itself unless that held control characters,
    Windows line ends or decomposed Unicode. Blank text gives no passage.
    """
    text = cleaned(text)
    return Evidence(tuple(Passage(document=document, text=text[a:b], start=a, end=b) for a, b in _passages(text)))


def _passages(text: str) -> Iterator[Span]:
    start = end = -1  # the passage that is being filled
    for first, last, title in _pieces(text):
        full = last - start > ABOUT
        if start >= 0 and (full or (title and end - start >= ABOUT // 3)):
            yield start, end
            start = -1
        if start < 0:
            start = first
        end = last
    if start >= 0:
        yield start, end


def _pieces(text: str) -> Iterator[tuple[int, int, bool]]:
    """What may not be parted, in order: (start, end, whether it begins with a title).

    A title is one piece with what follows it, so that no passage ends in one.
    """
    held: int | None = None
    for first, last in _paragraphs(text):
        spans = sentences(text, first, last)
        if not spans:
            continue
        start = spans[0][0] if held is None else held
        title = held is not None or is_heading(text[slice(*spans[0])])
        held = None
        if title and len(spans) == 1 and spans[0][1] - start <= ABOUT // 3:
            held = start
            continue
        if spans[-1][1] - start <= ABOUT:
            yield start, spans[-1][1], title
            continue
        # A long paragraph goes sentence by sentence; a title stays with the first that is none.
        skip = 1 if title and len(spans) > 1 and is_heading(text[slice(*spans[0])]) else 0
        for n, (a, b) in enumerate(spans[skip:]):
            begin = start if n == 0 else a
            for piece_start, piece_end in _cut(text, begin, b):
                yield piece_start, piece_end, title and n == 0 and piece_start == begin
    if held is not None:
        yield held, len(text.rstrip()), True


def _paragraphs(text: str) -> Iterator[Span]:
    at = 0
    for gap in _GAP.finditer(text):
        yield at, gap.start()
        at = gap.end()
    yield at, len(text)


def _cut(text: str, start: int, end: int) -> Iterator[Span]:
    """A piece that is too long for any passage, in parts; else the piece itself."""
    while end - start > MOST:
        space = max(
            text.rfind(" ", start + ABOUT // 2, start + ABOUT), text.rfind("\n", start + ABOUT // 2, start + ABOUT)
        )
        cut = space if space > start else start + ABOUT
        yield start, len(text[start:cut].rstrip()) + start
        start = cut
        while start < end and text[start].isspace():
            start += 1
    if end > start:
        yield start, end
