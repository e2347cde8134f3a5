"""Above a verdict: which batch, whom against whom, where to go from here, and the record to take away."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from html import escape

import streamlit as st

from app.services.decision.terms import only_a_look, warning
from app.services.results.service import Results
from app.ui.links import BATCHES, OWNERSHIP, RATE, RESULTS
from app.ui.text import say, speech, t, tn
from app.ui.verdict import BATCH, Look, Open, Screen, with_pair
from components.documents.listing import line
from components.next_step import nothing_yet

Made = Callable[[Results], bytes]


def verdict_top(screen: Screen, as_html: Made, as_json: Made) -> Open | None:
    """Title, batch, downloads; `as_html` and `as_json` make the decision record when it is asked for."""
    chosen = None
    with st.container(horizontal=True, vertical_alignment="center", key="verdict-top"):
        st.title(t("Verdict"), anchor=False, width="content")
        st.space("stretch")
        if screen.results is not None:
            chosen = _selector(screen, screen.results.batch.id)
            _downloads(screen.results, as_html, as_json)
    return chosen


def verdict_empty() -> None:
    nothing_yet(
        t(
            "No verdict yet. It takes a batch, a question set put to several models, and people who rate the"
            " answers blind."
        ),
        ":material/gavel:",
        BATCHES,
        t("To the batches"),
        key="verdict",
        page_icon=":material/playlist_play:",
    )


def verdict_head(screen: Screen, results: Results) -> Look | None:
    """What is asked, of how many ratings; what is to be said of the terms; the ways on."""
    challenger, incumbent = results.challenger.label, results.incumbent.label
    question = t("Can {challenger} replace {incumbent}?", challenger=challenger, incumbent=incumbent)
    with st.container(horizontal=True, vertical_alignment="center", key="verdict-ways"):
        st.html(f'<p class="u-can">{escape(question)}</p>{line(_about(results))}', width="stretch")
        here = {BATCH: results.batch.id}
        st.page_link(RESULTS, label=t("Results"), icon=":material/insights:", query_params=here)
        st.page_link(OWNERSHIP, label=t("Cost of ownership"), icon=":material/savings:", query_params=here)
        if not results.batch.state.over or results.ballots.counted < _wanted(results):
            st.page_link(RATE, label=t("Rate"), icon=":material/how_to_vote:", query_params=here)
    looked = _pair(results)
    _warnings(screen, results)
    return looked


def _selector(screen: Screen, current: str) -> Open | None:
    names = {batch.id: f"{batch.name} · {speech().when(batch.created_at)} · {batch.id[:6]}" for batch in screen.batches}
    chosen = st.selectbox(
        t("Batch"),
        list(names),
        index=list(names).index(current),
        format_func=names.__getitem__,
        label_visibility="collapsed",
        width=380,
        key=f"verdict-batch-{current}",
    )
    return Open(chosen) if chosen != current else None


def _downloads(results: Results, as_html: Made, as_json: Made) -> None:
    with st.popover(t("Decision record"), icon=":material/download:", key="verdict-downloads"):
        st.caption(t("All that the verdict rests on, every vote included, in one file. No rater is named."))
        name = f"understudy-decision-{results.batch.id[:8]}"
        for label, made, ending, media in (
            (t("To read: HTML"), as_html, "html", "text/html"),
            (t("To compute again: JSON"), as_json, "json", "application/json"),
        ):
            st.download_button(
                label,
                data=partial(made, results),
                file_name=f"{name}.{ending}",
                mime=media,
                on_click="ignore",
                width="stretch",
                key=f"verdict-{ending}",
            )


def _about(results: Results) -> list[str]:
    return [
        tn("{n} question", "{n} questions", len(results.questions.questions)),
        tn("{n} rating counts", "{n} ratings count", results.verdict.overall.ratings),
        tn("{n} rater", "{n} raters", len(results.ballots.raters)),
    ]


def _wanted(results: Results) -> int:
    return results.batch.plan.raters * results.batch.plan.repeats * len(results.questions.questions)


def _pair(results: Results) -> Look | None:
    """Only where there are more than two to choose from."""
    names = [c.label for c in results.contestants]
    if len(names) < 3:
        return None
    terms = results.batch.terms
    chosen = []
    with st.container(horizontal=True, vertical_alignment="bottom", key="verdict-pair"):
        for role, label, place in (
            ("challenger", t("Challenger"), terms.challenger),
            ("incumbent", t("Incumbent"), terms.incumbent),
        ):
            key = f"verdict-{role}-{terms.challenger}-{terms.incumbent}"
            chosen.append(
                st.selectbox(label, range(len(names)), index=place, format_func=names.__getitem__, width=320, key=key)
            )
    return None if chosen == [terms.challenger, terms.incumbent] else Look(with_pair(terms, *chosen))


def _warnings(screen: Screen, results: Results) -> None:
    labels = [c.label for c in results.contestants]
    told = [only_a_look(screen.history, results.batch.terms, labels), warning(screen.history, labels)]
    words = [say(message) for message in told if message is not None]
    if results.verdict.surplus:
        words.append(
            tn(
                "{n} rating more than was asked for does not count.",
                "{n} ratings more than were asked for do not count.",
                results.verdict.surplus,
            )
        )
    for text in words:
        st.html(f'<p class="u-warning" role="status">{escape(text)}</p>')
