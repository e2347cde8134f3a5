"""One contestant in the results: how it was liked, how fast it was, what it used, what was measured of it."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from decimal import Decimal
from functools import partial
from typing import cast as typed

import numpy as np
from numpy.typing import NDArray

from app.domain.answers import Status
from app.domain.batches import UNFINISHED, BatchRecord
from app.domain.figures import AnswerFigures, Figures
from app.domain.intervals import Interval
from app.domain.models import Contestant
from app.domain.votes import BatchVotes, Result
from app.evaluation.intervals import mean, quantile, wilson
from app.evaluation.tango import SMALL
from app.evaluation.units import STARS_ACCEPTABLE

PHASES = ("queued", "load", "prefill", "first_token", "decode", "total")


@dataclass(frozen=True, slots=True)
class Phase:
    """Seconds of one phase over the answers whose server told it: the median and the 95th percentile."""

    name: str
    p50: Interval
    p95: Interval


@dataclass(frozen=True, slots=True)
class Measured:
    """A measure over the answers that it applies to: a mean, or for yes and no the share of yes."""

    name: str
    value: Interval
    share: bool


@dataclass(frozen=True, slots=True)
class ContestantResult:
    """`position` is the order asked. Of `answers` those `unfinished` wait, run or were interrupted, and `stopped`
    ones nobody will ask: neither says anything of the contestant, as `failed` does. Copies from the cache
    count as answers, and not as speed or money.

    `quality` is the mean score of its blind ratings (better 1, tie ½, worse or both bad 0) and `acceptable`
    the share of them that found it acceptable (neither both bad nor 1–2 stars), questions weighing
    alike; None while unrated. `usd` sums what was priced; `unpriced` answers have no price.
    `tokens_per_second` is of decoding.
    """

    position: int
    contestant: Contestant
    label: str
    answers: int
    done: int
    failed: int
    truncated: int
    refused: int
    cached: int
    stopped: int
    unfinished: int
    local: bool | None
    quality: Interval | None
    acceptable: Interval | None
    ratings: int
    phases: tuple[Phase, ...]
    tokens_per_second: Interval | None
    input_tokens: Interval | None
    output_tokens: Interval | None
    estimated_tokens: int
    usd: Decimal | None
    usd_per_answer: float | None
    unpriced: int
    measures: tuple[Measured, ...]

    @property
    def seconds_p50(self) -> float | None:
        return next((p.p50.value for p in self.phases if p.name == "total"), None)

    @property
    def usd_per_acceptable(self) -> float | None:
        """What an acceptable answer costs in fees; None where a price or a rating is missing."""
        if self.usd_per_answer is None or self.acceptable is None or not self.acceptable.value:
            return None
        return self.usd_per_answer / self.acceptable.value


def contestants(
    batch: BatchRecord,
    figures: Sequence[AnswerFigures],
    measures: Mapping[str, Figures],
    cast: BatchVotes,
) -> tuple[ContestantResult, ...]:
    """The batch's contestants in the order asked; `measures` by answer id."""
    labels = labels_of(batch.plan.contestants)
    return tuple(
        _result(n, contestant, labels[n], [f for f in figures if f.contestant == n], measures, cast)
        for n, contestant in enumerate(batch.plan.contestants)
    )


def labels_of(given: Sequence[Contestant]) -> tuple[str, ...]:
    """What to call them: the model, with what sets it apart where a model comes twice."""
    names = [str(c.model) for c in given]
    labels = []
    for contestant, name in zip(given, names, strict=True):
        if names.count(name) > 1:
            others = [c.sampling.given() for c in given if str(c.model) == name and c is not contestant]
            own = {k: v for k, v in contestant.sampling.given().items() if any(o.get(k) != v for o in others)}
            name += f" ({', '.join(f'{k} {v}' for k, v in own.items()) or 'defaults'})"
        labels.append(name)
    return tuple(labels)


