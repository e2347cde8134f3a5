"""Context that a person pasted or named as a file becomes passages, each with its place in the text."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator

from app.domain.evidence import Evidence, Passage
from app.services.comparing.prompting import clean

LONGEST = 1200  # characters: about a paragraph; what can still be quoted as one source

_PARAGRAPH = re.compile(r"\S(?:.|\n(?!\s*\n))*")
_SENTENCE_END = re.compile(r"[.!?。！？…][\"'”’)\]]*\s+|\n")


def pasted(texts: Iterable[tuple[str, str]]) -> Evidence:
    """Evidence from (document name, text) pairs, in order; blank texts give no passage.

    Short paragraphs that follow one another share a passage, a long one is parted at the ends of
    sentences. `start` and `end` count characters of the cleaned text.
    """
    return Evidence(tuple(p for name, text in texts for p in _passages(name, clean(text)[0])))


def _passages(document: str, text: str) -> Iterator[Passage]:
    start = end = -1
    for first, last in _pieces(text):
        if start >= 0 and last - start > LONGEST:
            yield Passage(document, text[start:end], start, end)
            start = -1
        if start < 0:
            start = first
        end = last
    if start >= 0:
        yield Passage(document, text[start:end], start, end)


def _pieces(text: str) -> Iterator[tuple[int, int]]:
    """Paragraphs, and the sentences of those that are too long; never more than LONGEST characters."""
    for paragraph in _PARAGRAPH.finditer(text):
        first, last = paragraph.start(), paragraph.start() + len(paragraph.group().rstrip())
        if last - first <= LONGEST:
            yield first, last
            continue
        cuts = [m.end() for m in _SENTENCE_END.finditer(text, first, last)]
        for cut in (*cuts, last):
            while cut - first > LONGEST:
                yield first, first + LONGEST
                first += LONGEST
            end = first + len(text[first:cut].rstrip())
            if end > first:
                yield first, end
            first = cut
