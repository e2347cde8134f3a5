"""Something that the person can put right: what it is, and how."""

from __future__ import annotations

import streamlit as st

from app.domain.errors import UnderstudyError
from app.ui.notes import problem_html
from app.ui.text import say


def problem(error: UnderstudyError) -> None:
    st.html(problem_html(say(error.message), say(error.remedy)))
