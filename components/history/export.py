"""Comparisons and ratings to take away."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from functools import partial

import streamlit as st

from app.services.export.comparisons import FORMATS, KINDS, MEDIA_TYPES, Format, Kind
from app.services.export.training import TRAINING_FORMATS, TrainingExport, TrainingFormat
from app.ui.text import t


def history_export(
    export: Callable[[Kind, Format], Iterable[str]], train: Callable[[TrainingFormat], TrainingExport], *, key: str
) -> None:
    """Downloads, each put together only when it is pressed; `train` makes what a model is fine-tuned with."""
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
        st.caption(
            t("To fine-tune with: preferred and rejected answers for TRL's DPO, accepted answers as instructions.")
        )
        with st.container(horizontal=True, vertical_alignment="center", key=f"{key}-export-training"):
            st.write(t("Fine-tuning"))
            for made in TRAINING_FORMATS:
                st.download_button(
                    {"dpo": "DPO", "alpaca": "Alpaca"}[made],
                    data=partial(_lines, train, made),
                    file_name=f"understudy-{made}.jsonl",
                    mime=MEDIA_TYPES["jsonl"],
                    on_click="ignore",
                    key=f"{key}-training-{made}",
                )


def _lines(train: Callable[[TrainingFormat], TrainingExport], format: TrainingFormat) -> bytes:
    return "".join(train(format).pieces).encode()


def _joined(export: Callable[[Kind, Format], Iterable[str]], kind: Kind, format: Format) -> bytes:
    return "".join(export(kind, format)).encode()
