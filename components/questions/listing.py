"""The question sets, newest first: a line opens its set."""

from __future__ import annotations

from collections.abc import Sequence

import streamlit as st

from app.domain.questions import QuestionSetInfo
from app.ui.prose import plain
from app.ui.questions import Action, OpenSet
from app.ui.text import speech, t, tn
from components.documents.listing import line

_CATEGORIES = 6


def questions_list(sets: Sequence[QuestionSetInfo], *, choosing: bool, key: str) -> Action | None:
    """`choosing`: a file is being looked at above, and says by itself what comes next."""
    opened: Action | None = None
    if not sets and not choosing:
        st.info(
            t(
                "No question set yet. A set is the questions that your models will be asked, with what is known of "
                "the answers: import a file, or begin with the sample questions."
            ),
            icon=":material/quiz:",
        )
    with st.container(key=f"{key}-list", gap=None):
        for info in sets:
            with st.container(key=f"questions-line-{info.name}", gap=None):
                if st.button(plain(info.name), type="tertiary", key=f"{key}-open-{info.name}"):
                    opened = OpenSet(info.name)
                st.html(line(_about(info)))
    return opened


def _about(info: QuestionSetInfo) -> list[str]:
    named = [category for category in info.categories if category]
    more = [t("and {n} more", n=len(named) - _CATEGORIES)] if len(named) > _CATEGORIES else []
    return [
        t("version {n}", n=info.version),
        tn("{n} question", "{n} questions", info.questions),
        *([", ".join([*named[:_CATEGORIES], *more])] if named else []),
        speech().when(info.created_at),
    ]
