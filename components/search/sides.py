"""The columns of the Search page: which collection each searches, and how."""

from __future__ import annotations

import streamlit as st

from app.services.documents.listing import Listed
from app.ui import searching
from app.ui.links import DOCUMENTS_PAGE
from app.ui.search_state import search_key
from app.ui.searching import SearchScreen, SideView
from app.ui.text import t, tn
from components.compare.contestants import LETTERS, letter
from components.next_step import nothing_yet
from components.problem import problem
from components.search.settings import fusion_name, mode_name, search_settings
from components.sources import collection_label


def search_head(screen: SearchScreen) -> None:
    """The title, and one more column."""
    with st.container(
        horizontal=True, vertical_alignment="center", horizontal_alignment="distribute", key="search-top"
    ):
        st.title(t("Search"), anchor=False)
        if screen.sides:
            st.button(
                t("Setting"),
                icon=":material/add:",
                type="tertiary",
                key="add-side",
                disabled=not screen.can_add,
                help=t("One more setting or collection beside these, three at most"),
                on_click=searching.add_another,
                args=(screen,),
            )
    st.caption(
        t(
            "What a model is given decides what it can answer. Put one question to two ways of searching, and see which"
            " passages each finds."
        )
    )
    if screen.listed.problem is not None:
        problem(screen.listed.problem)


def nothing_to_search(listed: Listed) -> None:
    """Where there is no collection yet."""
    if listed.pending:
        st.caption(t("The document server is starting…"))
    elif listed.problem is None:
        nothing_yet(
            t("There is no collection yet. Add documents, or the sample collection, on the Documents page."),
            ":material/manage_search:",
            DOCUMENTS_PAGE,
            t("Documents"),
            key="search",
            page_icon=":material/library_books:",
        )


def search_sides(screen: SearchScreen) -> None:
    columns = st.columns(len(screen.sides), gap="small")
    for column, view in zip(columns, screen.sides, strict=True):
        with column, st.container(key=f"search-head-{view.number}", gap="xsmall"):
            _head(view, screen)


def _head(view: SideView, screen: SearchScreen) -> None:
    by_name = {record.name: record for record in screen.listed.collections}
    chosen = view.side.collection
    with st.container(horizontal=True, vertical_alignment="center", gap="xsmall", key=f"side-head-{view.number}"):
        letter(view.number)
        st.selectbox(
            t("Collection {letter}", letter=LETTERS[view.number]),
            [*by_name] if chosen in by_name else [chosen, *by_name],
            format_func=lambda name: collection_label(by_name.get(name), name),
            key=search_key(view.owner, "collection"),
            label_visibility="collapsed",
            persist_state="session",
        )
        with st.popover(
            t("Settings"),
            icon=":material/tune:",
            type="tertiary",
            help=t("How the collection is searched"),
            key=f"side-settings-{view.number}",
        ):
            search_settings(view.owner, screen.models)
            if len(screen.sides) > 1:
                st.button(
                    t("Remove this setting"),
                    icon=":material/close:",
                    type="tertiary",
                    key=f"remove-{view.owner}",
                    on_click=searching.remove_side,
                    args=(view.owner,),
                )
    st.caption(side_words(view))


def side_words(view: SideView) -> str:
    """The setting in a line: ``Hybrid · 8 passages · builtin:use-multilingual``."""
    settings = view.side.settings
    parts = [mode_name(settings.mode)]
    if settings.mode == "hybrid" and settings.fusion != "rrf":
        parts.append(fusion_name(settings.fusion))
    if settings.mmr:
        parts.append(t("Varied passages"))
    if settings.expansion:
        parts.append(t("More queries by {model}", model=str(settings.expansion)))
    if settings.extraction:
        parts.append(t("Relevant part by {model}", model=str(settings.extraction)))
    parts.append(tn("{n} passage", "{n} passages", settings.k))
    if view.record is not None:
        parts.append(str(view.record.collection.embedding))
    return " · ".join(parts)
