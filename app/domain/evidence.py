"""The passages that every contestant of a comparison is given: retrieved once, frozen, with a digest."""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Passage:
    """A chunk of a document with its place: `page` from 1, `start`/`end` as character offsets.

    `collection` is the one that it was retrieved from; empty for a passage that was pasted.
    """

    document: str
    text: str
    start: int = 0
    end: int = 0
    page: int | None = None
    score: float | None = None
    collection: str = ""


@dataclass(frozen=True, slots=True)
class Evidence:
    """Passages in the order given; the first is cited as [1]."""

    passages: tuple[Passage, ...] = ()

    @property
    def digest(self) -> str:
        """SHA-256 over documents, places and texts; what is not shown to a model does not count."""
        rows = [[p.document, p.page, p.start, p.end, p.text] for p in self.passages]
        return hashlib.sha256(json.dumps(rows, ensure_ascii=False).encode()).hexdigest()

    def __bool__(self) -> bool:
        return bool(self.passages)
