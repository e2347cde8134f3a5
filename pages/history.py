"""History: past comparisons, found again and opened in full."""

from __future__ import annotations

import streamlit as st

from app.domain.errors import UserError
from app.ui.container import get_container
from app.ui.links import COMPARE
from app.ui.text import t
from components.history.detail import history_detail
from components.history.export import history_export
from components.history.filters import history_filters
from components.history.listing import history_list
from components.problem import problem

container = get_container()
chosen = st.query_params.get("c")

with st.container(key="history-frame"):
    if chosen:
        try:
            reopened = container.history.get(chosen)
            thread = container.history.thread(reopened.record.id)
        except UserError as error:
            problem(error)
            opened = "" if st.button(t("All comparisons"), icon=":material/arrow_back:", key="history-back") else None
        else:
            opened = history_detail(reopened, thread, COMPARE, key="history")
    else:
        with st.container(
            horizontal=True, vertical_alignment="center", horizontal_alignment="distribute", key="history-top"
        ):
            st.title(t("History"), anchor=False)
            history_export(container.exporting.export, container.training.export, key="history")
        try:
            query = history_filters(container.history.models(), key="history")
            opened = history_list(container.history.search(query), query, key="history")
        except UserError as error:
            problem(error)
            opened = None

if opened is not None:
    st.query_params.from_dict({"c": opened} if opened else {})
    st.rerun()
