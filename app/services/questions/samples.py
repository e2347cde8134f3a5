"""Question sets on the sample documents, in English and in Korean: to try everything out, and to see what a set is.

Files of the form that the import reads. Their first ten questions each, with their documents alone, are
the labelled questions that search is tried out with.
"""

from __future__ import annotations

import csv
import io
from collections.abc import Mapping
from functools import lru_cache
from pathlib import Path
from types import MappingProxyType

from app.domain.questions import Question
from app.services.questions.reading import read_questions

NAMES: Mapping[str, str] = MappingProxyType({"en": "Sample questions", "ko": "예시 질문"})
LABELLED = "sample-questions.csv"
_FOLDER = Path(__file__).parent / "sample_sets"
_LABELLED_EACH = 10


def sample_set(language: str) -> tuple[str, tuple[Question, ...]]:
    """Name and questions of the set in `language`, English for one that has none."""
    spoken = language if language in NAMES else "en"
    return NAMES[spoken], _questions(spoken)


def labelled_csv() -> str:
    """Questions in both languages with the documents that answer them: question, document, page."""
    out = io.StringIO(newline="")
    writer = csv.writer(out, lineterminator="\n")
    writer.writerow(("question", "document", "page"))
    for language in NAMES:
        for question in _questions(language)[:_LABELLED_EACH]:
            writer.writerows((question.text, t.document, t.page) for t in question.targets)
    return out.getvalue()


@lru_cache(maxsize=2)
def _questions(language: str) -> tuple[Question, ...]:
    path = _FOLDER / f"questions.{language}.csv"
    return read_questions(path.name, path.read_bytes()).questions
