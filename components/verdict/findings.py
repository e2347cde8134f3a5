"""The verdict: its sentences large, and a line for each category with both bounds and the second bar."""

from __future__ import annotations

from html import escape

import streamlit as st

from app.domain.message import Message
from app.domain.verdicts import Finding, Verdict
from app.services.decision.rows import NOTHING, more, rows_of
from app.services.decision.words import WORDS, category_name, decided
from app.services.plots.style import points
from app.ui.results_tables import Cell, Table
from app.ui.text import say, speech, t
from components.results.parts import badge, table


def verdict_sentences(verdict: Verdict, challenger: str, incumbent: str) -> None:
    lines = []
    for decision, sentence in decided(verdict, challenger, incumbent):
        where, saying = (
            say(p) if isinstance(p, Message) else "" for p in map(sentence.params.get, ("where", "saying"))
        )
        lines.append(
            f'<p class="u-say u-{decision.value}">{badge(say(WORDS[decision]), decision)}'
            f"<span><b>{escape(where)}:</b> {escape(saying)}</span></p>"
        )
    st.html(f'<div class="u-sentences">{"".join(lines)}</div>')


def verdict_table(verdict: Verdict) -> None:
    rows = rows_of(verdict)
    head = (
        t("Questions"),
        t("Verdict"),
        t("Won"),
        t("Tied"),
        t("Lost"),
        t("Both bad"),
        t("Difference"),
        t("At all looks"),
        t("One look"),
        t("Acceptable"),
        t("Rated"),
        t("More ratings"),
    )
    table(
        Table(head, tuple(_row(f, verdict) for f in rows), frozenset(range(2, len(head))), strong=len(rows) > 1),
        t("The verdict by category"),
    )
    st.caption(
        t(
            "Counts are ratings, seen from the challenger; the difference is won less lost, in points. The bounds at"
            " all looks decide: they hold however often somebody looks. Those for one look are there to compare."
        )
    )


def _row(finding: Finding, verdict: Verdict) -> tuple[Cell, ...]:
    words = speech()
    fixed, share = finding.fixed, finding.acceptable
    bounds = f"{words.percent(finding.acceptable_low)} … {words.percent(finding.acceptable_high)}"
    return (
        Cell(say(category_name(finding.category))),
        Cell(say(WORDS[finding.decision]), decision=finding.decision),
        *(Cell(words.number(n)) for n in (finding.wins, finding.ties, finding.losses, finding.both_bad)),
        Cell(points(finding.difference, words)),
        Cell(_span(finding.low, finding.high) if finding.n else NOTHING),
        Cell(NOTHING if fixed is None else _span(fixed.low, fixed.high)),
        Cell(NOTHING) if share is None else Cell(words.percent(share), bounds),
        Cell(words.number(finding.n), "" if finding.size is None else f"/ {words.number(finding.size)}"),
        Cell(say(more(finding, verdict))),
    )


def _span(low: float, high: float) -> str:
    return f"{points(low, speech())} … {points(high, speech())}"
