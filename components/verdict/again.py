"""A decision record that somebody brings: computed again, and whether it says the same."""

from __future__ import annotations

from collections.abc import Callable
from html import escape

import streamlit as st
from streamlit.runtime.uploaded_file_manager import UploadedFile

from app.domain.errors import UnderstudyError
from app.ui.notes import problem_html
from app.ui.text import say, t
from app.ui.verdict import MOST_BYTES, Again
from components.problem import problem
from components.verdict.findings import verdict_sentences, verdict_table


def verdict_again(read: Callable[[UploadedFile], Again | UnderstudyError], *, key: str) -> None:
    with st.expander(t("Compute a decision record again"), icon=":material/replay:", key=f"{key}-again"):
        file = st.file_uploader(
            t("A decision record, HTML or JSON"),
            type=["html", "json"],
            max_upload_size=MOST_BYTES // 1_000_000,
            key=f"{key}-file",
        )
        if file is None:
            return
        again = read(file)
        if isinstance(again, UnderstudyError):
            problem(again)
            return
        if again.found.differences:
            places = ", ".join(again.found.differences[:5])
            told = t("The record says something else than its votes: {places}.", places=places)
            hint = t("It was changed after it was made, or was made by another version of the statistics.")
            st.html(problem_html(told, hint))
        else:
            st.success(t("Computed again from its votes, it says the same."), icon=":material/check:")
        if again.look is not None:
            st.html(f'<p class="u-warning" role="status">{escape(say(again.look))}</p>')
        verdict_sentences(again.found.verdict, again.challenger, again.incumbent)
        verdict_table(again.found.verdict)
