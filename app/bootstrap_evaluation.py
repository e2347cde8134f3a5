"""The part of the composition root for the evaluation: question sets and what is done with them.

Only `app.bootstrap` imports it.
"""

from __future__ import annotations

from dataclasses import dataclass

from app.services.export_training import Training
from app.services.questions import QuestionSets
from app.services.queue_order import NearestFirst
from app.services.queueing import RatingQueue
from storage.batches import SqlBatchStore
from storage.comparisons import SqlComparisonStore
from storage.database import Database
from storage.questions import SqlQuestionStore
from storage.queue import SqlQueueStore
from storage.rated import SqlRatedStore
from storage.ratings import SqlRatingStore
from storage.votes import SqlVoteStore


@dataclass(frozen=True, slots=True)
class Evaluation:
    questions: QuestionSets
    training: Training
    queue: RatingQueue


def evaluation(database: Database) -> Evaluation:
    question_store, batch_store = SqlQuestionStore(database), SqlBatchStore(database)
    return Evaluation(
        questions=QuestionSets(question_store),
        training=Training(SqlRatedStore(database), lambda batch: batch_store.get(batch).id),
        queue=RatingQueue(
            SqlQueueStore(database),
            SqlComparisonStore(database),
            SqlRatingStore(database),
            batch_store.get,
            batch_store.list,
            NearestFirst(batch_store.get, SqlVoteStore(database), question_store),
        ),
    )
