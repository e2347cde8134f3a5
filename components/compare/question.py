"""The line above the panes: the question, its sources, one more contestant, a new comparison."""

from __future__ import annotations

import html

import streamlit as st

from app.domain.comparisons import ComparisonRecord
from app.ui.text import t, tn
from components.evidence import evidence_view

SHOWN = 600
LONGEST = 20_000


def question_line(record: ComparisonRecord | None, *, can_add: bool) -> str | None:
    """Returns "add", "sample", "connections" or "new" when one of its buttons was pressed."""
    with st.container(horizontal=True, vertical_alignment="center", key="question"):
        prompt = record.comparison.prompt if record else t("Can a local model take over?")
        short = " ".join(prompt[: SHOWN * 2].split())[:SHOWN]
        st.html(f'<h1 class="u-question">{html.escape(short)}</h1>', width="stretch")
        with st.container(horizontal=True, width="content", vertical_alignment="center", gap="xsmall", key="tools"):
            if record is not None:
                _prompt_in_full(prompt)
                _sources(record)
            pressed = None
            if record is None and st.button(
                t("Sample question"), icon=":material/play_arrow:", type="tertiary", key="sample"
            ):
                pressed = "sample"
            if record is None and st.button(
                t("Connections"), icon=":material/cable:", type="tertiary", key="connections-open"
            ):
                pressed = "connections"
            if st.button(
                t("Contestant"),
                icon=":material/add:",
                type="tertiary",
                key="add-contestant",
                disabled=not can_add,
                help=t("One more contestant, four at most"),
            ):
                pressed = "add"
            if record is not None and st.button(
                t("New comparison"), icon=":material/edit_square:", type="tertiary", key="new-comparison"
            ):
                pressed = "new"
    return pressed


def _prompt_in_full(prompt: str) -> None:
    if len(prompt) <= 160 and "\n" not in prompt:
        return
    with st.popover(t("Prompt in full"), icon=":material/notes:", type="tertiary", key="prompt-in-full"):
        st.text(prompt[:LONGEST])
        if len(prompt) > LONGEST:
            st.caption(t("The first {n} characters; an export holds all of them.", n=f"{LONGEST:,}"))


def _sources(record: ComparisonRecord) -> None:
    count = len(record.comparison.evidence.passages)
    if not count:
        return
    label = tn("{n} source", "{n} sources", count)
    with st.popover(label, icon=":material/description:", type="tertiary", key="sources"):
        evidence_view(record.comparison.evidence, key="sources-view", question=record.comparison.prompt)


def back_line() -> str | None:
    """Above the connections, when they were opened from the panes."""
    back = st.button(t("Back to the question"), icon=":material/arrow_back:", type="tertiary", key="connections-close")
    return "connections" if back else None
