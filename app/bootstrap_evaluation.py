"""The part of the composition root for the evaluation: question sets and what is done with them.

Only `app.bootstrap` imports it.
"""

from __future__ import annotations

from dataclasses import dataclass

from sqlalchemy import Engine

from app.services.questions import QuestionSets
from storage.questions import SqlQuestionStore


@dataclass(frozen=True, slots=True)
class Evaluation:
    questions: QuestionSets


def evaluation(database: Engine) -> Evaluation:
    question_store = SqlQuestionStore(database)
    return Evaluation(questions=QuestionSets(question_store))
