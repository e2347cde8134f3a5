"""The search box of History and its filters."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Literal

import streamlit as st

from app.domain.answers import Status
from app.domain.comparisons import Query
from app.ui.text import t

PAGE_SIZE = 25
Rated = Literal["rated", "unrated"]


def history_filters(models: Sequence[str], *, key: str) -> Query:
    """Draw them; returns what to look for, from the page that was turned to. A new filter starts at the first page."""
    with st.container(horizontal=True, vertical_alignment="center", gap="small", key=f"{key}-filters"):
        text = st.text_input(
            t("Search"),
            placeholder=t("Search prompts, answers, comments …"),
            icon=":material/search:",
            label_visibility="collapsed",
            key=f"{key}-text",
            on_change=_to_first_page,
            args=(key,),
        )
        model = st.selectbox(
            t("Model"),
            list(models),
            index=None,
            placeholder=t("Any model"),
            label_visibility="collapsed",
            width=240,
            key=f"{key}-model",
            on_change=_to_first_page,
            args=(key,),
        )
        status = st.selectbox(
            t("Status"),
            list(Status),
            index=None,
            placeholder=t("Any status"),
            format_func=status_label,
            label_visibility="collapsed",
            width=170,
            key=f"{key}-status",
            on_change=_to_first_page,
            args=(key,),
        )
        rated = st.segmented_control(
            t("Rated"),
            ["rated", "unrated"],
            format_func=_rated_label,
            label_visibility="collapsed",
            key=f"{key}-rated",
            on_change=_to_first_page,
            args=(key,),
        )
    return Query(
        text=text.strip(),
        model=model,
        status=status,
        rated=None if rated is None else rated == "rated",
        limit=PAGE_SIZE,
        offset=PAGE_SIZE * page_of(key),
    )


def page_of(key: str) -> int:
    """The page turned to, from 0."""
    return int(st.session_state.get(f"{key}-page", 0))


def turn_to(key: str, page: int) -> None:
    st.session_state[f"{key}-page"] = max(0, page)


def _to_first_page(key: str) -> None:
    turn_to(key, 0)


def _rated_label(rated: str) -> str:
    return t("Rated") if rated == "rated" else t("Not rated")


def status_label(status: Status) -> str:
    """One word for where a comparison or an answer stands."""
    match status:
        case Status.WAITING:
            return t("waiting")
        case Status.RUNNING:
            return t("running")
        case Status.DONE:
            return t("done")
        case Status.TRUNCATED:
            return t("truncated")
        case Status.REFUSED:
            return t("refused")
        case Status.FAILED:
            return t("failed")
        case Status.CANCELLED:
            return t("stopped")
        case Status.INTERRUPTED:
            return t("interrupted")
