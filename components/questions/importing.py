"""Import questions: a file, what it holds, what is wrong with it, and under which name it is kept."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import streamlit as st
from streamlit.runtime.uploaded_file_manager import UploadedFile

from app.domain.errors import UnderstudyError
from app.domain.questions import QuestionSetInfo
from app.services.questions.reading import FORMATS, MOST_BYTES, Reading
from app.services.questions.samples import sample_set
from app.services.questions.writing import written
from app.ui.prose import plain
from app.ui.questions import Action, AddSample, Store
from app.ui.text import language, t, tn
from components.problem import problem
from components.questions.table import problems_list, questions_table
from components.uploader import uploader_words

_PREVIEW = 8
_MAX_MB = MOST_BYTES // 1_000_000
Read = Callable[[UploadedFile, str | None], Reading | UnderstudyError]
NameFor = Callable[[str], str]


def questions_import(
    sets: Sequence[QuestionSetInfo], read: Read, name_for: NameFor, *, file_key: str, key: str
) -> Action | None:
    """Draw it. `read` reads an upload, `name_for` makes a name of a file's."""
    with st.container(border=True, key=f"{key}-import"):
        uploader_words(file_key, max_mb=_MAX_MB)
        file = st.file_uploader(
            t("Import questions: CSV, JSONL, Excel (XLSX) or promptfoo's YAML"),
            type=list(FORMATS),
            max_upload_size=_MAX_MB,
            help=t(
                "A heading names the columns: question, reference, document, page, category, language, id. "
                "All but the question may be left out; Korean headings are understood too."
            ),
            key=file_key,
        )
        if file is None:
            return _first_steps(key)
        reading = read(file, st.session_state.get(f"{key}-sheet-{file.file_id}"))
        if isinstance(reading, UnderstudyError):
            problem(reading)
            return None
        if len(reading.sheets) > 1:
            st.selectbox(t("Sheet"), reading.sheets, key=f"{key}-sheet-{file.file_id}", width=280)
        return _found(file, reading, sets, name_for, key)


def _first_steps(key: str) -> Action | None:
    name, questions = sample_set(language())
    with st.container(horizontal=True, vertical_alignment="center", key=f"{key}-first"):
        pressed = st.button(
            t("Try it with sample questions"),
            type="tertiary",
            icon=":material/auto_stories:",
            help=t("{n} questions on the sample documents, with reference answers.", n=len(questions)),
            key=f"{key}-sample",
        )
        st.download_button(
            t("See what a file looks like"),
            data=lambda: written(questions, "csv").encode(),
            file_name=f"{name}.csv",
            mime="text/csv",
            type="tertiary",
            icon=":material/download:",
            on_click="ignore",
            key=f"{key}-template",
        )
    return AddSample() if pressed else None


def _found(
    file: UploadedFile, reading: Reading, sets: Sequence[QuestionSetInfo], name_for: NameFor, key: str
) -> Action | None:
    good, bad = len(reading.questions), len(reading.problems)
    if bad:
        st.write(tn("{n} row is not understood:", "{n} rows are not understood:", bad))
        problems_list(reading.problems, reading.counting)
    _notices(reading)
    if not good:
        st.caption(t("No question is left. Correct the file and choose it again."))
        return None
    questions_table(reading.questions[:_PREVIEW], key=f"{key}-preview")
    if good > _PREVIEW:
        st.caption(tn("and {n} more question", "and {n} more questions", good - _PREVIEW))
    with st.container(horizontal=True, vertical_alignment="bottom", key=f"{key}-where"):
        name = st.text_input(
            t("Name of the set"), value=name_for(file.name), max_chars=80, key=f"{key}-name-{file.file_id}"
        ).strip()
        label = (
            tn("Import the {n} good question", "Import the {n} good questions", good)
            if bad
            else tn("Import {n} question", "Import {n} questions", good)
        )
        pressed = st.button(label, type="primary", icon=":material/library_add:", disabled=not name, key=f"{key}-start")
    known = next((s for s in sets if s.name.casefold() == name.casefold()), None)
    if known is not None:
        st.caption(
            t(
                "“{name}” is there already: this becomes version {version}, and the earlier ones stay.",
                name=plain(known.name),
                version=known.version + 1,
            )
        )
    return Store(name, reading.questions) if pressed else None


def _notices(reading: Reading) -> None:
    if reading.unused:
        st.caption(t("Columns that are not used: {names}", names=plain(", ".join(reading.unused[:12]))))
    if reading.dropped:
        st.caption(
            tn(
                "{n} character that no model can take is left out.",
                "{n} characters that no model can take are left out.",
                reading.dropped,
            )
        )
