"""Find the citations in an answer: [1], [1, 3], [2-4], 【1】. Pure text in, parts out."""

from __future__ import annotations

import re
from dataclasses import dataclass

# At most three digits: [2024] is a year. A range or a list inside one pair of brackets is one citation.
_CITATION = re.compile(r"[\[【]\s*(\d{1,3}(?:\s*[,;，、–-]\s*\d{1,3})*)\s*[\]】]")
_RANGE = re.compile(r"(\d+)\s*[–-]\s*(\d+)")
_LONGEST_RANGE = 20


@dataclass(frozen=True, slots=True)
class Citation:
    """One bracket of an answer, with the numbers in it as written (ranges spelled out)."""

    raw: str
    numbers: tuple[int, ...]


def split(text: str) -> list[str | Citation]:
    """The text in its order, cut into plain parts and citations."""
    parts: list[str | Citation] = []
    end = 0
    for match in _CITATION.finditer(text):
        if match.start() > end:
            parts.append(text[end : match.start()])
        parts.append(Citation(match.group(), _numbers(match.group(1))))
        end = match.end()
    if end < len(text):
        parts.append(text[end:])
    return parts


def _numbers(inside: str) -> tuple[int, ...]:
    def spelled(match: re.Match[str]) -> str:
        first, last = int(match.group(1)), int(match.group(2))
        if not first <= last < first + _LONGEST_RANGE:
            return f"{first},{last}"
        return ",".join(str(n) for n in range(first, last + 1))

    return tuple(dict.fromkeys(int(n) for n in re.findall(r"\d+", _RANGE.sub(spelled, inside))))


def cited(text: str) -> tuple[int, ...]:
    """Every number that the text cites, once each, in the order of first mention."""
    return tuple(dict.fromkeys(n for part in split(text) if isinstance(part, Citation) for n in part.numbers))


def missing(text: str, passages: int) -> tuple[int, ...]:
    """The numbers cited that name no passage: there were only `passages` of them."""
    return tuple(n for n in cited(text) if not 1 <= n <= passages)
