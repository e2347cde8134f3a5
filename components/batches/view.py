"""One batch: how far it is, what it waits for, how each contestant fares, what failed, where to go next."""

from __future__ import annotations

from collections.abc import Callable
from decimal import Decimal
from html import escape
from typing import Literal

import streamlit as st

from app.domain.batches import BatchRecord, BatchState, Cause
from app.services.results.contestants import labels_of
from app.ui.batches import Action, End, Open, Opened, Resume, Retry
from app.ui.links import RATE, RESULTS
from app.ui.notes import marked_html, problem_html
from app.ui.prose import plain
from app.ui.text import say, speech, t, tn
from components.batches.estimate import table_html
from components.batches.listing import pausing, state_badge
from components.next_step import next_step

EVERY = 1.0  # seconds between two looks
Look = Callable[[], Opened]
Do = Callable[[Action], None]


def batches_view(opened: Opened, look: Look, do: Do) -> Action | None:
    """Draw it; what runs renews itself by `look`, and what is pressed there is done by `do`."""
    action: Action | None = None
    record = opened.record
    with st.container(horizontal=True, vertical_alignment="center", key="batch-head"):
        if st.button(t("All batches"), icon=":material/arrow_back:", type="tertiary", key="batch-back"):
            action = Open(None)
    st.title(plain(record.name), anchor=False)
    st.html(f'<div class="us-line">{_about(record)}</div>')
    with st.container(border=True, key="batch-progress"):
        if record.state is BatchState.RUNNING:
            _running(look, do)
        else:
            _standing(opened)
            action = _next(opened) or action
    _failures(opened)
    _plan(record)
    return action


@st.fragment(run_every=EVERY)
def _running(look: Look, do: Do) -> None:
    opened = look()
    record = opened.record
    if record.state is not BatchState.RUNNING:
        st.rerun()  # what can be done with it has changed
    _standing(opened)
    with st.container(horizontal=True, key="batch-buttons"):
        if st.button(t("Pause"), icon=":material/pause:", disabled=pausing(record), key="batch-pause"):
            do(End(record.id, "pause"))
        if st.button(t("Stop"), icon=":material/stop_circle:", type="tertiary", key="batch-stop"):
            do(End(record.id, "stop"))


def _standing(opened: Opened) -> None:
    record = opened.record
    p = record.progress
    share = (p.done + p.failed) / p.answers if p.answers else 1.0
    st.html(
        f'<div class="u-batch-state">{state_badge(record)}<strong>{escape(speech().percent(share))}</strong>'
        f"<span>{escape(' · '.join(counts(record, _unpriced(opened))))}</span></div>"
        f'<div class="us-meter" role="progressbar" aria-label="{escape(t("Progress"), quote=True)}" aria-valuemin="0"'
        f' aria-valuemax="100" aria-valuenow="{round(share * 100)}"><span style="width:{share:.2%}"></span></div>'
    )
    if record.reason is not None:
        if record.state is BatchState.RUNNING:
            said = [say(record.reason.said)]
            if pausing(record) and record.reason.cause is not Cause.FINISHING:
                said.append(t("Nothing more is sent; the batch pauses once the answers under way are there."))
            st.html(f'<p class="u-warning" role="status">{" ".join(map(marked_html, said))}</p>')
        else:
            st.html(problem_html(say(record.reason.said), _remedy(record)))
    _contestants(opened)


def _unpriced(opened: Opened) -> str:
    """The models whose answers cost nobody knows what."""
    labels = labels_of(opened.record.plan.contestants)
    return ", ".join(
        labels[tally.contestant] for tally in opened.tallies if tally.usd is None and tally.done > tally.cached
    )


def counts(record: BatchRecord, unpriced: str = "") -> list[str]:
    """Answers, failures, money, time left."""
    p, words = record.progress, speech()
    parts = [t("{n} of {total} answers", n=words.number(p.done + p.failed), total=words.number(p.answers))]
    if p.failed:
        parts.append(t("failed: {n}", n=words.number(p.failed)))
    if p.stopped:
        parts.append(t("stopped: {n}", n=words.number(p.stopped)))
    if p.cached:
        parts.append(t("from earlier answers: {n}", n=words.number(p.cached)))
    if p.spent_usd is not None:
        budget = record.plan.budget_usd
        spent = words.usd(p.spent_usd)
        if budget:
            spent = t("{spent} of {budget}", spent=spent, budget=words.usd(budget))
        if not unpriced:
            parts.append(spent)
        elif p.spent_usd:
            parts.append(t("{usd}, and what {models} costs", usd=spent, models=unpriced))
    if p.seconds_left is not None:
        parts.append(_left(p.seconds_left))
    return parts


def _left(seconds: float) -> str:
    """As exact as an estimate is."""
    if seconds < 90:
        return tn("about {n} second left", "about {n} seconds left", max(1, round(seconds)))
    if seconds < 5400:
        return tn("about {n} minute left", "about {n} minutes left", round(seconds / 60))
    return tn("about {n} hour left", "about {n} hours left", round(seconds / 3600))


def _remedy(record: BatchRecord) -> str:
    if record.reason is not None and record.reason.cause is Cause.BUDGET:
        return t("What was answered is kept. Give it a larger budget, then resume.")
    if record.state is BatchState.PAUSED:
        return t("What was answered is kept. Put it right, then resume.")
    return ""


