"""What is asked of a search, and what it found, step by step."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace

from app.domain.documents import Fusion, Mode, StoredPassage
from app.domain.evidence import Evidence, Passage, Retrieval
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


DEFAULT = SearchSettings()


@dataclass(frozen=True, slots=True)
class Hit:
    """A passage that was found, best first from `rank` 1.

    `score` orders the hits (after MMR: that of the passage, not its order); `dense` is the cosine
    similarity and `keyword` the BM25 score, None where that search did not find it. `extract` is the
    stretch of the passage that answers, when that step was on and found one.
    """

    rank: int
    passage: StoredPassage
    score: float
    dense: float | None = None
    keyword: float | None = None
    extract: str | None = None

    @property
    def shown(self) -> Passage:
        """As evidence: the extract in its own place where there is one, else the whole passage."""
        p = self.passage
        if self.extract is None or (at := p.text.find(self.extract)) < 0:
            return Passage(p.document, p.text, p.start, p.end, p.page, self.score)
        start = p.start + at
        return Passage(p.document, self.extract, start, start + len(self.extract), p.page, self.score)


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
        settings = self.settings
        fusion = settings.fusion.value if settings.mode is Mode.HYBRID else ""
        return Evidence(
            tuple(replace(hit.shown, collection=self.collection) for hit in self.hits),
            Retrieval(settings.mode.value, settings.k, self.seconds, fusion, settings.mmr),
        )


Ask = Callable[[ModelRef, str, str], str]
"""Puts a prompt to a chat model: (model, system prompt, prompt) → its answer. Raises UnderstudyError."""

Search = Callable[[str, str, SearchSettings], SearchResult]
"""(question, collection, settings) → what was found. Blocks. Raises UnderstudyError."""


@dataclass(frozen=True, slots=True)
class Target:
    """Where an answer is: a document, and its page when that is known."""

    document: str
    page: int | None = None


@dataclass(frozen=True, slots=True)
class Labelled:
    """A question and every place that answers it."""

    question: str
    targets: tuple[Target, ...]


@dataclass(frozen=True, slots=True)
class Estimate:
    """A mean over `n` questions with its percentile bootstrap interval at `level`."""

    value: float
    low: float
    high: float
    n: int
    resamples: int
    seed: int
    level: float = 0.95


@dataclass(frozen=True, slots=True)
class RetrievalScores:
    """How well a setting finds what is labelled, over the first `k` passages."""

    k: int
    recall: Estimate
    mrr: Estimate
    ndcg: Estimate
