"""The page of benchmarks/load_plain.py."""

import sys

import streamlit as st

# `streamlit run` runs load_plain.py under a name of its own: find the one producer there is.
producer = next(
    m.producer for m in list(sys.modules.values()) if type(getattr(m, "producer", None)).__name__ == "Producer"
)


@st.fragment(parallel=True)
def pane(n: int) -> None:
    st.write_stream(producer.stream(int(st.query_params["rate"]), int(st.query_params["seconds"]), n))


columns = st.columns(int(st.query_params["panes"]))
for n, column in enumerate(columns):
    with column:
        pane(n)
