"""The bottom of the page: the prompt, its stop button, and what went wrong with the last attempt."""

from __future__ import annotations

import streamlit as st

from app.domain.errors import UnderstudyError
from app.ui.text import say, t


def prompt_bar(*, running: bool, follow_up: bool, problem: UnderstudyError | None) -> tuple[str | None, bool]:
    """Returns (the prompt that was sent, whether stop was pressed)."""
    if problem is not None:
        show_problem(problem)
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


def show_problem(problem: UnderstudyError) -> None:
    """A problem in the words of the person who can solve it, as text."""
    with st.container(key="problem"):
        st.error(_plain(f"{say(problem.message)} {say(problem.remedy)}".strip()), icon=":material/error:")


def _plain(text: str) -> str:
    """Markdown's signs as themselves: what a person typed comes back in messages."""
    return "".join(f"\\{c}" if c in r"\`*_{}[]<>()#+-.!|~$:" else c for c in text)
