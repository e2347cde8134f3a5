"""Cuts a document into passages: at pages and headings first, then paragraphs, sentences, words.

A passage is the document's own characters from `start` to `end`, so that it can be found and
highlighted again. Every word of a document is in at least one of its passages.
"""

from __future__ import annotations

import re
from bisect import bisect_right
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

from app.domain.documents import Chunk, Chunking
from app.domain.errors import UserError
from app.domain.loading import Heading
from app.domain.message import Message
from app.domain.models import ModelRef
from app.domain.pricing import TokenCounter

LARGEST, SMALLEST = 20_000, 50
SEPARATOR = " › "

Measure = Callable[[int, int], int]
CountTokens = Callable[[str], int]

# From what parts thoughts to what merely parts words.
_PARAGRAPH = re.compile(r"\n[ \t]*\n\s*")
_LINE = re.compile(r"\n\s*")
_SENTENCE = re.compile(r"(?<=[.!?…])[\"'”’)\]]*\s+|(?<=[。！？])[”’」』）]*\s*")
_CLAUSE = re.compile(r"(?<=[,;:，、；：])\s+")
_WORD = re.compile(r"\s+")
_SEPARATORS = (_PARAGRAPH, _LINE, _SENTENCE, _CLAUSE, _WORD)
# A longer run without blanks is no word: it is counted, and may be cut, in pieces of this size.
_RUN = re.compile(r"\S{1,16}\s*|\s+")


@dataclass(frozen=True, slots=True)
class Section:
    """Where a section begins, and the headings that it stands under, outermost first."""

    start: int
    path: tuple[str, ...] = ()


def chunk(
    text: str,
    chunking: Chunking,
    *,
    page_starts: Sequence[int] = (),
    sections: Sequence[Section] = (),
    count_tokens: CountTokens | None = None,
) -> list[Chunk]:
    """The passages of `text`, in order.

    None is longer than `chunking.size`; `chunking.overlap` is the most that two neighbours share,
    and they share nothing across a page or a section. A token count is the sum over the words, by
    `count_tokens`, which the unit "tokens" needs. Raises UserError for a chunking that cannot be.
    """
    check(chunking)
    if chunking.unit == "tokens" and count_tokens is None:
        raise ValueError("the unit tokens needs count_tokens")
    measure = _tokens(text, count_tokens) if chunking.unit == "tokens" and count_tokens else _characters
    cutter = _Cutter(text, chunking, measure)
    chunks = []
    for start, end, path in _blocks(text, page_starts, sections, chunking, measure):
        page = bisect_right(page_starts, start) or None if page_starts else None
        heading = SEPARATOR.join(path)
        chunks += [Chunk(text[a:b], a, b, page, heading) for a, b in cutter.cut(start, end)]
    return chunks


def check(chunking: Chunking) -> None:
    """Raises UserError for sizes that cannot be."""
    if not SMALLEST <= chunking.size <= LARGEST:
        raise UserError(
            Message("Passages of {size} {unit} cannot be made.", size=chunking.size, unit=chunking.unit),
            Message("Choose a size from {least} to {most}; 900 characters suit prose.", least=SMALLEST, most=LARGEST),
        )
    if not 0 <= chunking.overlap <= chunking.size // 2:
        raise UserError(
            Message(
                "An overlap of {overlap} does not go with a size of {size}.",
                overlap=chunking.overlap,
                size=chunking.size,
            ),
            Message("Choose an overlap from 0 to half the size; 120 suit 900."),
        )


def sections_of(headings: Sequence[Heading]) -> list[Section]:
    """The sections that headings make, each under the higher ones before it."""
    sections: list[Section] = []
    path: list[tuple[int, str]] = []
    for heading in headings:
        path = [(level, words) for level, words in path if level < heading.level]
        path.append((heading.level, heading.text))
        sections.append(Section(heading.start, tuple(words for _, words in path)))
    return sections


class StructureChunker:
    """A Chunker: `chunk` over a document's own pages and headings, tokens counted as its embedding model counts."""

    def __init__(self, tokens: TokenCounter) -> None:
        self._tokens = tokens

    def __call__(
        self, text: str, page_starts: Sequence[int], headings: Sequence[Heading], chunking: Chunking, model: ModelRef
    ) -> list[Chunk]:
        return chunk(
            text,
            chunking,
            page_starts=page_starts,
            sections=sections_of(headings),
            count_tokens=lambda words: self._tokens.count(words, model)[0],
        )


