"""Searching: one question under several settings side by side, and how well each finds what is labelled."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

from app.domain.answers import Status
from app.domain.chat import ChatMessage, ChatRequest
from app.domain.errors import Fault, ProviderError, UnderstudyError, UserError
from app.domain.message import Message
from app.domain.models import ModelRef, Sampling
from app.domain.searching import DEFAULT, Labelled, RetrievalScores, Search, SearchResult, SearchSettings, Target
from app.services.comparing.answering import Answering
from app.services.comparing.directory import Directory
from app.services.comparing.live import LiveAnswer
from app.services.comparing.runs import RunEngine

MOST_SIDES = 3

Scoring = Callable[[Sequence[Sequence[Target]], Sequence[Sequence[Target]], int], RetrievalScores]


@dataclass(frozen=True, slots=True)
class Side:
    """One column of a side-by-side search."""

    collection: str
    settings: SearchSettings = DEFAULT


@dataclass(frozen=True, slots=True)
class SideBySide:
    """What each side found, or why it could not. `overlap[i][j]`: the share of passages that i and j have in common."""

    results: tuple[SearchResult | UnderstudyError, ...]
    overlap: tuple[tuple[float, ...], ...]


@dataclass(frozen=True, slots=True)
class Measured:
    """How well one side finds what is labelled; `seconds` are the medians of a search."""

    side: Side
    scores: RetrievalScores
    seconds: float


class Searching:
    """What a page or a command asks for. Blocks while models and the server answer."""

    def __init__(self, search: Search, score: Scoring) -> None:
        self._search = search
        self._score = score
        self._warm: set[str] = set()

    def search(self, query: str, collection: str, settings: SearchSettings = DEFAULT) -> SearchResult:
        """Raises UserError or ProviderError."""
        return self._search(query, collection, settings)

    def side_by_side(self, query: str, sides: Sequence[Side]) -> SideBySide:
        """The same question on up to three sides, one after another so that their times compare.

        What a first search of a collection waits for besides (an embedding model that is loaded, a
        server that starts) counts for no side.
        """
        if not 1 <= len(sides) <= MOST_SIDES:
            raise UserError(
                Message("A search has one to {most} sides.", most=MOST_SIDES), Message("Choose fewer settings.")
            )
        results: list[SearchResult | UnderstudyError] = []
        for side in sides:
            try:
                if side.collection not in self._warm:
                    self._search(query, side.collection, replace(side.settings, expansion=None, extraction=None))
                    self._warm.add(side.collection)
                results.append(self._search(query, side.collection, side.settings))
            except UnderstudyError as error:
                results.append(error)
        places = [_places(r) if isinstance(r, SearchResult) else set() for r in results]
        return SideBySide(tuple(results), tuple(tuple(_overlap(a, b) for b in places) for a in places))

    def measure(
        self,
        questions: Sequence[Labelled],
        sides: Sequence[Side],
        k: int = 10,
        on_progress: Callable[[int, int], None] = lambda done, total: None,
    ) -> tuple[Measured, ...]:
        """Recall@k, MRR and nDCG of each side over the labelled questions.

        Raises UserError without questions, or when a search fails.
        """
        if not questions or not all(q.targets for q in questions):
            raise UserError(
                Message("Every question of the set needs at least one document that answers it."),
                Message("Add lines of the form question, document, page."),
            )
        measured = []
        for n, side in enumerate(sides):
            found: list[list[Target]] = []
            seconds: list[float] = []
            for i, labelled in enumerate(questions):
                result = self._search(labelled.question, side.collection, _at_least(side.settings, k))
                found.append([Target(hit.passage.document, hit.passage.page) for hit in result.hits])
                seconds.append(result.seconds)
                on_progress(n * len(questions) + i + 1, len(sides) * len(questions))
            scores = self._score(found, [q.targets for q in questions], k)
            measured.append(Measured(side, scores, sorted(seconds)[len(seconds) // 2]))
        return tuple(measured)


class ModelAsker:
    """Puts a question to a chat model and waits for the whole answer: the `Ask` of the optional steps."""

    def __init__(self, directory: Directory, engine: RunEngine, answering: Answering) -> None:
        self._directory = directory
        self._engine = engine
        self._answering = answering

    def __call__(self, model: ModelRef, system: str, prompt: str) -> str:
        """Raises ProviderError with what the provider said."""
        provider = self._directory.provider(model)
        request = ChatRequest(
            model.name,
            (ChatMessage("system", system), ChatMessage("user", prompt)),
            Sampling(temperature=0.0, max_tokens=512),
            prompt=prompt,
        )
        live = LiveAnswer()
        self._engine.call(self._answering.answer(provider, request, live))
        answer = live.snapshot()
        if answer.error is not None:
            raise ProviderError(answer.error.kind, answer.error.message, answer.error.remedy)
        if answer.status is not Status.DONE:
            raise ProviderError(Fault.INTERRUPTED, Message("The answer was stopped."), Message("Ask again."))
        return answer.text


def _places(result: SearchResult) -> set[tuple[str, int, int]]:
    # By place, not by id: collections under two embeddings hold the same passages under different ids.
    return {(h.passage.document, h.passage.start, h.passage.end) for h in result.hits}


def _overlap(a: set[tuple[str, int, int]], b: set[tuple[str, int, int]]) -> float:
    return len(a & b) / max(len(a), len(b)) if a or b else 0.0


def _at_least(settings: SearchSettings, k: int) -> SearchSettings:
    return settings if settings.k >= k else replace(settings, k=k)
