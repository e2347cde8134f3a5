"""What is asked of a search, and what it found, step by step."""

from __future__ import annotations

from dataclasses import dataclass

from app.domain.documents import Fusion, Mode, StoredPassage
from app.domain.evidence import Evidence, Passage
from app.domain.message import Message
from app.domain.models import ModelRef


@dataclass(frozen=True, slots=True)
class SearchSettings:
    """How to search: `k` passages are returned, drawn from the best `fetch` when `mmr` spreads them.

    `depth` is how many each of the two searches brings to the fusion. The weights count in the
    weighted sum only: in RRF they would silence the keyword side (dense ranks 1 to 14 would always
    beat keyword rank 1). `mmr_lambda` 1 is relevance alone, 0 diversity alone. `expansion` and
    `extraction` name the chat model of an optional step; None leaves the step out. `documents` are
    names; empty: all.
    """

    mode: Mode = Mode.HYBRID
    k: int = 8
    fusion: Fusion = Fusion.RRF
    rrf_k: int = 60
    keyword_weight: float = 0.45
    dense_weight: float = 0.55
    mmr: bool = False
    fetch: int = 24
    mmr_lambda: float = 0.3
    depth: int = 50
    expansion: ModelRef | None = None
    extraction: ModelRef | None = None
    documents: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Hit:
    """A passage that was found, best first from `rank` 1.

    `score` orders the hits (after MMR: that of the passage, not its order); `dense` is the cosine
    similarity and `keyword` the BM25 score, None where that search did not find it. `extract` is the
    part that answers, when that step was on.
    """

    rank: int
    passage: StoredPassage
    score: float
    dense: float | None = None
    keyword: float | None = None
    extract: str | None = None

    @property
    def shown(self) -> Passage:
        """As evidence. An extract keeps the place of the whole passage: it is cut from it."""
        p = self.passage
        return Passage(p.document, self.extract or p.text, p.start, p.end, p.page, self.score)


@dataclass(frozen=True, slots=True)
class Step:
    """One step of a search: seconds it took, and why it was skipped if it was."""

    name: str
    seconds: float
    skipped: Message | None = None


@dataclass(frozen=True, slots=True)
class SearchResult:
    """`queries` are those that were searched: the question, then what expansion added."""

    query: str
    collection: str
    settings: SearchSettings
    hits: tuple[Hit, ...]
    steps: tuple[Step, ...]
    queries: tuple[str, ...] = ()

    @property
    def seconds(self) -> float:
        return sum(step.seconds for step in self.steps)

    @property
    def notices(self) -> tuple[Message, ...]:
        return tuple(step.skipped for step in self.steps if step.skipped)

    @property
    def evidence(self) -> Evidence:
        return Evidence(tuple(hit.shown for hit in self.hits))
