"""The bottom of the page: the prompt, its stop button, and what went wrong with the last attempt."""

from __future__ import annotations

import streamlit as st

from app.domain.errors import UnderstudyError
from app.ui.text import t
from components.problem import problem as say_problem


def prompt_bar(*, running: bool, follow_up: bool, problem: UnderstudyError | None) -> tuple[str | None, bool]:
    """Returns (the prompt that was sent, whether stop was pressed)."""
    if problem is not None:
        say_problem(problem)
    with st.container(key="prompt-bar"):
        prompt = st.chat_input(
            t("Follow up…") if follow_up else t("Ask every contestant the same question…"),
            key="prompt",
        )
        # The native stop of chat_input ends the drawing, not the models, and is gone after a reload.
        stopped = running and st.button(
            t("Stop"), icon=":material/stop_circle:", key="stop", shortcut="Escape", type="primary"
        )
    return prompt, bool(stopped)
