"""Results: what to do and for which questions, and everything that it rests on."""

from __future__ import annotations

from functools import partial

import streamlit as st

from app.ui import results
from app.ui.container import get_container
from app.ui.text import t
from components.problem import problem
from components.results.basis import results_method, results_raters
from components.results.head import results_empty, results_head, results_moving, results_verdict
from components.results.quality import results_categories, results_votes
from components.results.questions import results_questions
from components.results.speed import results_measures, results_speed

container = get_container()

with st.container(key="results-page"):
    screen = results.open_screen(container)
    chosen = results_head(screen)
    if screen.problem is not None:
        problem(screen.problem, again=True)
    elif screen.results is None:
        results_empty()
    else:
        if screen.moving:
            results_moving(screen, partial(results.looked_again, container))
        results_verdict(screen)
        sections = {
            t("Verdict"): partial(results_categories, screen),
            t("Votes"): partial(results_votes, screen),
            t("Speed and cost"): partial(results_speed, screen),
            t("Measures"): partial(results_measures, screen),
            t("Raters"): lambda: results_raters(screen, results.attention(container, screen)),
            t("Questions"): lambda: results_questions(
                results.question_lines(container, screen), results.who_is_who(container, screen)
            ),
            t("Method"): lambda: results_method(screen, container.batches.terms(screen.found.batch.id)),
        }
        # Only what is open is drawn.
        tabs = st.tabs(list(sections), on_change="rerun", key="results-tabs")
        for tab, draw in zip(tabs, sections.values(), strict=True):
            if tab.open:
                with tab:
                    draw()
if chosen is not None:
    results.show(chosen)
