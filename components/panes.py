"""The panes side by side: each answer as it is written, and what the next question will carry."""

from __future__ import annotations

import html
import time
from collections.abc import Sequence

import streamlit as st
from streamlit.delta_generator import DeltaGenerator

from app.domain.pricing import Estimate
from app.services.comparing import Pane
from app.ui import comparing
from app.ui.comparing import Screen, Spot
from app.ui.text import speech, t
from components.answer_figures import answer_figures
from components.answer_notes import answer_notes
from components.answer_text import answer_text, streaming_text
from components.contestants import spot_head

# Okabe–Ito: told apart by people with any kind of colour blindness, on light and on dark. By side.
COLORS = ("#0072B2", "#D55E00", "#009E73", "#AA4499")
TICK = 0.1


def panes(spots: Sequence[Spot], screen: Screen) -> None:
    """Draw them side by side; each answer that is being written follows its run in a thread of its own."""
    estimates = comparing.estimates(screen)
    with st.container(key="panes"):
        columns = st.columns(len(spots), gap="small", wrap=False)
        for column, spot in zip(columns, spots, strict=True):
            with column, st.container(border=True, key=f"pane-{spot.side}", gap="xsmall"):
                spot_head(spot, screen)
                _answer(spot, screen, estimates.get(spot.slot.id) if spot.slot else None)


@st.fragment(parallel=True)
def _answer(one: Spot, screen: Screen, next_one: Estimate | None) -> None:
    color, pane, hidden, evidence = COLORS[one.side], one.pane, screen.hidden, screen.evidence
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
        below = st.empty()
    with st.container(key=f"figures-{one.side}"):
        figures = st.empty()
    with st.container(key=f"foot-{one.side}", gap=None):
        notes, estimate = st.empty(), st.empty()
    if pane is not None and done:
        # What went wrong is read where the answer would be.
        with (below if pane.answer.error else notes).container():
            answer_notes(pane.answer, hidden=hidden, key=f"notes-{pane.record.id}")
    with estimate:
        _estimate(None if following or hidden else next_one)
    if pane is None:
        return
    if following:
        _follow(pane, text, figures, screen, color)
        if screen.all_stored():
            st.rerun()
    else:
        with figures:
            answer_figures(pane.answer, color=color, hidden=hidden)


def _follow(pane: Pane, text: DeltaGenerator, figures: DeltaGenerator, screen: Screen, color: str) -> None:
    """Draw an answer ten times a second until it is stored.

    Every tick draws something: that is where Streamlit stops a script whose session wants another run.
    """
    live, version = pane.live, -1
    while True:
        if live is None:
            # Another process runs it (the command line): its record is all there is to see.
            answer = comparing.latest(screen, pane.record.id)
            over, changed, tokens = answer.status.over, True, None
        else:
            over, changed, tokens = live.stored, live.version != version, live.tokens
            version, answer = live.version, live.snapshot()
        if changed:
            streaming_text(
                answer.text,
                answer.thinking,
                placeholder=text,
                evidence=screen.evidence,
                notices=answer.notices,
                hidden=screen.hidden,
            )
        with figures:
            answer_figures(answer, color=color, hidden=screen.hidden, tokens=tokens)
        if over:
            return
        time.sleep(TICK if live is not None else 1.0)


def _estimate(estimate: Estimate | None) -> None:
    """One line that is there even when it says nothing."""
    if estimate is None:
        st.html('<p class="u-estimate">&nbsp;</p>')
        return
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
    line = html.escape(" · ".join(parts))
    st.html(f'<p class="u-estimate" title="{line}">{line}</p>')


def _one_line(prompt: str) -> str:
    line = " ".join(prompt.split())
    line = line if len(line) <= 80 else line[:79] + "…"
    return "".join(f"\\{c}" if c in r"\`*_{}[]<>()#+-.!|~$:" else c for c in line)
