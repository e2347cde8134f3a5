"""Results and verdicts as lines of text."""

from __future__ import annotations

from typing import TYPE_CHECKING

from app.cli import output
from app.domain.message import Message

if TYPE_CHECKING:
    from app.domain.intervals import Interval
    from app.domain.verdicts import Verdict
    from app.services.results.service import Results


def print_results(results: Results) -> None:
    """Contestants, how the votes fell, agreement, and the verdict."""
    text = output.text
    say = output.speech()
    rows = []
    for c in results.contestants:
        total = next((p for p in c.phases if p.name == "total"), None)
        rows.append(
            [
                c.label,
                str(c.done),
                str(c.failed + c.truncated + c.refused),
                str(c.stopped + c.unfinished),
                _share(c.quality),
                _share(c.acceptable),
                say.seconds(total.p50.value if total else None),
                say.seconds(total.p95.value if total else None),
                "–" if c.tokens_per_second is None else say.number(c.tokens_per_second.value, 1),
                say.usd(c.usd),
            ]
        )
    output.table(
        [
            text(Message("Contestant")),
            text(Message("Complete")),
            text(Message("Failed")),
            text(Message("Not asked")),
            text(Message("Preferred")),
            text(Message("Acceptable")),
            text(Message("Median")),
            text(Message("95th percentile")),
            text(Message("Tokens/s")),
            text(Message("Cost")),
        ],
        rows,
        right=tuple(range(1, 10)),
    )
    output.say()
    ballots = results.ballots
    output.say(
        text(
            Message(
                "{counted} of {all} ratings count (blind, on plain pairs); people who rated: {raters}.",
                counted=say.number(ballots.counted),
                all=say.number(ballots.ratings),
                raters=say.number(len(ballots.raters)),
            )
        )
    )
    if ballots.agreement.alpha is not None:
        output.say(
            text(
                Message(
                    "Agreement of the raters (Krippendorff's alpha): {value}", value=_interval(ballots.agreement.alpha)
                )
            )
        )
    output.say()
    print_verdict(results.verdict, results.challenger.label, results.incumbent.label)


def print_verdict(verdict: Verdict, challenger: str, incumbent: str) -> None:
    """A line a finding, then what to do."""
    from app.services.decision.words import WORDS, category_name, sentences

    text = output.text
    rows = [
        [
            text(category_name(f.category)),
            text(WORDS[f.decision]),
            str(f.wins),
            str(f.ties),
            str(f.losses),
            str(f.both_bad),
            _points(f.difference),
            f"{_points(f.low)} … {_points(f.high)}",
            str(f.n),
        ]
        for f in (*verdict.categories, verdict.overall)
    ]
    output.table(
        [
            text(Message("Questions")),
            text(Message("Verdict")),
            text(Message("Won")),
            text(Message("Tied")),
            text(Message("Lost")),
            text(Message("Both bad")),
            text(Message("Difference")),
            text(Message("Interval at all looks")),
            text(Message("Rated")),
        ],
        rows,
        right=tuple(range(2, 9)),
    )
    output.say()
    for sentence in sentences(verdict, challenger, incumbent):
        output.say(text(sentence))
    output.say(text(_rules(verdict, challenger)))


def _rules(verdict: Verdict, challenger: str) -> Message:
    return Message(
        "Wins and losses are {challenger}'s. Margin {margin} points, acceptable at least {bar}, {error}",
        challenger=challenger,
        margin=f"{100 * verdict.margin:g}",
        bar=f"{100 * verdict.bar:g} %",
        error=_error(verdict),
    )


def _error(verdict: Verdict) -> Message:
    alpha = f"{100 * verdict.alpha:g} %"
    if verdict.tests < 2:
        return Message("error at most {alpha} on each side.", alpha=alpha)
    return Message(
        "error at most {each} on each side of a category, {alpha} over the {tests} of them (Bonferroni);"
        " all questions together are a test of their own, at {alpha}.",
        each=f"{100 * verdict.alpha_each:.3g} %",
        alpha=alpha,
        tests=verdict.tests,
    )


def _points(share: float | None) -> str:
    return "–" if share is None else f"{100 * share:+.1f}".replace("-", "\u2212")


def _share(interval: Interval | None) -> str:
    if interval is None:
        return "–"
    if interval.low is None or interval.high is None:
        return f"{100 * interval.value:.0f} %"
    return f"{100 * interval.value:.0f} % ({100 * interval.low:.0f}–{100 * interval.high:.0f})"


def _interval(interval: Interval) -> str:
    if interval.low is None or interval.high is None:
        return f"{interval.value:.2f}"
    return f"{interval.value:.2f} ({interval.low:.2f} … {interval.high:.2f})"