def _blocks(
    text: str, page_starts: Sequence[int], sections: Sequence[Section], chunking: Chunking, measure: Measure
) -> Iterator[tuple[int, int, tuple[str, ...]]]:
    """(start, end, path) of what is cut by itself: sections within pages; small sections share one."""
    ordered = [Section(0), *sections]
    starts = [section.start for section in ordered]
    cuts = sorted({0, *page_starts, *starts})
    pages = set(page_starts)
    block: tuple[int, int, tuple[str, ...]] | None = None
    for start, end in zip(cuts, [*cuts[1:], len(text)], strict=True):
        path = ordered[bisect_right(starts, start) - 1].path
        if not text[start:end].strip():
            continue
        if block is not None:
            small = measure(block[0], block[1]) < chunking.size // 3
            if small and measure(block[0], end) <= chunking.size and not _parted(block[1], start, pages):
                block = (block[0], end, _shared(text, block, path))
                continue
            yield block
        block = (start, end, path)
    if block is not None:
        yield block


def _parted(end: int, start: int, pages: set[int]) -> bool:
    return start in pages or any(p in pages for p in range(end, start + 1))


def _shared(text: str, block: tuple[int, int, tuple[str, ...]], path: tuple[str, ...]) -> tuple[str, ...]:
    """The path of two sections together: what they share, or the second's when the first is a bare heading."""
    first = block[2]
    if path[: len(first)] == first and (not first or "\n" not in text[block[0] : block[1]].strip()):
        return path
    common = []
    for a, b in zip(first, path, strict=False):
        if a != b:
            break
        common.append(a)
    return tuple(common)


class _Cutter:
    """Cuts one block after the other; every method works on offsets into the whole text."""

    def __init__(self, text: str, chunking: Chunking, measure: Measure) -> None:
        self._text, self._chunking, self._measure = text, chunking, measure

    def cut(self, start: int, end: int) -> Iterator[tuple[int, int]]:
        """Passages between two offsets: pieces packed as full as they go, each begun with some of the last."""
        begin = stop = -1
        for first, last in self._pieces(start, end, 0):
            if begin >= 0 and self._measure(begin, last) > self._chunking.size:
                yield begin, stop
                begin = self._overlapped(begin, stop, first, last)
            elif begin < 0:
                begin = first
            stop = last
        if begin >= 0:
            yield begin, stop

    def _pieces(self, start: int, end: int, level: int) -> Iterator[tuple[int, int]]:
        """Trimmed ranges that each fit, parted no finer than needed."""
        start, end = self._trimmed(start, end)
        if start >= end:
            return
        if self._measure(start, end) <= self._chunking.size:
            yield start, end
        elif level == len(_SEPARATORS):
            yield from self._runs(start, end)
        else:
            for first, last in self._parts(start, end, _SEPARATORS[level]):
                yield from self._pieces(first, last, level + 1)

    def _parts(self, start: int, end: int, separator: re.Pattern[str]) -> Iterator[tuple[int, int]]:
        first = start
        for found in separator.finditer(self._text, start, end):
            if found.end() > first:
                yield first, found.end()
                first = found.end()
        if first < end:
            yield first, end

    def _runs(self, start: int, end: int) -> Iterator[tuple[int, int]]:
        """A run without blanks that is too long: cut where it is full."""
        step = self._chunking.size
        while start < end:
            last = min(end, start + step)
            while last > start + 1 and self._measure(start, last) > self._chunking.size:
                last = start + max(1, (last - start) * 3 // 4)
            yield start, last
            start = last

    def _overlapped(self, begin: int, stop: int, first: int, last: int) -> int:
        """Where the next passage begins: at a sentence of the last one's end, else at a word, else without overlap."""
        allowed = min(self._chunking.overlap, self._chunking.size - self._measure(first, last))
        if allowed <= 0:
            return first
        # No character is less than a quarter of a token and none more than a few: a generous window will do.
        window = max(begin + 1, stop - allowed * (1 if self._chunking.unit == "characters" else 8))
        for separator in (_SENTENCE, _WORD):
            for found in separator.finditer(self._text, window - 1, stop):
                at = found.end()
                if (
                    window <= at < stop
                    and self._measure(at, stop) <= allowed
                    and self._measure(at, last) <= self._chunking.size
                ):
                    return at
        return first

    def _trimmed(self, start: int, end: int) -> tuple[int, int]:
        text = self._text
        while start < end and text[start].isspace():
            start += 1
        while end > start and text[end - 1].isspace():
            end -= 1
        return start, end


def _characters(start: int, end: int) -> int:
    return end - start


def _tokens(text: str, count: CountTokens) -> Measure:
    """Tokens between two offsets, from one count a word."""
    ends, totals, total = [0], [0], 0
    for found in _RUN.finditer(text):
        total += count(found.group())
        ends.append(found.end())
        totals.append(total)

    def measure(start: int, end: int) -> int:
        # A range that ends inside a word counts that word whole.
        last = bisect_right(ends, end) - 1
        if ends[last] < end:
            last += 1
        return totals[last] - totals[bisect_right(ends, start) - 1]

    return measure
