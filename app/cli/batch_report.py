"""A batch for a person at a terminal: what it will take, how it is going, how it stands."""

from __future__ import annotations

import time
from collections.abc import Sequence
from typing import TYPE_CHECKING

from app.cli import output
from app.cli.overdrawing import Overdrawn, bar
from app.domain.batches import BatchRecord, BatchState, Failure, Tally, Why
from app.domain.message import Message
from app.services.batches.words import STATE_WORDS
from app.services.results.contestants import labels_of

if TYPE_CHECKING:
    from app.services.batches.estimate import BatchEstimate, ContestantEstimate
    from app.services.batches.service import Batches

EVERY = 0.25  # seconds between two looks
LINE_EVERY = 10.0  # seconds between two lines where nothing can be drawn over
SHOWN = 10


class BatchProgress(Overdrawn):
    """Follows a batch that runs in this process: a bar in a terminal, elsewhere a line now and then."""

    def __init__(self, batches: Batches, batch_id: str) -> None:
        super().__init__()
        self._batches, self._id = batches, batch_id
        self._told = 0.0
        self._reason: Why | None = None

    def follow(self) -> BatchRecord:
        """Block until it does not run any more."""
        while True:
            try:
                return self._batches.wait(self._id, EVERY)
            except TimeoutError:
                self._show(self._batches.get(self._id))

    def _show(self, record: BatchRecord) -> None:
        if self.rewrites:
            self.draw(_lines(record))
            return
        changed = (record.reason is None) != (self._reason is None)
        if changed or time.monotonic() - self._told >= LINE_EVERY:
            self._told, self._reason = time.monotonic(), record.reason
            output.note(output.hide(" · ".join(standing(record))))


def _lines(record: BatchRecord) -> list[str]:
    p = record.progress
    share = (p.answers - p.left) / p.answers if p.answers else 1.0
    why = [] if record.reason is None else [output.hide(output.text(record.reason.said))]
    return [*why, f"{bar(share)} · {' · '.join(_counts(record))}"]


def standing(record: BatchRecord) -> list[str]:
    """Where a batch stands, in a few words: its state, its counts, its money, what it waits for."""
    parts = [output.text(STATE_WORDS[record.state]), *_counts(record)]
    return [*parts, output.text(record.reason.said)] if record.reason is not None else parts


def _counts(record: BatchRecord) -> list[str]:
    p, speech = record.progress, output.speech()
    parts = [
        output.text(
            Message("{n} of {total} answers", n=speech.number(p.answers - p.left), total=speech.number(p.answers))
        )
    ]
    if p.failed:
        parts.append(output.text(Message("failed: {n}", n=speech.number(p.failed))))
    if p.cached:
        parts.append(output.text(Message("from earlier answers: {n}", n=speech.number(p.cached))))
    if p.spent_usd:  # a sum of nothing would make free of what is only not priced
        parts.append(speech.usd(p.spent_usd))
    if p.seconds_left is not None:
        parts.append(output.text(Message("about {time} left", time=speech.seconds(p.seconds_left))))
    return parts


def note_estimate(estimate: BatchEstimate) -> None:
    """What it will take, before it starts; what is not known is said, with whose."""
    speech = output.speech()
    output.note(
        output.text(
            Message(
                "{questions} questions, {answers} answers",
                questions=speech.number(estimate.questions),
                answers=speech.number(estimate.answers),
            )
        )
    )
    for c in estimate.contestants:
        output.note(f"  {c.contestant.model}: {' · '.join(_expected(c))}")
    unpriced = ", ".join(estimate.unknown_cost)
    if estimate.usd and unpriced:
        said = Message("{usd}, and what {models} costs", usd=speech.usd(estimate.usd), models=unpriced)
        output.note(output.text(said))
    elif unpriced:
        output.note(output.text(Message("What {models} costs is not known.", models=unpriced)))
    else:
        output.note(output.text(Message("About {usd}", usd=speech.usd(estimate.usd))))
    if estimate.seconds is not None:
        output.note(output.text(Message("About {time}", time=speech.seconds(estimate.seconds))))
    else:
        names = ", ".join(estimate.unknown_speed)
        output.note(
            output.text(Message("How long it takes is not known: nothing was measured of {models}.", models=names))
        )
    if estimate.sources is None:
        output.note(output.text(Message("The sources could not be searched now: their tokens are not counted.")))


def _expected(c: ContestantEstimate) -> list[str]:
    speech = output.speech()
    parts = [output.text(Message("{n} tokens in", n=speech.number(c.input_tokens)))]
    if c.output_from == "measured":
        parts.append(
            output.text(
                Message(
                    "about {n} out, as in its last {answers} answers",
                    n=speech.number(c.output_tokens or 0),
                    answers=c.measured,
                )
            )
        )
    elif c.output_from == "limit":
        parts.append(output.text(Message("at most {n} out", n=speech.number(c.output_tokens or 0))))
    else:
        parts.append(output.text(Message("out: not known")))
    if c.usd is not None:
        parts.append(speech.usd(c.usd))
    elif not c.priced:
        parts.append(speech.usd(None))
    return parts


def print_batch(record: BatchRecord, tallies: Sequence[Tally], failures: Sequence[Failure], rated: bool) -> None:
    """How a batch stands, a line a contestant, the first failures, and what to do next."""
    speech, labels = output.speech(), labels_of(record.plan.contestants)
    output.say(f"{output.text(Message('Batch {id}', id=record.id))} · {record.name} · {' · '.join(standing(record))}")
    heads = (
        Message("Model"),
        Message("Done"),
        Message("Failed"),
        Message("Copied"),
        Message("Tokens/s"),
        Message("Cost"),
    )
    rows = [
        [
            labels[t.contestant],
            speech.number(t.done),
            speech.number(t.failed),
            speech.number(t.cached),
            speech.number(t.tokens_per_second, 1) if t.tokens_per_second is not None else "—",
            speech.usd(t.usd) if t.done or t.usd is not None else "—",
        ]
        for t in tallies
    ]
    output.table([output.text(h) for h in heads], rows, right=(1, 2, 3, 4, 5))
    for failure in failures[:SHOWN]:
        output.say(f"! {output.hide(_why(labels, failure))}")
    if len(failures) > SHOWN:
        output.say(output.text(Message("… and {n} more: --json lists them", n=len(failures) - SHOWN)))
    _next(record, rated)


def _why(labels: Sequence[str], failure: Failure) -> str:
    who = "" if failure.contestant is None else f" · {labels[failure.contestant]}"
    said = output.text(failure.error.message) if failure.error is not None else failure.status.value
    return output.text(Message("question {n}", n=failure.question + 1)) + f"{who}: {said}"


def _next(record: BatchRecord, rated: bool) -> None:
    commands = {
        BatchState.READY: Message("Start it: {command}", command=f"python -m app batch resume {record.id}"),
        BatchState.PAUSED: Message("Go on: {command}", command=f"python -m app batch resume {record.id}"),
        BatchState.INTERRUPTED: Message("Go on: {command}", command=f"python -m app batch resume {record.id}"),
        BatchState.DONE: Message("See the results: {command}", command=f"python -m app results {record.id}"),
    }
    if record.state in commands:
        output.note(output.text(commands[record.state]))
    if record.state is BatchState.DONE and record.progress.retriable and not rated:
        again = Message("Ask the failed ones again: {command}", command=f"python -m app batch retry {record.id}")
        output.note(output.text(again))
