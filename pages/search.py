"""Search: one question under up to three settings or collections side by side, and how well each finds."""

from __future__ import annotations

import streamlit as st

from app.domain.errors import UserError
from app.ui import searching
from app.ui.container import get_container
from app.ui.text import t
from components.problem import problem
from components.search.results import question_box, search_results
from components.search.scores import search_scores
from components.search.sides import nothing_to_search, search_head, search_sides

screen = searching.open_search(get_container())

with st.container(key="search-page"):
    search_head(screen)
    if not screen.sides:
        nothing_to_search(screen.listed)
    else:
        search_sides(screen)
        one, labelled = st.tabs([t("One question"), t("Labelled questions")])
        with one:
            query = question_box()
            if query:
                try:
                    search_results(screen, query)
                except UserError as error:
                    problem(error)
        with labelled:
            search_scores(screen)
searching.look_again(screen)
