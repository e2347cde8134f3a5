"""The top of the Results page: which batch, what to do, for which questions, and by how much."""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from functools import partial
from html import escape
from math import comb

import streamlit as st

from app.domain.batches import BatchRecord
from app.services.results.json_form import results_to_dict
from app.services.results.service import Results
from app.ui.links import BATCHES, RATE, VERDICT
from app.ui.prose import plain
from app.ui.results import BATCH, Screen
from app.ui.results_tables import Sentence, findings, sentences
from app.ui.text import speech, t, tn
from components.next_step import nothing_yet
from components.results.parts import badge, table

REFRESH = 3.0


def results_head(screen: Screen) -> str | None:
    """Returns the batch that was chosen, where another one was."""
    chosen = None
    with st.container(horizontal=True, vertical_alignment="center", key="results-top"):
        st.title(t("Results"), anchor=False, width="content")
        st.space("stretch")
        if screen.results is not None:
            chosen = _selector(screen.batches, screen.results.batch.id)
            st.download_button(
                t("JSON"),
                data=partial(_json, screen.results),
                file_name=f"understudy-results-{screen.results.batch.id[:8]}.json",
                mime="application/json",
                icon=":material/download:",
                type="tertiary",
                on_click="ignore",
                key="results-json",
                help=t("Every figure on this page, with how it was found"),
            )
    return chosen


def results_empty() -> None:
    nothing_yet(
        t(
            "No batch yet. A batch puts a question set to your models; then people rate the pairs of answers without "
            "knowing whose they are. What came out stands here."
        ),
        ":material/insights:",
        BATCHES,
        t("To the batches"),
        key="results",
        page_icon=":material/playlist_play:",
    )


def results_verdict(screen: Screen) -> None:
    """The sentences, large; a line of what they rest on; the table by category."""
    results = screen.found
    said = "".join(_sentence(sentence) for sentence in sentences(results, speech()))
    st.html(f'<div class="u-sentences">{said}</div>')
    with st.container(horizontal=True, vertical_alignment="center", key="results-ways"):
        about = "".join(f"<span>{escape(part)}</span>" for part in _about(screen))
        st.html(f'<div class="us-line">{about}</div>', width="stretch")
        here = {BATCH: results.batch.id}
        if not screen.settled:
            st.page_link(RATE, label=t("Rate the pairs"), icon=":material/how_to_vote:", query_params=here)
        st.page_link(VERDICT, label=t("Decision record"), icon=":material/gavel:", query_params=here)
    if not results.ballots.ratings:
        return
    table(findings(results, speech()), t("The verdict by category"))
    st.caption(
        t(
            "Counts are ratings, won and lost by {challenger}. The difference is won less lost in points, over "
            "questions; below it the bounds that hold at all looks together.",
            challenger=plain(results.challenger.label),
        )
    )


@st.fragment(run_every=REFRESH)
def results_moving(screen: Screen, look: Callable[[Screen], Results | None]) -> None:
    """What is still to come, kept up to date; the page is drawn anew once it has come, or every now and then."""
    first = st.session_state.get("results_drawn") is not screen.found
    st.session_state["results_drawn"] = screen.found
    now = screen.found if first else look(screen)
    if now is None:
        return
    st.html(f'<p class="u-warning" role="status">{escape(_coming(now))}</p>')
    over = now.batch.state.over and not now.unmeasured
    if now is not screen.found and (over or now.ballots.ratings != screen.found.ballots.ratings):
        st.rerun()


def _coming(now: Results) -> str:
    progress, words = now.batch.progress, speech()
    parts = []
    if not now.batch.state.over:
        parts.append(
            t(
                "The batch is not over: {done} of {answers} answers are there.",
                done=words.number(progress.done),
                answers=words.number(progress.answers),
            )
        )
    if now.unmeasured:
        parts.append(tn("{n} answer is still being measured.", "{n} answers are still being measured.", now.unmeasured))
    return " ".join(parts) or t("Everything is there.")


def _sentence(sentence: Sentence) -> str:
    return (
        f'<p class="u-say u-{sentence.decision.value}">{badge(sentence.badge, sentence.decision)}'
        f"<span><b>{escape(sentence.where)}:</b> {escape(sentence.saying)}</span></p>"
    )


def _about(screen: Screen) -> list[str]:
    results, words = screen.found, speech()
    ballots, plan = results.ballots, results.batch.plan
    wanted = plan.raters * plan.repeats * len(results.questions.questions) * comb(len(plan.contestants), 2)
    parts = [
        t("{set}, version {version}", set=results.questions.name, version=results.questions.version),
        t(
            "{counted} of {wanted} ratings by {people}",
            counted=words.number(ballots.counted),
            wanted=words.number(wanted),
            people=tn("{n} person", "{n} people", len(ballots.raters)),
        ),
    ]
    if ballots.ratings and not screen.settled:
        parts.append(t("Looking early does no harm: this holds at every look, after every vote."))
    return parts


def _selector(batches: Sequence[BatchRecord], current: str) -> str | None:
    names = {batch.id: f"{batch.name} · {speech().when(batch.created_at)} · {batch.id[:6]}" for batch in batches}
    chosen = st.selectbox(
        t("Batch"),
        list(names),
        index=list(names).index(current),
        format_func=lambda identity: names[identity],
        label_visibility="collapsed",
        width=380,
        key=f"results-batch-{current}",
    )
    return chosen if chosen != current else None


def _json(results: Results) -> bytes:
    return json.dumps(results_to_dict(results), ensure_ascii=False, indent=2, allow_nan=False).encode()
