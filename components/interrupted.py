"""Said once after a start: answers that the last end of the app cut short."""

from __future__ import annotations

import streamlit as st

from app.ui.text import tn


def interrupted(count: int) -> None:
    """A note that goes by itself; nothing for none."""
    if count:
        st.toast(
            tn(
                "{n} answer was interrupted when the app last ended. What had arrived is kept in History.",
                "{n} answers were interrupted when the app last ended. What had arrived is kept in History.",
                count,
            ),
            icon=":material/history:",
            duration="long",
        )
