"""Both bars that REPLACE must pass, drawn; and beside the second what an acceptable answer costs."""

from __future__ import annotations

from decimal import Decimal
from functools import partial

import streamlit as st

from app.services.decision.rows import NOTHING
from app.services.plots import data as plots_data
from app.services.plots.acceptable import acceptable
from app.services.plots.verdict import forest
from app.services.results.contestants import ContestantResult
from app.services.results.service import Results
from app.ui.results_tables import Cell, Table
from app.ui.text import speech, t
from components.results.parts import plot, table


def verdict_plots(results: Results, *, key: str) -> None:
    if not results.verdict.overall.n:
        return
    words, verdict = speech(), results.verdict
    rows = partial(plots_data.findings, verdict)
    with st.container(key=f"{key}-plots"):
        left, right = st.columns(2, gap="large")
        with left:
            plot(
                forest(verdict, words), t("First bar: not worse by more than the margin"), rows, key=f"{key}-difference"
            )
        with right:
            plot(acceptable(verdict, words), t("Second bar: enough acceptable answers"), rows, key=f"{key}-acceptable")


def verdict_costs(results: Results) -> None:
    """What both cost and how fast they are, beside the verdict and no part of it."""
    people = ((t("Challenger"), results.challenger), (t("Incumbent"), results.incumbent))
    head = (
        "",
        t("An acceptable answer costs"),
        t("An answer costs"),
        t("Acceptable"),
        t("Median time"),
        t("95th percentile"),
        t("Tokens/s"),
    )
    lines = tuple((Cell(c.label, role), *_cells(c)) for role, c in people)
    table(Table(head, lines, frozenset(range(1, len(head)))), t("Cost and speed"))
    st.caption(t("Costs are fees; what machines cost stands under Cost of ownership."))


def _cells(contestant: ContestantResult) -> tuple[Cell, ...]:
    words = speech()
    total = next((p for p in contestant.phases if p.name == "total"), None)
    speed, share = contestant.tokens_per_second, contestant.acceptable

    def usd(amount: float | None) -> Cell:
        return Cell(words.usd(None if amount is None else Decimal(str(amount))))

    return (
        usd(contestant.usd_per_acceptable),
        usd(contestant.usd_per_answer),
        Cell(NOTHING if share is None else words.percent(share.value)),
        Cell(words.seconds(total.p50.value if total else None)),
        Cell(words.seconds(total.p95.value if total else None)),
        Cell(NOTHING if speed is None else words.number(speed.value, 1)),
    )
