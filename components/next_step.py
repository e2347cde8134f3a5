"""The way on: what a page is for while it has nothing to show, and the one step that comes next."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import streamlit as st


def next_step(page: Path, label: str, icon: str, *, key: str, to: Mapping[str, str] | None = None) -> None:
    """A link that stands out as a primary button does; `to` are the query parameters of the page's address."""
    with st.container(key=f"next-{key}", width="content"):
        st.page_link(page, label=label, icon=icon, query_params=dict(to) if to else None)


def nothing_yet(said: str, icon: str, page: Path, label: str, *, key: str, page_icon: str) -> None:
    """In place of a list that is empty: what will stand here, and what has to be done first."""
    with st.container(border=True, key=f"empty-{key}", gap="small"):
        st.markdown(f"{icon} {said}")
        next_step(page, label, page_icon, key=key)
