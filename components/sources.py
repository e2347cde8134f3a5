"""Which collection the contestants are given passages of, and how it is searched."""

from __future__ import annotations

from collections.abc import Sequence

import streamlit as st

from app.domain.documents import CollectionRecord
from app.services.documents.listing import Listed
from app.ui import state
from app.ui.links import DOCUMENTS_PAGE
from app.ui.text import t, tn
from components.problem import problem
from components.search.settings import search_settings


def sources_choice(listed: Listed, models: Sequence[str]) -> None:
    """The collection and, once there is one, how to search it."""
    key = state.key(state.SOURCES, "collection")
    by_name = {record.name: record for record in listed.collections}
    chosen = st.session_state.get(key)
    if not by_name and not chosen and not listed.pending and listed.problem is None:
        st.page_link(DOCUMENTS_PAGE, label=t("Add documents as sources"), icon=":material/library_add:")
        return
    with st.container(horizontal=True, vertical_alignment="bottom", gap="xsmall", key="sources-choice"):
        st.selectbox(
            t("Collection"),
            [*by_name] if chosen in by_name or not chosen else [str(chosen), *by_name],
            index=None,
            key=key,
            placeholder=t("Looking…") if listed.pending else t("No sources from documents"),
            help=t("Passages are found once for each question; every contestant gets the same."),
            persist_state="session",
        )
        with st.popover(
            t("Search"),
            icon=":material/manage_search:",
            type="tertiary",
            help=t("How the collection is searched"),
            key="sources-settings",
        ):
            search_settings(state.SOURCES, models)
    if chosen in by_name:
        st.caption(_held(by_name[str(chosen)]))
    if listed.problem is not None:
        problem(listed.problem)


def _held(record: CollectionRecord) -> str:
    """``12 documents · 340 passages``."""
    return " · ".join(
        (
            tn("{n} document", "{n} documents", record.documents),
            tn("{n} passage", "{n} passages", record.passages),
        )
    )


def collection_label(record: CollectionRecord | None, name: str) -> str:
    """``handbook · 12 documents``."""
    if record is None:
        return name
    return f"{name} · {tn('{n} document', '{n} documents', record.documents)}"