def _result(
    position: int,
    contestant: Contestant,
    label: str,
    answers: Sequence[AnswerFigures],
    measures: Mapping[str, Figures],
    cast: BatchVotes,
) -> ContestantResult:
    fresh = [a for a in answers if not a.cached and a.status in (Status.DONE, Status.TRUNCATED)]
    whole = [a for a in answers if a.status is Status.DONE]
    of_fresh, of_whole = (np.array([a.question for a in some], np.int32) for some in (fresh, whole))
    priced = [a.cost_usd for a in fresh if a.cost_usd is not None]
    quality, acceptable, ratings = _liked(position, cast)
    known = {a.local for a in answers if a.local is not None}
    return ContestantResult(
        position=position,
        contestant=contestant,
        label=label,
        answers=len(answers),
        done=len(whole),
        failed=sum(a.status is Status.FAILED for a in answers),
        truncated=sum(a.status is Status.TRUNCATED for a in answers),
        refused=sum(a.status is Status.REFUSED for a in answers),
        cached=sum(a.cached for a in answers),
        stopped=sum(a.status is Status.CANCELLED for a in answers),
        unfinished=sum(a.status in UNFINISHED for a in answers),
        local=known.pop() if len(known) == 1 else None,
        quality=quality,
        acceptable=acceptable,
        ratings=ratings,
        phases=_phases(fresh, of_fresh),
        tokens_per_second=_over(_column([_speed(a) for a in fresh]), of_fresh, partial(quantile, q=0.5)),
        input_tokens=_over(_column([a.input_tokens for a in whole]), of_whole, mean),
        output_tokens=_over(_column([a.output_tokens for a in whole]), of_whole, mean),
        estimated_tokens=sum(a.estimated for a in whole),
        usd=sum(priced, Decimal(0)) if priced else None,
        usd_per_answer=float(sum(priced, Decimal(0)) / len(priced)) if priced else None,
        unpriced=len(fresh) - len(priced),
        measures=_measured(whole, of_whole, measures),
    )


def _liked(position: int, cast: BatchVotes) -> tuple[Interval | None, Interval | None, int]:
    votes = cast.votes
    rows = np.flatnonzero(((votes.first == position) | (votes.second == position)) & cast.blind)
    if not len(rows):
        return None, None, 0
    own = np.where(votes.first[rows] == position, Result.FIRST, Result.SECOND)
    result = votes.result[rows]
    score = np.where(result == own, 1.0, np.where(result == Result.TIE, 0.5, 0.0))
    stars = np.where(own == Result.FIRST, cast.stars_first[rows], cast.stars_second[rows])
    fine = (result != Result.BOTH_BAD) & ((stars == 0) | (stars >= STARS_ACCEPTABLE))
    questions = votes.question[rows]
    return _score(score, questions), _share(fine.astype(np.float64), questions), len(rows)


def _score(values: NDArray[np.float64], questions: NDArray[np.int32]) -> Interval | None:
    """A mean of [0, 1]: Student's interval, and where few questions or equal ones give it no width, Wilson's."""
    found = mean(values, questions)
    if found is None or found.low is None or found.high is None or found.units < SMALL or found.high == found.low:
        return _share(values, questions)
    return replace(found, low=max(found.low, 0.0), high=min(found.high, 1.0))


def _speed(answer: AnswerFigures) -> float | None:
    return answer.timing.tokens_per_second(answer.output_tokens or 0)


def _phases(answers: Sequence[AnswerFigures], questions: NDArray[np.int32]) -> tuple[Phase, ...]:
    phases = []
    for name in PHASES:
        seconds = _column([getattr(a.timing, name) for a in answers])
        p50, p95 = (_over(seconds, questions, partial(quantile, q=q)) for q in (0.5, 0.95))
        if p50 is not None and p95 is not None:
            phases.append(Phase(name, p50, p95))
    return tuple(phases)


def _column(values: Sequence[float | None]) -> NDArray[np.float64]:
    """NaN where there is none."""
    return np.array(values, np.float64)


def _over(
    values: NDArray[np.float64], questions: NDArray[np.int32], summary: Callable[..., Interval | None]
) -> Interval | None:
    """The summary of the values that are known."""
    known = ~np.isnan(values)
    return summary(values[known], units=questions[known]) if known.any() else None


def _measured(
    answers: Sequence[AnswerFigures], questions: NDArray[np.int32], measures: Mapping[str, Figures]
) -> tuple[Measured, ...]:
    """Measures that are numbers or yes and no, in the order of the first answer that has them."""
    rows = [measures.get(answer.answer, {}) for answer in answers]
    found = []
    for name in dict.fromkeys(name for row in rows for name in row):
        column = [row.get(name) for row in rows]
        kinds = set(map(type, column)) - {type(None)}
        if not kinds or not kinds <= {bool, int, float}:
            continue
        share = kinds == {bool}
        average = _over(_column(typed("list[float | None]", column)), questions, _share if share else mean)
        if average is not None:
            found.append(Measured(name, average, share))
    return tuple(found)


def _share(values: NDArray[np.float64], units: NDArray[np.int32]) -> Interval | None:
    """A share with Wilson's interval over questions: one that is never empty, as Student's is at 0 and 1."""
    codes, counts = np.unique(units, return_inverse=True, return_counts=True)[1:]
    shares = np.bincount(codes, weights=values) / counts
    found = wilson(min(float(shares.sum()), len(shares)), len(shares))
    return None if found is None else replace(found, value=float(shares.mean()), n=len(values))
