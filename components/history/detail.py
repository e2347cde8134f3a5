"""One past comparison in full: the question, the sources, the answers side by side, what was said about them."""

from __future__ import annotations

from collections.abc import Sequence
from html import escape
from pathlib import Path

import streamlit as st

from app.domain.comparisons import AnswerRecord, ComparisonRecord
from app.domain.models import Contestant
from app.services.comparing.history import Reopened
from app.ui.passages import preview
from app.ui.prose import plain, plain_html
from app.ui.text import speech, t
from components.answer_figures import answer_figures
from components.answer_notes import answer_notes
from components.answer_text import answer_text
from components.compare.panes import COLORS
from components.evidence import evidence_view
from components.history.filters import status_label
from components.history.ratings import history_ratings

_LONG_PROMPT = 300
# More than this is in the export; a browser is not the place for a megabyte.
_LONGEST_PROMPT = 100_000


def history_detail(reopened: Reopened, thread: Sequence[ComparisonRecord], compare: Path, *, key: str) -> str | None:
    """Draw it. `thread` is its conversation, oldest first; `compare` the Compare page's file.

    Returns "" to go back to the list, the id of another turn to open it, None to stay.
    """
    record = reopened.record
    opened = _head(record, compare, key)
    _question(record, key)
    opened = _turns(record, thread, key) or opened
    with st.container(key=f"{key}-panes"):
        for column, answer in zip(st.columns(len(record.answers), gap="small"), record.by_side, strict=True):
            with column, st.container(border=True, key=f"{key}-pane-{answer.side}", gap="xsmall"):
                _pane(record, answer, f"{key}-{answer.id}")
    history_ratings(reopened)
    return opened


def _head(record: ComparisonRecord, compare: Path, key: str) -> str | None:
    with st.container(horizontal=True, vertical_alignment="center", key=f"{key}-head"):
        back = st.button(t("All comparisons"), icon=":material/arrow_back:", type="tertiary", key=f"{key}-back")
        st.space("stretch")
        label = t("Watch in Compare") if record.running else t("Open in Compare")
        st.page_link(compare, label=label, icon=":material/compare_arrows:", query_params={"c": record.id})
    return "" if back else None


def _question(record: ComparisonRecord, key: str) -> None:
    asked, words = record.comparison, speech()
    st.subheader(plain(preview(asked.prompt, _LONG_PROMPT)), anchor=False)
    about = [words.when(record.created_at), status_label(record.status)]
    if asked.blind:
        about.append(t("blind, not revealed yet") if record.hidden else t("blind"))
    if asked.start == "one_at_a_time":
        about.append(t("one at a time"))
    with st.container(horizontal=True, vertical_alignment="center", key=f"{key}-about"):
        st.html(
            f'<div class="us-line">{"".join(f"<span>{escape(part)}</span>" for part in about)}</div>', width="content"
        )
        if len(asked.prompt) > _LONG_PROMPT or "\n" in asked.prompt:
            with st.popover(t("Whole question"), type="tertiary", icon=":material/notes:", key=f"{key}-prompt"):
                st.html(plain_html(asked.prompt[:_LONGEST_PROMPT]))
        if asked.system:
            with st.popover(t("System prompt"), type="tertiary", icon=":material/tune:", key=f"{key}-system"):
                st.html(plain_html(asked.system[:_LONGEST_PROMPT]))
        if asked.evidence:
            sources = words.plural("{n} source", "{n} sources", len(asked.evidence.passages))
            with st.popover(sources, type="tertiary", icon=":material/description:", key=f"{key}-sources"):
                evidence_view(asked.evidence, key=key, question=asked.prompt)


def _turns(record: ComparisonRecord, thread: Sequence[ComparisonRecord], key: str) -> str | None:
    """The earlier questions of the same conversation."""
    opened = None
    if len(thread) > 1:
        with st.container(horizontal=True, vertical_alignment="center", key=f"{key}-turns"):
            st.html(f'<div class="us-line">{escape(t("Earlier in this conversation:"))}</div>', width="content")
            for turn in thread:
                if turn.id == record.id:
                    continue
                label = plain(f"{turn.turn + 1}. {preview(turn.comparison.prompt, 40)}")
                if st.button(label, type="tertiary", key=f"{key}-turn-{turn.id}"):
                    opened = turn.id
    return opened


def _pane(record: ComparisonRecord, answer: AnswerRecord, key: str) -> None:
    hidden, color = record.hidden, COLORS[answer.side]
    name = t("Contestant {letter}", letter="ABCD"[answer.side]) if hidden else str(answer.contestant.model)
    settings = "" if hidden else sampling_words(answer.contestant)
    st.html(
        f'<div class="us-name"><span class="u-letter u-side-{answer.side}">{"ABCD"[answer.side]}</span>'
        f"<strong>{escape(name)}</strong> <span>{escape(settings)}</span></div>"
    )
    with st.container(key=f"history-answer-{answer.side}"):
        answer_text(answer.answer, record.comparison.evidence, key=key, hidden=hidden)
    with st.container(key=f"history-below-{answer.side}", gap="xsmall"):
        answer_figures(answer.answer, color=color, hidden=hidden)
        with st.container(
            horizontal=True, vertical_alignment="center", gap="small", key=f"history-notes-{answer.side}"
        ):
            answer_notes(answer.answer, hidden=hidden, key=key)


def sampling_words(contestant: Contestant) -> str:
    """The settings that were chosen, as short as they can be said; empty for the server's defaults."""
    return " · ".join(
        f"{name} {', '.join(map(repr, value)) if isinstance(value, tuple) else value}"
        for name, value in contestant.sampling.given().items()
    )
