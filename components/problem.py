"""Something that the person can put right: what it is, and how."""

from __future__ import annotations

import streamlit as st

from app.domain.errors import UnderstudyError
from app.ui.notes import marked_html, problem_html
from app.ui.text import say, t


def problem(error: UnderstudyError, *, again: bool = False) -> None:
    """`again` offers to draw the page anew."""
    st.html(problem_html(say(error.message), say(error.remedy)))
    if again:
        st.button(t("Try again"), icon=":material/refresh:", key="problem-again")


def warning(error: UnderstudyError | None) -> None:
    """The same for what stops nobody: one quiet line."""
    if error is not None:
        line = marked_html(f"{say(error.message)} {say(error.remedy)}")
        st.html(f'<p class="u-warning" role="status">{line}</p>')
