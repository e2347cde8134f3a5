"""What all contestants share: system prompt, sources, pasted context, sampling, how to start, blind."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import streamlit as st

from app.services.comparing.drafting import Draft, FieldState
from app.services.documents.listing import Listed
from app.ui import state
from app.ui.text import t, tn
from components.sampling import FOLDED, presets, sampling_controls, start_mode
from components.sources import sources_choice


def shared_settings(
    draft: Draft, fields: Mapping[str, FieldState], listed: Listed, models: Sequence[str], *, named: bool
) -> None:
    """The sidebar. Sampling is folded away while no chosen model takes any of it.

    `listed` are the collections, `models` those that can be asked for a step of a search.
    """
    st.text_area(
        t("System prompt"),
        key="system",
        height=80,
        placeholder=t("How to answer; empty sends none"),
        persist_state="session",
    )
    sources_choice(listed, models)
    st.text_area(
        t("Context"),
        key="context",
        height=120,
        placeholder=t("Paste text here: every contestant gets the same passages"),
        persist_state="session",
    )
    if draft.evidence:
        st.caption(tn("{n} passage, cited as [1]", "{n} passages, cited as [1] … [{n}]", len(draft.evidence.passages)))
    if named and all(name in fields and fields[name].everybody for name in FOLDED):
        with st.expander(t("Sampling"), type="compact", key="sampling-folded"):
            st.caption(t("The chosen contestants draw no tokens: these settings wait for a language model."))
            sampling_controls(state.SHARED, fields, named=named)
    else:
        with st.container(horizontal=True, vertical_alignment="center", key="sampling-head"):
            st.subheader(t("Sampling"), anchor=False, width="stretch")
            presets(state.SHARED)
        sampling_controls(state.SHARED, fields, named=named)
    start_mode(t("One at a time gives fair timing when models share a machine."))
    st.toggle(
        t("Blind"),
        key="blind",
        help=t("Names and anything that tells them apart stay hidden, and sides are shuffled, until you vote."),
        persist_state="session",
    )
