"""Comparisons and ratings to take away."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from functools import partial

import streamlit as st

from app.services.exporting import FORMATS, KINDS, MEDIA_TYPES, Format, Kind
from app.ui.text import t


def history_export(export: Callable[[Kind, Format], Iterable[str]], *, key: str) -> None:
    """Four downloads, each put together only when it is pressed."""
    with st.popover(t("Export"), icon=":material/download:", key=f"{key}-export"):
        st.caption(t("Everything that is kept here. Blind comparisons that were not revealed name no model."))
        for kind in KINDS:
            with st.container(horizontal=True, vertical_alignment="center", key=f"{key}-export-{kind}"):
                st.write(t("Comparisons") if kind == "comparisons" else t("Ratings"))
                for format in FORMATS:
                    st.download_button(
                        format.upper(),
                        data=partial(_joined, export, kind, format),
                        file_name=f"understudy-{kind}.{format}",
                        mime=MEDIA_TYPES[format],
                        on_click="ignore",
                        key=f"{key}-{kind}-{format}",
                    )


def _joined(export: Callable[[Kind, Format], Iterable[str]], kind: Kind, format: Format) -> bytes:
    return "".join(export(kind, format)).encode()
