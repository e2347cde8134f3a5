"""The panes side by side: each answer as it is written, and what the next question will carry."""

from __future__ import annotations

import html
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

import streamlit as st
from streamlit.delta_generator import DeltaGenerator

from app.domain.answers import Answer
from app.domain.comparisons import Comparison
from app.domain.evidence import Evidence
from app.domain.pricing import Estimate
from app.services.comparing import Pane
from app.ui.text import speech, t
from components.answer_figures import answer_figures
from components.answer_notes import answer_notes
from components.answer_text import answer_text, streaming_text

# Okabe–Ito: told apart by people with any kind of colour blindness, on light and on dark. By side.
COLORS = ("#0072B2", "#D55E00", "#009E73", "#AA4499")
TICK = 0.1


@dataclass(frozen=True, slots=True)
class Shown:
    """One pane on the screen; `head` draws its first line."""

    side: int
    head: Callable[[], None]
    pane: Pane | None
    turns: Sequence[tuple[Comparison, Answer]] = ()
    estimate: Estimate | None = None


def panes(
    shown: Sequence[Shown],
    *,
    evidence: Evidence,
    hidden: bool,
    latest: Callable[[str], Answer],
    all_stored: Callable[[], bool],
) -> None:
    """Draw them side by side; each answer that is being written follows its run in a thread of its own."""
    with st.container(key="panes"):
        columns = st.columns(len(shown), gap="small", wrap=False)
        for column, one in zip(columns, shown, strict=True):
            with column, st.container(border=True, key=f"pane-{one.side}", gap="xsmall"):
                one.head()
                _answer(one, evidence, hidden, latest, all_stored)


@st.fragment(parallel=True)
def _answer(
    one: Shown,
    evidence: Evidence,
    hidden: bool,
    latest: Callable[[str], Answer],
    all_stored: Callable[[], bool],
) -> None:
    color, pane = COLORS[one.side], one.pane
    following = pane is not None and (pane.live is not None or not pane.record.answer.status.over)
    done = pane is not None and not following
    area = st.container(key=f"answer-{one.side}", height=420, border=False, autoscroll=following)
    with area:
        for n, (comparison, answer) in enumerate(one.turns):
            with st.expander(_one_line(comparison.prompt), type="compact", key=f"turn-{one.side}-{n}"):
                answer_text(answer, comparison.evidence, key=f"turn-text-{one.side}-{n}", hidden=hidden)
        text = st.empty()
        if pane is None:
            text.html(f'<p class="u-hint">{html.escape(t("The answer appears here."))}</p>')
        if pane is not None and done:
            with text.container():
                answer_text(pane.answer, evidence, key=f"text-{pane.record.id}", hidden=hidden)
    with st.container(key=f"figures-{one.side}"):
        figures = st.empty()
    foot = st.container(key=f"foot-{one.side}", horizontal=True, vertical_alignment="center", gap="xsmall")
    if pane is not None and done:
        # What went wrong is read where the answer would be.
        with area if pane.answer.error else foot:
            answer_notes(pane.answer, hidden=hidden, key=f"notes-{pane.record.id}")
    if one.estimate is not None and not following and not hidden:
        with foot:
            _estimate(one.estimate)
    if pane is None:
        return
    if following:
        _follow(pane, text, figures, color, evidence, hidden, latest)
        if all_stored():
            st.rerun()
    else:
        with figures:
            answer_figures(pane.answer, color=color, hidden=hidden)


def _follow(
    pane: Pane,
    text: DeltaGenerator,
    figures: DeltaGenerator,
    color: str,
    evidence: Evidence,
    hidden: bool,
    latest: Callable[[str], Answer],
) -> None:
    """Draw an answer ten times a second until it is stored.

    Every tick draws something: that is where Streamlit stops a script whose session wants another run.
    """
    live, version = pane.live, -1
    while True:
        if live is None:
            # Another process runs it (the command line): its record is all there is to see.
            answer = latest(pane.record.id)
            over, changed, tokens = answer.status.over, True, None
        else:
            over, changed, tokens = live.stored, live.version != version, live.tokens
            version, answer = live.version, live.snapshot()
        if changed:
            streaming_text(
                answer.text,
                answer.thinking,
                placeholder=text,
                evidence=evidence,
                notices=answer.notices,
                hidden=hidden,
            )
        with figures:
            answer_figures(answer, color=color, hidden=hidden, tokens=tokens)
        if over:
            return
        time.sleep(TICK if live is not None else 1.0)


def _estimate(estimate: Estimate) -> None:
    words = speech()
    about = "" if estimate.exact else "≈ "
    parts = [t("next: {tokens} tokens + your question", tokens=about + words.number(estimate.prompt_tokens))]
    if estimate.prompt_usd is None:
        parts.append(t("unpriced"))
    elif estimate.per_1k_output_usd:
        parts.append(words.usd(estimate.prompt_usd))
        parts.append(t("{price} per 1,000 tokens of answer", price=words.usd(estimate.per_1k_output_usd)))
    else:
        parts.append(t("no fee"))
    st.html(f'<p class="u-estimate">{html.escape(" · ".join(parts))}</p>')


def _one_line(prompt: str) -> str:
    line = " ".join(prompt.split())
    line = line if len(line) <= 80 else line[:79] + "…"
    return "".join(f"\\{c}" if c in r"\`*_{}[]<>()#+-.!|~$:" else c for c in line)
