"""How to search: the way, how many passages, and the optional steps."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import streamlit as st

from app.domain.documents import Fusion, Mode
from app.ui.search_state import MOST, prepare_search, read_search, search_key
from app.ui.text import t


def mode_name(mode: Mode | str) -> str:
    names: Mapping[str, str] = {
        Mode.HYBRID: t("Hybrid"),
        Mode.DENSE: t("By meaning"),
        Mode.KEYWORD: t("By words"),
    }
    return names.get(mode, str(mode))


def fusion_name(fusion: Fusion | str) -> str:
    return t("By rank") if fusion == Fusion.RRF else t("Weighted sum")


def search_settings(owner: str, models: Sequence[str]) -> None:
    """The controls of one search. `models` can be asked for the optional steps."""
    prepare_search(owner)
    st.segmented_control(
        t("Search"),
        [m.value for m in (Mode.HYBRID, Mode.DENSE, Mode.KEYWORD)],
        format_func=mode_name,
        key=search_key(owner, "mode"),
        required=True,
        width="stretch",
        help=t("By meaning compares embeddings, by words counts the words of the question; hybrid does both."),
        persist_state="session",
    )
    st.slider(
        t("Passages"),
        1,
        MOST,
        key=search_key(owner, "k"),
        help=t("How many passages are found."),
        persist_state="session",
    )
    with st.expander(t("More"), type="compact", key=search_key(owner, "search-more")):
        _fusion(owner)
        st.toggle(
            t("Varied passages"),
            key=search_key(owner, "mmr"),
            help=t("Leaves out passages that repeat a better one (maximal marginal relevance)."),
            persist_state="session",
        )
        _step(owner, "expansion", t("More queries by"), t("This model writes up to four more queries."), models)
        _step(owner, "extraction", t("Relevant part by"), t("This model cuts each passage to what answers."), models)


def _fusion(owner: str) -> None:
    if read_search(owner).mode is not Mode.HYBRID:
        return
    st.segmented_control(
        t("Fusion"),
        [f.value for f in Fusion],
        format_func=fusion_name,
        key=search_key(owner, "fusion"),
        required=True,
        width="stretch",
        help=t("How the two rankings become one: by rank with equal weights, or by the sum of their scores."),
        persist_state="session",
    )
    if read_search(owner).fusion is Fusion.SUM:
        st.slider(
            t("Weight of the words"),
            0.0,
            1.0,
            step=0.05,
            key=search_key(owner, "keyword-weight"),
            persist_state="session",
        )


def _step(owner: str, field: str, label: str, hint: str, models: Sequence[str]) -> None:
    key = search_key(owner, field)
    chosen = st.session_state.get(key)
    st.selectbox(
        label,
        [*models] if chosen in models or not chosen else [str(chosen), *models],
        index=None,
        key=key,
        placeholder=t("No model"),
        help=hint,
        persist_state="session",
    )
