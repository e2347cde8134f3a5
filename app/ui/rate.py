"""The Rate page's side of the session: whose turn it is, at which pair, and what is done when something is pressed."""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal, cast

import streamlit as st

from app.bootstrap import Container
from app.domain.batches import BatchRecord
from app.domain.errors import UnderstudyError, UserError
from app.domain.queueing import QueueProgress
from app.domain.ratings import Vote
from app.services.rating.queueing import Task, Waiting
from app.services.rating.voting import clean_name
from app.ui import cookies
from app.ui.text import t

BATCH = "b"
RATER = "rater"
# Seconds. What is pressed sooner after a pair came was meant for the one before: a double click, a key held down.
BLINK = 0.35


@dataclass(frozen=True, slots=True)
class Screen:
    """What the page draws: without `batch` the list of those that wait, without `task` that all is done.

    `name_asked`: nobody has said who rates here.
    """

    rater: str = ""
    waiting: Sequence[Waiting] = ()
    batch: BatchRecord | None = None
    progress: QueueProgress | None = None
    task: Task | None = None
    name_asked: bool = False
    note: str = ""
    problem: UnderstudyError | None = None


@dataclass(frozen=True, slots=True)
class Open:
    """Show a batch's pairs, or with None the list."""

    batch: str | None


@dataclass(frozen=True, slots=True)
class Named:
    """Who rates from now on; empty asks again."""

    name: str


Move = Literal["skip", "back"]
Action = Vote | Move | Open | Named


def open_screen(container: Container, rater: str) -> Screen:
    """What is open here, for the person whose name this browser keeps."""
    problem = cast("UnderstudyError | None", st.session_state.pop("rate_problem", None))
    note = str(st.session_state.pop("rate_note", ""))
    asked = st.query_params.get(BATCH)
    named = bool(rater) and not st.session_state.get("rate_renaming")
    try:
        if not asked:
            return Screen(rater, container.queue.waiting(rater), problem=problem)
        batch = container.queue.batch(asked)
        if not named:
            return Screen(rater, batch=batch, name_asked=True, problem=problem)
        task = _task(container, batch.id, rater)
        progress = container.queue.progress(batch.id, rater)
    except UnderstudyError as error:
        return Screen(rater, problem=problem or error)
    return Screen(rater, (), batch, progress, task, note=note, problem=problem)


def carry_out(container: Container, screen: Screen, action: Action | None) -> None:
    """Do it and draw the page anew; return when nothing was asked for."""
    if action is None:
        return
    try:
        match action:
            case Open(batch):
                st.query_params.from_dict({BATCH: batch} if batch else {})
            case Named(name):
                _rename(name)
            case _:
                _move(container, screen, action)
    except UserError as problem:
        st.session_state["rate_problem"] = problem
    st.rerun()


def drawn(screen: Screen) -> None:
    """Note that the pair is on the screen as a whole. Called at the page's end."""
    if screen.task is not None and st.session_state.get("rate_shown", ("",))[0] != screen.task.id:
        st.session_state["rate_shown"] = (screen.task.id, time.monotonic())


def _move(container: Container, screen: Screen, action: Vote | Move) -> None:
    task = screen.task
    if screen.batch is None or (task is None and action != "back"):
        return
    if task is not None:
        shown, since = cast("tuple[str, float]", st.session_state.get("rate_shown", ("", 0.0)))
        if shown != task.id or time.monotonic() - since < BLINK:
            return
    if action == "back":
        before = container.queue.back(screen.batch.id, screen.rater, task)
        if before is None:
            st.session_state["rate_note"] = t("There is nothing before this pair.")
            return
        _put(before)
        return
    assert task is not None
    if action == "skip":
        container.queue.skip(task)
    else:
        container.queue.vote(task, action)
    _put(container.queue.next(task.batch, task.rater))


def _task(container: Container, batch: str, rater: str) -> Task | None:
    """The pair that was on this session's screen, else the next one."""
    task = cast("Task | None", st.session_state.get("rate_task"))
    if task is None or (task.batch, task.rater) != (batch, clean_name(rater)):
        task = container.queue.next(batch, rater)
        _put(task)
    return task


def _put(task: Task | None) -> None:
    st.session_state["rate_task"] = task
    st.session_state.pop("rate_shown", None)


def _rename(name: str) -> None:
    st.session_state["rate_renaming"] = not name
    if name:
        st.session_state[RATER] = clean_name(name)
        cookies.write(RATER, clean_name(name))
