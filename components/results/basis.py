"""What the verdict rests on: who voted, how far they agree, and the method with its terms."""

from __future__ import annotations

from collections.abc import Sequence
from html import escape

import streamlit as st

from app.domain.batches import TermsSet
from app.domain.intervals import Interval
from app.services.decision.terms import changes, described, warning
from app.services.rating.gold import Attention
from app.ui.results import Screen
from app.ui.text import say, speech, t, tn

_GOOD, _FAIR = 0.667, 0.4


def results_raters(screen: Screen, attention: Attention | None) -> None:
    """Agreement, and how the votes came about."""
    ballots, words = screen.found.ballots, speech()
    overall = screen.found.verdict.overall
    agreement = ballots.agreement
    if agreement.alpha is None:
        reading = t("Agreement needs pairs that several people rated; there are none, or all ratings are the same.")
        value = "–"
    else:
        value, reading = _interval(agreement.alpha), _meaning(agreement.alpha.value)
    rows = [
        (t("Agreement (Krippendorff's alpha)"), value, reading),
        (
            t("Rated by several people"),
            tn("{n} pair", "{n} pairs", agreement.units),
            t(
                "{ratings} by {people}",
                ratings=tn("{n} rating", "{n} ratings", agreement.ratings),
                people=tn("{n} person", "{n} people", agreement.raters),
            ),
        ),
        (
            t("Ratings that count"),
            words.number(ballots.counted),
            t("of {n}: blind, on plain pairs", n=words.number(ballots.ratings)),
        ),
        *(
            [(t("The best of several"), words.number(ballots.best_of), t("no part of the verdict: see Method"))]
            if ballots.best_of
            else []
        ),
        (t("With open eyes"), words.number(ballots.open_eyes), t("names were shown: no part of the verdict")),
        (
            t("More than were asked for"),
            words.number(screen.found.verdict.surplus),
            t("ratings past {n} of a question: the first count", n=screen.found.verdict.required),
        ),
        (
            t("Votes for the left side"),
            "–" if overall.left_share is None else words.percent(overall.left_share),
            t(
                "of {n} for one of the two; sides are random, so that about half is to be expected",
                n=words.number(overall.wins + overall.losses),
            ),
        ),
    ]
    if attention is not None:
        rows.append(
            (
                t("Gold pairs passed"),
                f"{words.number(attention.passed)} / {words.number(attention.total)}",
                t("pairs with a known outcome, to see whether people read"),
            )
        )
    st.html(_list(rows))
    people = sorted(ballots.raters, key=lambda rater: -rater[1])
    if people:
        with st.expander(tn("{n} rater", "{n} raters", len(people)), type="compact", key="results-raters"):
            st.html(_list([(name or "–", words.number(n), "") for name, n in people[:200]]))


def results_method(screen: Screen, history: Sequence[TermsSet]) -> None:
    """Provenance: what was tested, how, at which level, and when the terms were set."""
    results, words = screen.found, speech()
    verdict, overall = results.verdict, results.verdict.overall
    late = warning(history, screen.names)
    if late is not None:
        st.html(f'<p class="u-warning">{escape(say(late))}</p>')
    first = history[0] if history else None
    rows = [(say(name), say(value), "") for name, value in described(results.batch.terms, screen.names)]
    rows += [
        (
            t("Terms set"),
            words.when(first.set_at) if first else "–",
            tn("with {n} rating cast", "with {n} ratings cast", first.votes) if first else "",
        ),
        *(
            (t("Changed"), words.when(c.set_at), f"{words.number(c.votes)} · {'; '.join(say(w) for w in c.words)}")
            for c in changes(history, screen.names)
        ),
        (t("Test"), (verdict.categories or (overall,))[0].method, (verdict.categories or (overall,))[0].source),
        (t("Test over all categories"), overall.method, overall.source),
        (
            t("Several categories"),
            t("{tests} tests at {each}% each", tests=verdict.tests, each=f"{100 * verdict.alpha_each:.3g}"),
            t("{all}% in all on each side (Bonferroni)", all=f"{100 * verdict.alpha:g}"),
        ),
        (
            t("Unit"),
            t("the question"),
            t("its {n} ratings are averaged", n=verdict.required) if verdict.required > 1 else t("one rating each"),
        ),
        (t("Bounds for one look"), overall.fixed.method if overall.fixed else "–", ""),
        (t("Seed of the forecast"), str(verdict.seed), ""),
        (t("Question set"), f"{results.questions.name} v{results.questions.version}", results.questions.digest[:16]),
    ]
    st.html(_list([row for n, row in enumerate(rows) if row not in rows[:n]]))
    st.caption(
        t(
            "Both-bad counts as no difference, and a challenger that fails together with the incumbent is not passed: "
            "REPLACE also needs its share of acceptable answers. An answer is acceptable unless both were called bad "
            "or it got one or two stars: to lose to a better one does not make it bad. The best of three or four says "
            "who won, not who of the others is better: it enters the strengths, not the verdict."
        )
    )


def _meaning(alpha: float) -> str:
    if alpha >= _GOOD:
        return t("people see the same; 1 would be perfect agreement, 0 chance")
    if alpha >= _FAIR:
        return t("people agree in part, as is common for taste; 1 would be perfect agreement, 0 chance")
    return t("people hardly agree: more raters a question help, and clearer words for what is good; 0 is chance")


def _interval(interval: Interval) -> str:
    number = speech().number
    if interval.low is None or interval.high is None:
        return number(interval.value, 2)
    return f"{number(interval.value, 2)} ({number(interval.low, 2)} … {number(interval.high, 2)})"


def _list(rows: Sequence[tuple[str, str, str]]) -> str:
    lines = "".join(
        f"<div><dt>{escape(name)}</dt><dd>{escape(value)}"
        + (f"<small>{escape(small)}</small>" if small else "")
        + "</dd></div>"
        for name, value, small in rows
    )
    return f'<dl class="u-facts">{lines}</dl>'
