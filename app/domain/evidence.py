"""The passages that every contestant of a comparison is given: retrieved once, frozen, with a digest."""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass, field


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
class Retrieval:
    """How passages were found in their collection.

    `mode` is dense, keyword or hybrid, `fusion` how hybrid joins the two (empty for the others), `k`
    how many were wanted, `mmr` whether they were spread, `seconds` how long all of it took.
    """

    mode: str
    k: int
    seconds: float
    fusion: str = ""
    mmr: bool = False


@dataclass(frozen=True, slots=True)
class Evidence:
    """Passages in the order given; the first is cited as [1].

    `retrieval` is how those of a collection were found, None where that is not known. No model sees
    it, so that it makes no difference between two evidences.
    """

    passages: tuple[Passage, ...] = ()
    retrieval: Retrieval | None = field(default=None, compare=False)

    @property
    def digest(self) -> str:
        """SHA-256 over documents, places and texts; what is not shown to a model does not count."""
        rows = [[p.document, p.page, p.start, p.end, p.text] for p in self.passages]
        return hashlib.sha256(json.dumps(rows, ensure_ascii=False).encode()).hexdigest()

    def __bool__(self) -> bool:
        return bool(self.passages)
