"""The part of the composition root for the evaluation: question sets and what is done with them.

Only `app.bootstrap` imports it.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from app.domain.pricing import PriceBook, TokenCounter
from app.domain.searching import Search
from app.pricing.ownership import owning
from app.pricing.ownership_presets import REFERENCE
from app.services.batches.service import Batches
from app.services.batches.starting import Starting
from app.services.comparing.directory import Directory
from app.services.comparing.runs import RunEngine
from app.services.decision.record import DecisionRecords
from app.services.export.training import Training
from app.services.ownership.service import OwnershipService
from app.services.questions.service import QuestionSets
from app.services.rating.importing import VoteImport
from app.services.rating.order import NearestFirst
from app.services.rating.queueing import RatingQueue
from app.services.results.measuring import MeasuringService
from app.services.results.service import ResultsService
from storage.batches import SqlBatchStore
from storage.comparisons import SqlComparisonStore
from storage.database import Database
from storage.figures import SqlFigureStore
from storage.ownership import SqlOwnershipStore
from storage.questions import SqlQuestionStore
from storage.queueing import SqlQueueStore
from storage.rated import SqlRatedStore
from storage.ratings import SqlRatingStore
from storage.votes import SqlVoteStore


@dataclass(frozen=True, slots=True)
class Evaluation:
    questions: QuestionSets
    batches: Batches
    training: Training
    queue: RatingQueue
    vote_import: VoteImport
    results: ResultsService
    records: DecisionRecords
    ownership: OwnershipService


@dataclass(frozen=True, slots=True)
class Machinery:
    """What batches run on; `owner` is this process, `alive` tells whether another one still runs."""

    engine: RunEngine
    directory: Directory
    tokens: TokenCounter
    prices: PriceBook
    search: Search
    collection: Callable[[str], object]
    owner: str
    alive: Callable[[str], bool]


def evaluation(database: Database, on: Machinery) -> Evaluation:
    question_store, batch_store = SqlQuestionStore(database), SqlBatchStore(database)
    votes, figures, queue_store = SqlVoteStore(database), SqlFigureStore(database), SqlQueueStore(database)
    ownership = OwnershipService(owning, REFERENCE, on.prices, SqlOwnershipStore(database))

    comparisons, ratings = SqlComparisonStore(database), SqlRatingStore(database)
    queue = RatingQueue(
        queue_store,
        comparisons,
        ratings,
        batch_store.get,
        batch_store.list,
        NearestFirst(batch_store.get, votes, question_store),
    )
    return Evaluation(
        questions=QuestionSets(question_store),
        batches=Batches(
            batch_store,
            Starting(batch_store, question_store, on.engine, on.directory, on.tokens, on.prices, on.search, on.owner),
            on.engine,
            on.collection,
            on.owner,
            on.alive,
        ),
        training=Training(SqlRatedStore(database), lambda batch: batch_store.get(batch).id),
        queue=queue,
        vote_import=VoteImport(queue, comparisons, ratings),
        results=ResultsService(batch_store.get, question_store, votes, figures, MeasuringService(figures)),
        records=DecisionRecords(
            votes,
            figures,
            batch_store.terms,
            lambda model: on.directory.look().info(model),
            on.prices,
            ownership=ownership.kept,
            golds=queue_store.golds,
        ),
        ownership=ownership,
    )
