"""REPLACE, KEEP or UNDECIDED: whether the challenger can take over from the incumbent, by category and in all.

The question is the unit. The decision comes from tests that may be looked at after every vote
(sequential.py), at alpha / K for each of K categories (Bonferroni); the verdict over all is a test of its own
at alpha (stratified.py). Beside it stands the interval for one look at a fixed number of questions
(tango.py), at the same level. Everything in the result is plain data, so that a record of it is JSON.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from app.domain.verdicts import Decision, Finding, Forecast, Look, Reason, Verdict
from app.evaluation.forecast import forecast
from app.evaluation.sequential import Bets, bets, evidence, interval, sequence
from app.evaluation.standing import Rules, Standing, outcome, sides, standing
from app.evaluation.stratified import Pooled, evidence_pooled, lower_bound_pooled, pooled
from app.evaluation.tango import fixed_interval
from app.evaluation.unanswered import Unanswered, acceptable_of_all, ranked
from app.evaluation.units import Units
from app.evaluation.votes import Ints

Floats = NDArray[np.float64]

METHOD = "betting mixture e-process, 24 fractions"
SOURCE = "Waudby-Smith & Ramdas 2024"
METHOD_STRATIFIED = "betting mixture e-process, least over the ways to share the mean among categories"
SOURCE_STRATIFIED = "Waudby-Smith & Ramdas 2024; Spertus, Sridhar & Stark 2024"
MULTIPLICITY = "bonferroni"
LOOKS_SHOWN = 200
_ALL = 1 - 1e-6  # a bar that nothing rated can clear


@dataclass(frozen=True, slots=True)
class Categories:
    """The categories of a question set: `of[q]` numbers the one of question q, -1 leaves q out of everything."""

    names: tuple[str, ...]
    of: Ints

    @property
    def sizes(self) -> list[int]:
        return [int(n) for n in np.bincount(self.of[self.of >= 0], minlength=len(self.names))]


def decide(
    found: Units,
    rules: Rules,
    categories: Categories | None = None,
    *,
    size: int | None = None,
    unanswered: Floats | None = None,
    looks: bool = False,
) -> Verdict:
    """The verdict on all `found`, and by category where there are some.

    `unanswered` is, by question number, the share of the challenger's answers that failed, were cut or
    refused. Raters never see those, and yet they are not acceptable: of what is rated in a finite set so
    much more has to be; of questions like these they are a sample, as the rated ones are. `size` is the
    number of questions of the set, needed for a finite one without categories (these know theirs).
    Categories without questions in the set are not tested. `looks` adds the sequence to draw.
    Raises ValueError for a finite set of unknown size, or one smaller than its rated questions.
    """
    if categories is None:
        if rules.finite and size is None:
            raise ValueError("the verdict on a finite set needs the number of its questions")
        lost = ranked(np.zeros(0) if unanswered is None else unanswered, rules.seed)
        only = _finding(None, found, rules, rules.alpha, size, looks, lost)
        return _verdict(only, (), rules, rules.alpha, found)
    used = [c for c, count in enumerate(categories.sizes) if count]
    alpha = rules.alpha / max(len(used), 1)
    parts = [found.pick(categories.of == c) for c in used]
    sizes = [categories.sizes[c] for c in used]
    every = ranked(np.zeros(len(categories.of)) if unanswered is None else unanswered, rules.seed)
    shares = [every.pick(categories.of == c) for c in used]
    findings = tuple(
        _finding(categories.names[c], part, rules, alpha, count, looks, lost)
        for c, part, count, lost in zip(used, parts, sizes, shares, strict=True)
    )
    found = found.pick(categories.of >= 0)
    if len(used) < 2:
        overall = _finding(None, found, rules, rules.alpha, sum(sizes), looks, shares[0] if shares else every)
    else:
        overall = _overall(found, parts, sizes, rules, shares)
    return _verdict(overall, findings, rules, alpha, found)


def _verdict(overall: Finding, findings: tuple[Finding, ...], rules: Rules, alpha: float, found: Units) -> Verdict:
    return Verdict(
        overall=overall,
        categories=findings,
        margin=rules.margin,
        alpha=rules.alpha,
        alpha_each=alpha,
        tests=max(len(findings), 1),
        multiplicity=MULTIPLICITY,
        bar=rules.bar,
        required=rules.required,
        about="this_set" if rules.finite else "questions_like_these",
        surplus=found.surplus,
        seed=rules.seed,
    )


def bar_of_rated(bar: float, unanswered: float) -> float:
    """How much of what is rated has to be acceptable, so that of all questions of a finite set `bar` is."""
    return min(bar / max(1 - unanswered, 1e-9), _ALL)


def _with_unanswered(rules: Rules, unanswered: float) -> tuple[Rules, float, float]:
    """The rules for what is rated; the share of all that its bounds are of; the share still to come unanswered."""
    if rules.finite:
        return replace(rules, bar=bar_of_rated(rules.bar, unanswered)), 1 - unanswered, 0.0
    return rules, 1.0, unanswered


def _finding(
    name: str | None, found: Units, rules: Rules, alpha: float, size: int | None, looks: bool, lost: Unanswered
) -> Finding:
    unanswered = lost.mean
    rules, share, to_come = _with_unanswered(rules, unanswered)
    sampled = None if rules.finite else lost
    here = standing(found, rules, alpha, size, sampled)
    four = sides(found, rules, size, sampled)
    low, high = interval(four.not_worse.path, alpha)
    contradiction = low > high
    if contradiction:
        low, high = interval(four.not_worse.path, alpha, running=False)
    accepted = interval(four.acceptable.path, alpha)
    if accepted[0] > accepted[1]:
        contradiction, accepted = True, interval(four.acceptable.path, alpha, running=False)
    needed = None
    if here.decision is Decision.UNDECIDED:
        needed = forecast(found, four, here.results, alpha, rules.seed, unanswered=to_come)
    return _described(
        name,
        found,
        here,
        size,
        (2 * low - 1, 2 * high - 1),
        (share * accepted[0], share * accepted[1]),
        contradiction=contradiction,
        needed=needed,
        alpha=alpha,
        method=(METHOD, SOURCE),
        looks=_looks(found, rules, alpha, size) if looks else (),
        unanswered=unanswered,
        hopeless=rules.finite and rules.bar >= _ALL,
    )


def _overall(
    found: Units, parts: Sequence[Units], sizes: Sequence[int], rules: Rules, shares: Sequence[Unanswered]
) -> Finding:
    """All categories together, each weighing as many questions as it has in the set.

    What is acceptable in a finite set counts by the questions that were answered: the others are known.
    """
    weights = np.array(sizes, dtype=np.float64)
    answered = np.maximum(weights * (1 - np.array([lost.mean for lost in shares])), 1e-9)
    unanswered = max(0.0, float(1 - answered.sum() / weights.sum()))
    rules, share, to_come = _with_unanswered(rules, unanswered)
    where = [np.flatnonzero(np.isin(found.question, part.question)).astype(np.int32) + 1 for part in parts]
    limits = [count if rules.finite else None for count in sizes]

    def path(made: Sequence[Bets], weights: Floats) -> tuple[Pooled, Pooled]:
        return pooled(made, where, weights), pooled([b.mirrored for b in made], where, weights)

    preference, disliked = path([bets((p.x + 1) / 2, n) for p, n in zip(parts, limits, strict=True)], weights)
    if rules.finite:
        of_all, weights = [bets(p.acceptable, n) for p, n in zip(parts, limits, strict=True)], answered
    else:
        of_all = [acceptable_of_all(part, lost) for part, lost in zip(parts, shares, strict=True)]
    accepted, refused = path(of_all, weights)
    middle = (1 - rules.margin) / 2
    results = [
        evidence_pooled(preference, middle, rules.alpha),
        evidence_pooled(disliked, 1 - middle, rules.alpha),
        evidence_pooled(accepted, rules.bar, rules.alpha),
        evidence_pooled(refused, 1 - rules.bar, rules.alpha),
    ]
    total = sum(sizes)
    decision, reason, at = outcome(results, len(found), total if rules.finite else None)
    here = Standing(len(found), results[0], results[1], results[2], results[3], decision, reason, at, 0.0)
    low, high = lower_bound_pooled(preference, rules.alpha), 1 - lower_bound_pooled(disliked, rules.alpha)
    accepted_low, refused_low = lower_bound_pooled(accepted, rules.alpha), lower_bound_pooled(refused, rules.alpha)
    needed = None
    if decision is Decision.UNDECIDED:  # as if the rest came from all categories by their weights
        four = sides(found, rules, total)  # these as one category
        behind = [
            evidence(side.path, side.mu0, rules.alpha).log_e - result.log_e
            for side, result in zip(four.all, results, strict=True)
        ]
        needed = forecast(found, four, results, rules.alpha, rules.seed, behind=behind, unanswered=to_come)
    return _described(
        None,
        found,
        here,
        total,
        (2 * low - 1, 2 * high - 1),
        (share * accepted_low, share * (1 - refused_low)),
        contradiction=False,
        needed=needed,
        alpha=rules.alpha,
        method=(METHOD_STRATIFIED, SOURCE_STRATIFIED),
        looks=(),
        unanswered=unanswered,
        hopeless=rules.finite and rules.bar >= _ALL,
    )


def _described(
    name: str | None,
    found: Units,
    here: Standing,
    size: int | None,
    bounds: tuple[float, float],
    accepted: tuple[float, float],
    *,
    contradiction: bool,
    needed: Forecast | None,
    alpha: float,
    method: tuple[str, str],
    looks: tuple[Look, ...],
    unanswered: float,
    hopeless: bool,
) -> Finding:
    """`hopeless`: so much of a finite set is unanswered that the bar is missed whatever else is rated."""

    def mean(values: Floats) -> float | None:
        return float(values.mean()) if len(values) else None

    return Finding(
        category=name,
        decision=Decision.KEEP if hopeless else here.decision,
        reason=Reason.UNACCEPTABLE if hopeless else here.reason,
        decided_at=0 if hopeless else here.decided_at,
        n=len(found),
        size=size,
        incomplete=len(found.incomplete),
        ratings=int(found.ratings.sum()),
        wins=int(found.wins.sum()),
        ties=int(found.ties.sum()),
        losses=int(found.losses.sum()),
        both_bad=int(found.both_bad.sum()),
        both_bad_share=found.both_bad_share,
        left_share=found.left_share,
        difference=mean(found.x),
        low=bounds[0],
        high=bounds[1],
        contradiction=contradiction,
        fixed=fixed_interval(found.x, 1 - 2 * alpha),
        acceptable=float(found.acceptable.mean()) * (1 - unanswered) if len(found) else None,
        acceptable_low=accepted[0],
        acceptable_high=accepted[1],
        unanswered=unanswered,
        not_worse=here.not_worse,
        worse=here.worse,
        above_bar=here.acceptable,
        below_bar=here.unacceptable,
        needed=None if hopeless else needed,
        alpha=alpha,
        method=method[0],
        source=method[1],
        looks=looks,
    )


def _looks(found: Units, rules: Rules, alpha: float, size: int | None) -> tuple[Look, ...]:
    path = sides(found, rules, size).not_worse.path
    if not len(path.y):
        return ()
    lows, highs = sequence(path, alpha)
    rows = np.unique(np.linspace(0, len(path.y) - 1, LOOKS_SHOWN).round().astype(int))
    return tuple(
        Look(
            int(path.seen[i]),
            float(2 * path.gained[i] / path.seen[i] - 1),
            float(2 * lows[i] - 1),
            float(2 * highs[i] - 1),
        )
        for i in rows
    )
