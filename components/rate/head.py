"""Above a pair: the question, what there is to read beside it, and how far the rater is."""

from __future__ import annotations

from html import escape

import streamlit as st

from app.domain.queueing import QueueProgress
from app.services.rating.queueing import Task
from app.ui.prose import plain_html, render
from app.ui.rate import Named, Open, Screen
from app.ui.text import speech, t, tn
from components.evidence import evidence_view
from components.rate.listing import meter_html

SHOWN = 600
LONGEST = 20_000


def rate_head(screen: Screen) -> Open | Named | None:
    """Two lines that are always as high. Returns where the rater wants to go, or that somebody else rates now."""
    asked = None
    with st.container(horizontal=True, vertical_alignment="center", gap="small", key="rate-bar-top"):
        if st.button(t("Batches"), icon=":material/arrow_back:", type="tertiary", key="rate-close"):
            asked = Open(None)
        if screen.progress is not None:
            st.html(_progress_html(screen.progress), width="stretch")
            _categories(screen.progress)
        if st.button(
            escape(screen.rater)[:24],
            icon=":material/person:",
            type="tertiary",
            key="rate-rename",
            help=t("Somebody else rates here now"),
        ):
            return Named("")
    if screen.task is not None:
        _question(screen.task)
    return asked


def _progress_html(progress: QueueProgress) -> str:
    mine = tn("{n} rated by you", "{n} rated by you", progress.mine)
    left = tn("{n} left for you", "{n} left for you", progress.left)
    share = progress.done / progress.places if progress.places else 0.0
    everybody = t("{share} of all ratings", share=speech().percent(share))
    return (
        f'<div class="u-progress" role="status"><b>{escape(mine)}</b><span>{escape(left)}</span>'
        f"{meter_html(share)}<span>{escape(everybody)}</span></div>"
    )


def _categories(progress: QueueProgress) -> None:
    if len(progress.categories) < 2:
        return
    with st.popover(t("By category"), icon=":material/category:", type="tertiary", key="rate-categories"):
        for category in progress.categories:
            share = category.done / category.places if category.places else 0.0
            name = category.name or t("without a category")
            st.html(
                f'<div class="u-category"><span>{escape(name)}</span><span>{escape(speech().percent(share))}</span>'
                f"{meter_html(share)}</div>"
            )


def _question(task: Task) -> None:
    prompt = task.question
    with st.container(horizontal=True, vertical_alignment="center", gap="small", key="rate-question"):
        short = " ".join(prompt[: SHOWN * 2].split())[:SHOWN]
        st.html(f'<h1 class="u-question">{escape(short)}</h1>', width="stretch")
        with st.container(horizontal=True, width="content", gap="xsmall", key="rate-tools"):
            if len(prompt) > 160 or "\n" in prompt:
                with st.popover(
                    t("Question in full"), icon=":material/notes:", type="tertiary", key=f"rate-full-{task.id}"
                ):
                    st.html(plain_html(prompt[:LONGEST]))
            _sources(task)
            _reference(task)


def _sources(task: Task) -> None:
    evidence = task.record.comparison.evidence
    if not evidence:
        return
    label = tn("{n} source", "{n} sources", len(evidence.passages))
    with st.popover(label, icon=":material/description:", type="tertiary", key=f"rate-sources-{task.id}"):
        evidence_view(evidence, key=f"rate-{task.id}", question=task.question)


def _reference(task: Task) -> None:
    if not task.reference:
        return
    with st.popover(
        t("Reference answer"), icon=":material/fact_check:", type="tertiary", key=f"rate-reference-{task.id}"
    ):
        st.caption(
            t("Whoever reads it first tends to prefer the answer that sounds like it. Judge for yourself first.")
        )
        if st.toggle(t("Show it all the same"), key=f"rate-reference-open-{task.id}"):
            st.html(f'<div class="us-answer">{render(task.reference)}</div>')
