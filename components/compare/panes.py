"""The panes side by side: each answer as it is written, and what the next question will carry."""

from __future__ import annotations

import html
import time
from collections.abc import Callable, Mapping, Sequence
from itertools import count

import streamlit as st
from streamlit.delta_generator import DeltaGenerator

from app.domain.answers import Answer
from app.domain.pricing import Estimate
from app.services.comparing.service import Pane
from app.ui import comparing
from app.ui.comparing import Screen, Spot
from app.ui.passages import preview
from app.ui.prose import plain
from app.ui.text import speech, t
from components.answer_figures import answer_figures
from components.answer_notes import answer_notes
from components.answer_text import answer_text, streaming_text
from components.compare.contestants import spot_head

# Okabe–Ito: told apart by people with any kind of colour blindness, on light and on dark. By side.
COLORS = ("#0072B2", "#D55E00", "#009E73", "#AA4499")
Latest = Callable[[str], Answer]
TICK = 0.1
FIGURES_EVERY = 5
# A browser that was just reloaded is still fetching the parts of its page, and React never gets round to
# showing them while updates keep coming closer than this. So a stream that meets a new session starts calmly.
CALM_TICK, CALM_FOR, CALM_AGAIN = 0.6, 4.0, 10.0


def panes(spots: Sequence[Spot], screen: Screen, estimates: Mapping[int, Estimate], latest: Latest) -> None:
    """Draw them side by side; each answer that is being written follows its run in a thread of its own.

    `estimates` are by slot what the next prompt will carry; `latest` gives an answer by its id as it
    stands in the record, for those that another process writes.
    """
    with st.container(key="panes"):
        columns = st.columns(len(spots), gap="small", wrap=False)
        for column, spot in zip(columns, spots, strict=True):
            with column, st.container(border=True, key=f"pane-{spot.side}", gap="xsmall"):
                spot_head(spot, screen)
                _answer(spot, screen, estimates.get(spot.slot.id) if spot.slot else None, latest)


@st.fragment(parallel=True)
def _answer(one: Spot, screen: Screen, next_one: Estimate | None, latest: Latest) -> None:
    pane = one.pane
    following = pane is not None and (pane.live is not None or not pane.record.answer.status.over)
    with st.container(key=f"answer-{one.side}", height=420, border=False, autoscroll=following):
        for n, (comparison, told) in enumerate(one.turns):
            with st.expander(plain(preview(comparison.prompt, 80)), type="compact", key=f"turn-{one.side}-{n}"):
                answer_text(told, comparison.evidence, key=f"turn-text-{one.side}-{n}", hidden=screen.hidden)
        text = st.empty()
    with st.container(key=f"figures-{one.side}"):
        figures = st.empty()
    # Both places are named at once, so that nothing of an earlier answer is left standing in them.
    with st.container(key=f"foot-{one.side}", gap=None):
        notes, estimate = st.empty(), st.empty()
    with estimate:
        _estimate(None if following or screen.hidden else next_one, sources=screen.draft.sources is not None)
    if pane is None:
        text.html(f'<p class="u-hint">{html.escape(t("The answer appears here."))}</p>')
        return
    answer = _follow(pane, text, figures, screen, latest) if following else pane.answer
    with text.container():
        answer_text(answer, screen.evidence, key=f"text-{pane.record.id}", hidden=screen.hidden)
    with figures:
        answer_figures(answer, color=COLORS[one.side], hidden=screen.hidden)
    with notes.container(horizontal=True, vertical_alignment="center", gap="small", key=f"said-{one.side}"):
        answer_notes(answer, hidden=screen.hidden, key=f"notes-{pane.record.id}")
    if following and screen.all_stored():
        st.rerun()


def _follow(pane: Pane, text: DeltaGenerator, figures: DeltaGenerator, screen: Screen, latest: Latest) -> Answer:
    """Draw an answer ten times a second until it is stored; returns it complete.

    Text is drawn as it comes, figures as often as they can be read. Something is drawn at least every
    other tick: that is where Streamlit stops a script whose session wants another run.
    """
    live, version, started = pane.live, -1, time.monotonic()
    for tick in count():
        began = time.monotonic()
        if live is None:
            # Another process runs it (the command line): its record is all there is to see.
            answer = latest(pane.record.id)
            over, changed, tokens = answer.status.over, True, None
        else:
            over, changed, tokens = live.stored, live.version != version, live.tokens
            version, answer = live.version, live.snapshot()
        if over:
            return answer
        if changed:
            streaming_text(
                answer.text,
                answer.thinking,
                placeholder=text,
                evidence=screen.evidence,
                notices=answer.notices,
                hidden=screen.hidden,
            )
        if tick % FIGURES_EVERY == 0 or (not changed and tick % 2 == 0):
            with figures:
                answer_figures(answer, color=COLORS[pane.record.side], hidden=screen.hidden, tokens=tokens)
        time.sleep(_pause(started, began, comparing.settled()) if live is not None else 1.0)
    raise AssertionError("unreachable")


def _pause(started: float, began: float, settled: bool) -> float:
    """Seconds to the next drawing; calm ones fall together in all panes.

    With very many panes on the screens of this process drawing takes long: each then draws less
    often, so that none falls behind.
    """
    now = time.monotonic()
    calm = not settled and (now - started < CALM_FOR or (now - started) % CALM_AGAIN < CALM_TICK)
    return CALM_TICK - now % CALM_TICK if calm else max(TICK, min(4 * (now - began), 1.0))


def _estimate(estimate: Estimate | None, *, sources: bool) -> None:
    """A line, two in a narrow pane, that is there even when it says nothing."""
    if estimate is None:
        st.html('<p class="u-estimate"><span>&nbsp;</span></p>')
        return
    words = speech()
    about = "" if estimate.exact else "≈ "
    tokens = about + words.number(estimate.prompt_tokens)
    if sources:
        parts = [t("next: {tokens} tokens + your question and its sources", tokens=tokens)]
    else:
        parts = [t("next: {tokens} tokens + your question", tokens=tokens)]
    if estimate.prompt_usd is None:
        parts.append(t("unpriced"))
    elif estimate.per_1k_output_usd:
        parts.append(words.usd(estimate.prompt_usd))
        parts.append(t("{price} per 1,000 tokens of answer", price=words.usd(estimate.per_1k_output_usd)))
    else:
        parts.append(t("no fee"))
    line = " ".join(f"<b>{html.escape(part)}</b>" for part in parts)
    st.html(f'<p class="u-estimate"><span>{line}</span></p>')
