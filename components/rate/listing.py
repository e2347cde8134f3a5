"""The batches whose pairs wait for somebody, and the question who that is."""

from __future__ import annotations

from collections.abc import Sequence
from html import escape

import streamlit as st

from app.domain.queueing import QueueProgress
from app.services.rating.queueing import Waiting
from app.ui.links import BATCHES
from app.ui.prose import plain
from app.ui.rate import Named, Open
from app.ui.text import speech, t, tn
from components.next_step import nothing_yet

MAX_NAME = 80


def rate_list(waiting: Sequence[Waiting]) -> Open | None:
    """Returns the batch that was opened. No model is named: whoever rates must not know who is compared."""
    with st.container(horizontal=True, vertical_alignment="center", key="rate-top"):
        st.title(t("Rate"), anchor=False)
    st.caption(t("Two answers to one question, side by side and without names. Say which is better."))
    opened = None
    if not waiting:
        nothing_yet(
            t("Nothing waits to be rated. Answers to rate come from a batch: a question set put to several models."),
            ":material/how_to_vote:",
            BATCHES,
            t("To the batches"),
            key="rate",
            page_icon=":material/playlist_play:",
        )
    with st.container(key="rate-list", gap=None):
        for line in waiting:
            with st.container(key=f"rate-line-{line.batch.id}", gap=None):
                if st.button(plain(line.batch.name), type="tertiary", key=f"rate-open-{line.batch.id}"):
                    opened = Open(line.batch.id)
                st.html(f'<div class="us-line">{_about(line)}</div>')
    return opened


def _about(line: Waiting) -> str:
    left = line.progress.left
    parts = [
        speech().when(line.batch.created_at),
        tn("{n} pair waits for you", "{n} pairs wait for you", left) if left else t("nothing left for you"),
        t("{share} of all ratings", share=speech().percent(_share(line.progress))),
    ]
    return "".join(f"<span>{escape(part)}</span>" for part in parts) + meter_html(_share(line.progress))


def _share(progress: QueueProgress) -> float:
    return progress.done / progress.places if progress.places else 0.0


def meter_html(share: float) -> str:
    """How much of something there is, as a thin bar."""
    width = f"{min(max(share, 0.0), 1.0):.1%}"
    return f'<div class="us-meter u-meter" aria-hidden="true"><span style="width:{width}"></span></div>'


def rate_name(rater: str) -> Named | None:
    """Asks once; the browser keeps it."""
    with st.container(key="rate-name"), st.form("rate-name-form", border=True):
        st.subheader(t("Who is rating?"), anchor=False)
        st.caption(
            t("Your votes carry this name, so that nobody is given a pair twice. This browser keeps it for next time.")
        )
        name = st.text_input(t("Your name"), value=rater, max_chars=MAX_NAME, key="rate-name-input")
        pressed = st.form_submit_button(t("Start rating"), type="primary", icon=":material/how_to_vote:")
    if not pressed:
        return None
    if not name.strip():
        st.warning(t("Write a name first, any name: it tells raters apart."))
        return None
    return Named(name)
