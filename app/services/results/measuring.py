"""Automatic measures of a batch's answers: each answer is measured once, and what was found is kept."""

from __future__ import annotations

import math
import time
from collections.abc import Mapping

from app.domain.batches import BatchRecord
from app.domain.figures import Figures, FigureStore, Unmeasured
from app.domain.measures import Measures
from app.domain.questions import QuestionSet
from app.evaluation.measures import measure

FORM = 1
"""Of what is measured: with another one every answer is measured anew."""

_PAGE = 200


class MeasuringService:
    """Safe to call from any thread."""

    def __init__(self, figures: FigureStore) -> None:
        self._figures = figures

    def of_batch(self, batch: BatchRecord, asked: QuestionSet, patience: float = math.inf) -> Mapping[str, Figures]:
        """Figures of the complete answers by id; those without any are measured now, for `patience` seconds."""
        page: dict[str, Figures] = {}
        deadline = time.monotonic() + patience
        for answer in self._figures.unmeasured(batch.id, FORM):
            page[answer.answer] = figures_of(_measured(answer, batch, asked))
            if len(page) == _PAGE:
                self._figures.save_measures(FORM, page)
                page = {}
            if time.monotonic() > deadline:
                break
        self._figures.save_measures(FORM, page)
        return self._figures.measures(batch.id, FORM)


def _measured(answer: Unmeasured, batch: BatchRecord, asked: QuestionSet) -> Measures:
    question = asked.questions[answer.question]
    return measure(
        question.text,
        answer.text,
        reference=question.reference,
        targets=question.targets,
        language=question.language,
        wants_json=question.wants_json,
        evidence=answer.evidence if batch.plan.collection else None,
    )


def figures_of(measures: Measures) -> Figures:
    """What is averaged over answers: numbers as they are, and yes or no. The names are those of the JSON."""
    return {
        "characters": measures.characters,
        "words": measures.words,
        "language": measures.language,
        "language_matches": measures.language_matches,
        "foreign_script": None if measures.foreign is None else bool(measures.foreign),
        "refusal": None if measures.stance is None else measures.stance == "refusal",
        "abstention": None if measures.stance is None else measures.stance == "abstention",
        "cites": None if measures.cited is None else bool(measures.cited),
        "citations_valid": measures.citations_valid,
        "retrieval_hit": measures.retrieval_hit,
        "closeness": measures.closeness,
        "valid_json": None if measures.json is None else measures.json == "valid",
    }


__all__ = ["FORM", "MeasuringService", "figures_of"]
