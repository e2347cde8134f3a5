"""The bar of phases and the figures below an answer: one piece of HTML, as tall before as after."""

from __future__ import annotations

from html import escape

import streamlit as st

from app.domain.answers import Answer
from app.ui.figures import Figures, figures_of
from app.ui.text import speech


def answer_figures(answer: Answer, *, color: str, hidden: bool, tokens: int | None = None) -> None:
    """`color` is the contestant's; `tokens` what arrived so far, for the speed while it runs."""
    figures = figures_of(answer, speech(), hidden=hidden, tokens=tokens)
    # Drawn anew twice a second while it runs: what was opened would close.
    st.html(figures_html(figures, color, legend=answer.status.over))


def figures_html(figures: Figures, color: str, *, legend: bool = False) -> str:
    """`legend`: a press on the bar says what its parts are."""
    summary = escape(" · ".join(s.label for s in figures.segments))
    bar = "".join(
        f'<span style="width:{s.share:.2%};opacity:{s.opacity}" title="{escape(s.label)}"></span>'
        for s in figures.segments
    )
    bar = f'<div class="us-bar" role="img" aria-label="{summary}" title="{summary}">{bar}</div>'
    if legend and figures.segments:
        parts = "".join(f'<li style="--o:{s.opacity}">{escape(s.label)}</li>' for s in figures.segments)
        bar = f'<details class="us-phases"><summary>{bar}</summary><ul>{parts}</ul></details>'
    numbers = "".join(f'<span title="{escape(f.hint)}">{escape(f.text)}</span>' for f in figures.figures)
    waiting = " us-waiting" if figures.waiting else ""
    return (
        f'<div class="us-figures{waiting}" style="--pane:{escape(color)}">'
        f'{bar}<div class="us-numbers">{numbers}</div></div>'
    )
