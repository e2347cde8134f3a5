"""One question set: its versions, its questions, taking it away, and editing it into a new version."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial

import streamlit as st

from app.domain.questions import QuestionSet, digest_of
from app.services.questions.editing import from_rows
from app.services.questions.writing import COLUMNS, QuestionFormat, row_of, written
from app.ui.links import BATCHES
from app.ui.prose import plain
from app.ui.questions import SET, VERSION, Action, OpenSet, Store
from app.ui.text import speech, t, tn
from components.documents.listing import line
from components.next_step import next_step
from components.questions.table import categories_line, columns, problems_list, questions_table

_TYPES: dict[QuestionFormat, str] = {"csv": "text/csv", "jsonl": "application/x-ndjson"}


def questions_detail(opened: QuestionSet, versions: Sequence[int], *, key: str) -> Action | None:
    action: Action | None = None
    with st.container(horizontal=True, vertical_alignment="center", key=f"{key}-head"):
        if st.button(t("All question sets"), icon=":material/arrow_back:", type="tertiary", key=f"{key}-back"):
            action = OpenSet()
        st.space("stretch")
        action = _version(opened, versions, key) or action
        next_step(
            BATCHES,
            t("Put it to models"),
            ":material/playlist_play:",
            key="batch",
            to={SET: opened.name, VERSION: str(opened.version)},
        )
        _download(opened, key)
    st.title(plain(opened.name), anchor=False)
    st.html(
        line(
            [
                t("version {n}", n=opened.version),
                tn("{n} question", "{n} questions", len(opened.questions)),
                speech().when(opened.created_at),
            ]
        )
    )
    if any(opened.categories):
        st.html(categories_line(opened.questions))
    if st.toggle(
        t("Edit"), key=f"{key}-edit-{opened.name}-{opened.version}", help=t("What you save becomes a new version.")
    ):
        return _edit(opened, versions, key) or action
    questions_table(opened.questions, height=_height(len(opened.questions)), key=f"{key}-table")
    return action


def _version(opened: QuestionSet, versions: Sequence[int], key: str) -> Action | None:
    if len(versions) < 2:
        return None
    newest = list(reversed(versions))
    chosen = st.selectbox(
        t("Version"),
        newest,
        index=newest.index(opened.version),
        format_func=lambda n: t("version {n}", n=n),
        label_visibility="collapsed",
        width=140,
        key=f"{key}-version-{opened.name}-{opened.version}-{len(versions)}",
    )
    return OpenSet(opened.name, chosen) if chosen != opened.version else None


def _download(opened: QuestionSet, key: str) -> None:
    with st.popover(t("Download"), icon=":material/download:", key=f"{key}-download"):
        for format, media in _TYPES.items():
            st.download_button(
                format.upper(),
                data=partial(_bytes, opened, format),
                file_name=f"{opened.name} v{opened.version}.{format}",
                mime=media,
                on_click="ignore",
                width="stretch",
                key=f"{key}-{format}",
            )


def _bytes(opened: QuestionSet, format: QuestionFormat) -> bytes:
    return written(opened.questions, format).encode()


def _edit(opened: QuestionSet, versions: Sequence[int], key: str) -> Action | None:
    rows = [row_of(q) for q in opened.questions]
    edited = st.data_editor(
        {name: [row[name] for row in rows] for name in COLUMNS},
        column_config=columns(),
        num_rows="dynamic",
        hide_index=True,
        height=_height(len(rows) + 1),
        key=f"{key}-editor-{opened.name}-{opened.version}",
    )
    questions, problems = from_rows(
        [dict(zip(COLUMNS, row, strict=True)) for row in zip(*edited.values(), strict=True)]
    )
    if problems:
        problems_list(problems, "row")
    changed = digest_of(questions) != opened.digest
    pressed = st.button(
        t("Save as version {n}", n=max(versions) + 1),
        type="primary",
        icon=":material/save:",
        disabled=not changed or bool(problems) or not questions,
        key=f"{key}-save",
    )
    return Store(opened.name, questions) if pressed else None


def _height(rows: int) -> int:
    """Pixels: all rows of a small set, a screenful of a large one."""
    return min(38 + 35 * max(rows, 2), 640)
