"""Questions: the sets that batches ask, imported, looked at, edited into new versions."""

from __future__ import annotations

import streamlit as st

from app.ui import questions
from app.ui.container import get_container
from app.ui.questions import Action
from app.ui.text import t
from components.problem import problem
from components.questions.detail import questions_detail
from components.questions.importing import questions_import
from components.questions.listing import questions_list

container = get_container()
action: Action | None = None

with st.container(key="questions-page"):
    screen = questions.open_screen(container)
    if screen.stored:
        st.success(screen.stored, icon=":material/check:")
    if screen.problem is not None:
        problem(screen.problem)
    if screen.opened is not None:
        action = questions_detail(screen.opened, screen.versions, key="questions")
    else:
        with st.container(horizontal=True, vertical_alignment="center", key="questions-top"):
            st.title(t("Question sets"), anchor=False)
        action = questions_import(
            screen.sets,
            questions.reading_of,
            questions.name_for,
            file_key=questions.uploader_key(),
            key="questions",
        )
        action = questions_list(screen.sets, choosing=questions.choosing(), key="questions") or action
questions.carry_out(container, action)