def _contestants(opened: Opened) -> None:
    words, labels = speech(), labels_of(opened.record.plan.contestants)
    heads = [t("Model"), t("Done"), t("Failed"), t("Tokens/s"), t("Cost")]
    rows = [
        [
            labels[tally.contestant],
            words.number(tally.done),
            words.number(tally.failed),
            words.number(tally.tokens_per_second, 1) if tally.tokens_per_second is not None else "–",
            words.usd(tally.usd) if tally.usd is not None or tally.done > tally.cached else "–",
        ]
        for tally in opened.tallies
    ]
    st.html(table_html(heads, rows))


def _next(opened: Opened) -> Action | None:
    """What can be done with a batch that does not run."""
    action: Action | None = None
    record = opened.record
    failed = record.progress.retriable if record.state is BatchState.DONE else 0
    again = 0 if opened.rated else failed
    budget = None if record.state.over and not again else record.plan.budget_usd
    align: Literal["bottom", "center"] = "center" if budget is None else "bottom"
    with st.container(horizontal=True, vertical_alignment=align, key="batch-buttons"):
        if budget is not None:
            budget = _raised(record.id, budget)
        if not record.state.over:
            words = t("Start") if record.state is BatchState.READY else t("Resume")
            if st.button(words, type="primary", icon=":material/play_arrow:", key="batch-resume"):
                action = Resume(record.id, budget)
            if st.button(t("Stop"), icon=":material/stop_circle:", type="tertiary", key="batch-stop"):
                action = End(record.id, "stop")
        if again and st.button(
            tn("Ask the failed one again", "Ask the {n} failed ones again", again),
            icon=":material/replay:",
            key="batch-retry",
            help=t(
                "Nothing else is asked. It can be done until somebody rates. Cut, refused and empty answers stay:"
                " they are the model's own."
            ),
        ):
            action = Retry(record.id, budget)
        if sum(tally.done > 0 for tally in opened.tallies) > 1:
            next_step(RATE, t("Rate"), ":material/how_to_vote:", key="rate", to={"b": record.id})
        if record.progress.done and len(record.plan.contestants) > 1:
            st.page_link(RESULTS, label=t("Results"), icon=":material/leaderboard:", query_params={"b": record.id})
    if failed and not again:
        st.caption(
            t(
                "It has been rated, so that its failed answers are not asked again: that would choose, knowing the"
                " votes, which questions the verdict is on. A new batch of the same questions asks them all."
            )
        )
    return action


def _raised(batch: str, budget: Decimal) -> Decimal | None:
    """The budget to go on with; None where it stays as it is."""
    before = float(budget)
    raised = st.number_input(
        t("Budget in USD"),
        min_value=min(0.01, before),
        value=before,
        step=1.0,
        format="%.2f" if before >= 0.01 else "%.4f",
        width=170,
        key=f"batch-raised-{batch}",
    )
    return Decimal(str(raised)) if raised != before else None


def _about(record: BatchRecord) -> str:
    plan = record.plan
    parts = [speech().when(record.created_at), record.id]
    if plan.repeats > 1:
        parts.append(tn("{n} repeat", "{n} repeats", plan.repeats))
    if plan.collection:
        parts.append(t("sources: {name}", name=plan.collection))
    if record.state is BatchState.RUNNING and record.runner:
        parts.append(t("runs on {who}", who=record.runner))
    return "".join(f"<span>{escape(part)}</span>" for part in parts)


def _failures(opened: Opened) -> None:
    if not opened.failures:
        return
    labels = labels_of(opened.record.plan.contestants)
    rows = []
    for failure in opened.failures:
        who = "" if failure.contestant is None else labels[failure.contestant]
        why, remedy = "", ""
        if failure.error is not None:
            why, remedy = marked_html(say(failure.error.message)), marked_html(say(failure.error.remedy))
        text = opened.questions.get(failure.question, "")
        rows.append(
            f'<div><span class="us-badge">{failure.question + 1}</span><div>{escape(text[:160])}'
            f"<small>{escape(who)}</small><small>{why}</small><small>{remedy}</small></div></div>"
        )
    title = tn("{n} answer failed", "{n} answers failed", opened.record.progress.failed)
    with st.expander(title, icon=":material/error:", expanded=len(rows) < 6, key="batch-failures"):
        st.html(f'<div class="us-rows">{"".join(rows)}</div>')


def _plan(record: BatchRecord) -> None:
    """What was set before it began."""
    plan, terms, words = record.plan, record.terms, speech()
    with st.expander(t("What was set"), icon=":material/gavel:", key="batch-plan"):
        rows = [
            [t("Requests at once"), words.number(plan.concurrency)],
            [t("Start"), t("Together") if plan.start == "together" else t("One at a time")],
            [t("Budget in USD"), words.usd(plan.budget_usd) if plan.budget_usd is not None else t("no limit")],
            [t("Take earlier answers"), t("yes") if plan.cache else t("no")],
            [t("Raters of each pair"), words.number(plan.raters)],
        ]
        if len(plan.contestants) > 1:
            labels = labels_of(plan.contestants)
            rows += [
                [t("What you have"), labels[terms.incumbent]],
                [t("What could take over"), labels[terms.challenger]],
                [t("Margin"), t("{n} points", n=words.number(terms.margin * 100))],
                [t("Acceptable answers"), words.percent(terms.acceptable)],
            ]
        if plan.system:
            rows.append([t("System prompt"), plan.system])
        st.html(table_html([t("Setting"), t("Value")], rows))
