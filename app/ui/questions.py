"""The Questions page's side of the session: which set is open, what a file holds, what is asked for."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import PurePath
from typing import cast

import streamlit as st
from streamlit.runtime.uploaded_file_manager import UploadedFile

from app.bootstrap import Container
from app.domain.errors import UnderstudyError
from app.domain.questions import Question, QuestionSet, QuestionSetInfo
from app.services.questions.reading import Reading, read_questions
from app.ui.text import language, t, tn

SET, VERSION = "set", "version"


@dataclass(frozen=True, slots=True)
class Screen:
    """All that the page draws in one run. `opened` with its `versions` is what the URL names, if anything."""

    sets: Sequence[QuestionSetInfo] = ()
    opened: QuestionSet | None = None
    versions: Sequence[int] = ()
    problem: UnderstudyError | None = None
    stored: str = ""


@dataclass(frozen=True, slots=True)
class OpenSet:
    """Show a set, its latest version unless one is named; with no name the list of all."""

    name: str | None = None
    version: int | None = None


@dataclass(frozen=True, slots=True)
class Store:
    """Keep the questions as a new version of the set."""

    name: str
    questions: tuple[Question, ...]


@dataclass(frozen=True, slots=True)
class AddSample:
    pass


Action = OpenSet | Store | AddSample


def open_screen(container: Container) -> Screen:
    """What is here and what the URL names; a problem is told instead of what it keeps from being shown."""
    problem = cast("UnderstudyError | None", st.session_state.pop("questions_problem", None))
    stored = str(st.session_state.pop("questions_stored", ""))
    try:
        sets = container.questions.list()
        name = st.query_params.get(SET)
        if not name:
            return Screen(sets, problem=problem, stored=stored)
        asked = st.query_params.get(VERSION) or ""
        version = int(asked) if asked.isdecimal() and len(asked) < 10 else None
        opened = container.questions.get(name, version)
        return Screen(sets, opened, container.questions.versions(name), problem, stored)
    except UnderstudyError as error:
        return Screen(problem=problem or error)


def carry_out(container: Container, action: Action | None) -> None:
    """Do it and draw the page anew; return when nothing was asked for."""
    if action is None:
        return
    try:
        match action:
            case OpenSet():
                _show(action)
            case Store(name, questions):
                _stored(container.questions.add(name, questions))
                st.session_state["questions_file"] = _file_number() + 1
            case AddSample():
                _stored(container.questions.add_sample(language()))
    except UnderstudyError as problem:
        st.session_state["questions_problem"] = problem
    st.rerun()


def uploader_key() -> str:
    """A new one after each import: the browser's list is empty again."""
    return f"questions-file-{_file_number()}"


def choosing() -> bool:
    """Whether a file is in the uploader, and not imported yet."""
    return st.session_state.get(uploader_key()) is not None


def reading_of(file: UploadedFile, sheet: str | None) -> Reading | UnderstudyError:
    """What the file holds; remembered, as the page is drawn many times."""
    asked = (file.file_id, sheet)
    last = cast("tuple[object, Reading | UnderstudyError] | None", st.session_state.get("questions_reading"))
    if last is not None and last[0] == asked:
        return last[1]
    found: Reading | UnderstudyError
    try:
        with st.spinner(t("Reading {name} …", name=file.name)):
            found = read_questions(file.name, file.getvalue(), sheet=sheet)
    except UnderstudyError as problem:
        found = problem
    st.session_state["questions_reading"] = (asked, found)
    return found


def name_for(file: str) -> str:
    """What a set from this file is called unless the person says otherwise."""
    return " ".join(PurePath(file).stem.replace("_", " ").split())[:60]


def _stored(stored: QuestionSet) -> None:
    count = tn("{n} question", "{n} questions", len(stored.questions))
    st.session_state["questions_stored"] = t(
        "Kept as version {version} of “{name}”: {count}", version=stored.version, name=stored.name, count=count
    )
    _show(OpenSet(stored.name))


def _show(place: OpenSet) -> None:
    """Into the URL, where a reload and a link find it."""
    query = {SET: place.name, VERSION: None if place.version is None else str(place.version)}
    st.query_params.from_dict({name: value for name, value in query.items() if value is not None})


def _file_number() -> int:
    return int(st.session_state.get("questions_file", 0))
