"""Where sentences begin and end, in English and Korean prose as people paste it."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator

Span = tuple[int, int]

# What no model and no database can take: NUL and other controls (tab and line end stay), lone
# surrogates, non-characters.
_UNFIT = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\ud800-\udfff\ufffe\uffff]")

# A possible end: the mark, what closes with it, and then a gap — or none after a full-width mark
# and after a Korean verb ending, where the gap is often forgotten.
_END = re.compile(
    r"(?:(?<![.!?…])[.!?…]++[\"'”’»)\]」』]*+(?=\s|$))|(?:(?<![。！？])[。！？]++[\"'”’)\]」』]*+)"
    r"|(?:(?<=[다요죠까])[.!?](?=[가-힣A-Z]))"
)
_MARKED = re.compile(r"(?:[-*+•·▪◦●○■□–—][ \t]|\(?\d{1,3}[.)][ \t]|[①-⑳㉠-㉻]|#{1,6}[ \t]|\||>|[가-하][.)][ \t])")
_HEADING = re.compile(r"#{1,6}[ \t]+\S")
_LAST_WORD = re.compile(r"([^\W_]+(?:\.[^\W_]+)*)\.$")

# fmt: off
# Never the end of a sentence …
_BEFORE_A_NAME = frozenset((
    "mr", "mrs", "ms", "dr", "prof", "st", "rev", "gen", "sen", "rep", "capt", "col", "sgt", "no", "nos", "fig", "figs",
    "vs", "cf", "e.g", "i.e", "eg", "ie", "pp", "approx", "u.s", "u.k", "ph.d",
))
# … and the end of one only if a capital letter follows.
_SOMETIMES = frozenset((
    "a.m", "p.m", "etc", "inc", "ltd", "co", "corp", "dept", "est", "vol", "ed", "al", "jr", "sr", "min", "max", "hr",
    "hrs", "sec", "jan", "feb", "mar", "apr", "jun", "jul", "aug", "sep", "sept", "oct", "nov", "dec", "mon", "tue",
    "tues", "wed", "thu", "thur", "thurs", "fri", "sat", "sun",
))
# fmt: on
_DATE = re.compile(r"\d\.[ \t]*$")
# “J. Smith”, but “gate B. The Seoul office”.
_STARTER = re.compile(
    r"(?:The|An?|It|This|That|These|Those|He|She|They|We|You|If|In|On|At|For|When|Then|There|But|And)\b"
)
_WIDE_ENOUGH_TO_WRAP = 50


def cleaned(text: str) -> str:
    """`text` in composed Unicode (NFC) with plain line ends and without control characters."""
    text = text.replace("\r\n", "\n").replace("\r", "\n")
    return unicodedata.normalize("NFC", _UNFIT.sub("", text))


def sentences(text: str, start: int = 0, end: int | None = None) -> list[Span]:
    """The sentences of ``text[start:end]`` as (start, end) offsets into `text`, without the space around them.

    Headings, list items and short lines are sentences of their own; prose that was wrapped at a line's
    width is joined. Only white space lies between the spans.
    """
    end = len(text) if end is None else end
    spans: list[Span] = []
    for first, last in _lines(text, start, end):
        at = first
        for match in _END.finditer(text, first, last):
            if match.end() > at and _ends_here(text, at, match, last):
                _add(spans, text, at, match.end())
                at = match.end()
        _add(spans, text, at, last)
    return spans


def is_heading(sentence: str) -> bool:
    """Whether a sentence is a title: marked as one, or short and without an end."""
    if _HEADING.match(sentence):
        return True
    body = _MARKED.sub("", sentence, count=1).strip(" *_:")
    return (
        bool(body)
        and sentence.rstrip("*_ ")[-1:] not in ".!?…。！？,;)|"
        and len(body) <= 60
        and len(body.split()) <= 8
        and not any(word[0].isdigit() for word in body.split())
        and not sentence.startswith(("-", "*", "+", "•", "·", "|"))
    )


def _lines(text: str, start: int, end: int) -> Iterator[Span]:
    """Stretches that hold whole sentences: parted at the line ends that are more than a wrap."""
    at = line = start
    while (line_end := text.find("\n", line, end)) >= 0:
        following = line_end + 1
        while following < end and text[following] in " \t":
            following += 1
        if not _is_wrap(text, line, line_end, following, end):
            yield at, line_end
            at = following
        line = following
    yield at, end


def _is_wrap(text: str, line: int, line_end: int, following: int, end: int) -> bool:
    """Whether prose goes on in the next line, which begins at `following`."""
    if line_end <= line or following >= end or text[following] == "\n":
        return False
    if _HEADING.match(text, line, line_end) or _MARKED.match(text, following, end) or text[line] == "|":
        return False
    if text[following].islower():
        return True
    return _width(text, line, line_end) >= _WIDE_ENOUGH_TO_WRAP


def _width(text: str, start: int, end: int) -> int:
    """Columns on a screen, where Hangul takes two; as far as it matters."""
    if end - start >= _WIDE_ENOUGH_TO_WRAP:
        return end - start
    return sum(2 if c >= "ᄀ" else 1 for c in text[start:end])


def _ends_here(text: str, start: int, match: re.Match[str], last: int) -> bool:
    mark = match.group()
    following = match.end()
    while following < last and text[following].isspace():
        following += 1
    if following >= last:
        return True
    after = text[following]
    if not mark.startswith((".", "…")):
        return not (after.islower() and mark[-1] in "\"'”’)")  # “Stop!” she said
    if after.islower():
        return False
    if mark != ".":
        return True
    word = _LAST_WORD.search(text, max(start, match.start() - 24), match.start() + 1)
    if word is None:
        return True
    before = word.group(1)
    if before.isdigit():
        # “1. First point”, “2026. 3. 5. 회의”: a number that opens the sentence, or one of a date.
        date = after >= "가" and _DATE.search(text, max(start, word.start(1) - 8), word.start(1)) is not None
        return not (word.start(1) == start or after.isdigit() or date)
    low = before.lower()
    if low in _BEFORE_A_NAME:
        # “No.” may well be a whole answer.
        return low == "no" and not after.isdigit()
    if low in _SOMETIMES:
        return after.isupper() or "가" <= after <= "힣"
    initial = len(before) == 1 and before.isascii() and before.isupper() and after.isupper()
    return not initial or _STARTER.match(text, following) is not None


def _add(spans: list[Span], text: str, start: int, end: int) -> None:
    while start < end and text[start].isspace():
        start += 1
    while end > start and text[end - 1].isspace():
        end -= 1
    if end > start:
        spans.append((start, end))
