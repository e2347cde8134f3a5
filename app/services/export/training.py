"""Ratings as data to fine-tune with: preference pairs for DPO, and accepted answers as instructions.

Preference pairs are in the conversational form with an explicit prompt that TRL's DPOTrainer reads
(huggingface.co/docs/trl/dataset_formats#preference): `prompt` is what both contestants were sent, as messages,
`chosen` and `rejected` are one message each. Accepted answers have Alpaca's three fields
(github.com/tatsu-lab/stanford_alpaca): `instruction`, `input` with the passages, `output`; where a system prompt
was given there is a field `system` too. Both are JSON Lines and name no model.

A follow-up is in neither: each contestant had a conversation of its own behind it, so that the two
answers are not answers to one prompt.
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Literal

from app.domain.answers import Status
from app.domain.comparisons import AnswerRecord, ComparisonRecord
from app.domain.evidence import Evidence
from app.domain.message import Message
from app.domain.ratings import Outcome, Rating, Stars
from app.domain.training import RatedComparison, RatedStore
from app.services.comparing.prompting import messages_for

TrainingFormat = Literal["dpo", "alpaca"]
TRAINING_FORMATS: tuple[TrainingFormat, ...] = ("dpo", "alpaca")
Left = Literal["ties", "both_bad", "draws", "same", "incomplete", "follow_ups", "not_accepted"]
ACCEPTED_STARS = 4.0
WHY: Mapping[Left, Message] = {
    "ties": Message("a tie"),
    "both_bad": Message("both called bad"),
    "draws": Message("as many votes for one as for the other"),
    "same": Message("the same text twice"),
    "incomplete": Message("an answer that is not whole"),
    "follow_ups": Message("a follow-up: each contestant had a conversation of its own"),
    "not_accepted": Message("not accepted"),
}


@dataclass(slots=True)
class Counts:
    """How many lines were written, and how many pairs (or answers) were left out, by reason. Fills while reading."""

    written: int = 0
    left_out: Counter[Left] = field(default_factory=Counter)


@dataclass(frozen=True, slots=True)
class TrainingExport:
    """Pieces of JSON Lines, to be read once, and the counts that they leave."""

    pieces: Iterator[str]
    counts: Counts


class Training:
    """Safe to call from any thread. `batch_id` turns what a person writes for a batch into its id."""

    def __init__(self, store: RatedStore, batch_id: Callable[[str], str]) -> None:
        self._store = store
        self._batch_id = batch_id

    def export(self, format: TrainingFormat, batch: str | None = None) -> TrainingExport:
        """Everything that was rated, or one batch, a comparison at a time. Raises UserError for an unknown batch."""
        counts = Counts()
        rated = self._store.rated(self._batch_id(batch) if batch else None)
        lines = _pairs if format == "dpo" else _accepted
        return TrainingExport(_written(rated, lines, counts), counts)


def _written(
    rated: Iterator[RatedComparison],
    lines: Callable[[RatedComparison, Counts], Iterator[dict[str, object]]],
    counts: Counts,
) -> Iterator[str]:
    for comparison in rated:
        for line in lines(comparison, counts):
            counts.written += 1
            yield json.dumps(line, ensure_ascii=False, allow_nan=False) + "\n"


def _pairs(rated: RatedComparison, counts: Counts) -> Iterator[dict[str, object]]:
    """A line for each pair of answers that people decided, by the outcome that most of them named."""
    record = rated.record
    answers = {a.id: a for a in record.answers}
    by_pair: dict[tuple[str, str], Counter[str]] = {}
    for rating in rated.ratings:
        pair = (rating.left, rating.right) if rating.left < rating.right else (rating.right, rating.left)
        by_pair.setdefault(pair, Counter())[_said(rating)] += 1
    for pair, votes in by_pair.items():
        (said, n), *others = votes.most_common(2)
        why: Left | None = None
        if record.turn:
            why = "follow_ups"
        elif not all(_whole(answers[answer]) for answer in pair):
            why = "incomplete"
        elif others and others[0][1] == n:
            why = "draws"
        elif said == Outcome.TIE:
            why = "ties"
        elif said == Outcome.BOTH_BAD:
            why = "both_bad"
        elif answers[pair[0]].answer.text.strip() == answers[pair[1]].answer.text.strip():
            why = "same"
        if why is not None:
            counts.left_out[why] += 1
            continue
        chosen, rejected = pair if said == pair[0] else pair[::-1]
        yield {
            "prompt": [{"role": m.role, "content": m.content} for m in messages_for(record.comparison)],
            "chosen": [_assistant(answers[chosen])],
            "rejected": [_assistant(answers[rejected])],
        }


def _accepted(rated: RatedComparison, counts: Counts) -> Iterator[dict[str, object]]:
    """A line for each answer that people accepted."""
    record = rated.record
    for answer in record.answers:
        why: Left | None = None
        if record.turn:
            why = "follow_ups"
        elif not _whole(answer):
            why = "incomplete"
        elif not _is_accepted(answer.id, rated.ratings, rated.stars):
            why = "not_accepted"
        if why is not None:
            counts.left_out[why] += 1
        else:
            yield _instruction(record, answer)


def _is_accepted(answer: str, ratings: Sequence[Rating], stars: Sequence[Stars]) -> bool:
    """Won or tied more votes than it lost, or four stars and more on average; and nobody called it bad."""
    votes = [r for r in ratings if answer in (r.left, r.right)]
    if any(r.outcome is Outcome.BOTH_BAD for r in votes):
        return False
    liked = sum(_said(r) in (answer, Outcome.TIE) for r in votes)
    given = [s.stars for s in stars if s.answer == answer]
    return liked > len(votes) - liked or (bool(given) and sum(given) / len(given) >= ACCEPTED_STARS)


def _said(rating: Rating) -> str:
    """The id of the answer that won, else `tie` or `both_bad`."""
    winners: Mapping[Outcome, str] = {Outcome.LEFT: rating.left, Outcome.RIGHT: rating.right}
    return winners.get(rating.outcome, rating.outcome.value)


def _whole(record: AnswerRecord) -> bool:
    """Complete, and not ended by its limit of tokens: a model should not learn to stop in the middle."""
    answer = record.answer
    return answer.status is Status.DONE and answer.finish != "length" and bool(answer.text.strip())


def _assistant(record: AnswerRecord) -> dict[str, str]:
    return {"role": "assistant", "content": record.answer.text}


def _instruction(record: ComparisonRecord, answer: AnswerRecord) -> dict[str, object]:
    asked = record.comparison
    line: dict[str, object] = {
        "instruction": asked.prompt,
        "input": _passages(asked.evidence),
        "output": answer.answer.text,
    }
    return {**line, "system": asked.system} if asked.system.strip() else line


def _passages(evidence: Evidence) -> str:
    """The passages by the numbers that answers cite them with."""
    return "\n\n".join(
        f"[{n}] {p.document}{f', p. {p.page}' if p.page else ''}\n{p.text}"
        for n, p in enumerate(evidence.passages, start=1)
    )
