"""A rater's pairs as a sheet to be filled in: question, answer A, answer B, and a token instead of who is who."""

from __future__ import annotations

from collections.abc import Iterator

from app.domain.queueing import PairKey
from app.services.export.spreadsheet import csv_pieces
from app.services.rating.queueing import RatingQueue
from app.services.rating.view import scramble

COLUMNS = (
    *("pair", "category", "question", "answer_a", "answer_b"),
    *("outcome", "stars_a", "stars_b", "comment", "rater"),
)


def sheet(queue: RatingQueue, batch_id: str, rater: str) -> Iterator[str]:
    """CSV in pieces, a row for each pair open to the rater; `outcome` is for A, B, tie or both bad.

    Gold pairs are not in it. Nothing is held: who imports it last is a rater too many, and said so by the
    verdict. Raises UserError for an unknown batch.
    """
    rows = (
        {
            "pair": token(task.batch, task.behind.left, task.behind.right),
            "category": task.category,
            "question": task.question,
            "answer_a": task.record.by_side[0].answer.text,
            "answer_b": task.record.by_side[1].answer.text,
            "rater": task.rater,
        }
        for task in queue.open_tasks(batch_id, rater)
    )
    return csv_pieces(COLUMNS, rows)


def token(batch: str, left: str, right: str) -> str:
    """What stands for a pair and its sides; without the batch's answers it says nothing."""
    return f"{batch}.{scramble(batch, 'sheet', left, right).hex()}"


def pairs_by_token(queue: RatingQueue, batch_id: str) -> dict[str, tuple[PairKey, str, str]]:
    """Each pair with its left and its right answer, both ways round. Raises UserError for an unknown batch."""
    batch = queue.batch(batch_id).id
    return {
        token(batch, left, right): (pair.key, left, right)
        for pair in queue.pairs(batch)
        for left, right in ((pair.first, pair.second), (pair.second, pair.first))
    }
