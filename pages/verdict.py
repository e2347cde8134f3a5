"""Verdict: REPLACE, KEEP or UNDECIDED, by category, with what it rests on."""

from __future__ import annotations

from functools import partial

import streamlit as st

from app.ui import verdict
from app.ui.container import get_container
from app.ui.text import speech
from app.ui.verdict import Action
from components.problem import problem
from components.verdict.again import verdict_again
from components.verdict.findings import verdict_sentences, verdict_table
from components.verdict.head import verdict_empty, verdict_head, verdict_top
from components.verdict.plots import verdict_costs, verdict_plots
from components.verdict.terms import verdict_terms

container = get_container()

with st.container(key="verdict-page"):
    screen = verdict.open_screen(container)
    action: Action | None = verdict_top(
        screen, partial(verdict.as_html, container, speech()), partial(verdict.as_json, container)
    )
    if screen.told:
        st.success(screen.told, icon=":material/check:")
    if screen.problem is not None:
        problem(screen.problem)
    results = screen.results
    if results is not None:
        action = verdict_head(screen, results) or action
        verdict_sentences(results.verdict, results.challenger.label, results.incumbent.label)
        verdict_table(results.verdict)
        verdict_plots(results, key="verdict")
        verdict_costs(results)
        action = verdict_terms(screen, results, key="verdict") or action
    elif screen.problem is None:
        verdict_empty()
    verdict_again(verdict.read_again, key="verdict")
verdict.carry_out(container, screen, action)
