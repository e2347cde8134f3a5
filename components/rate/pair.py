"""The pair itself: two answers under letters, and the bar to vote with. Nothing here moves from pair to pair."""

from __future__ import annotations

from html import escape

import streamlit as st

from app.domain.ratings import Vote
from app.services.rating.queueing import Task
from app.ui.links import RESULTS
from app.ui.rate import Move, Screen
from app.ui.text import t
from components.answer_text import answer_text
from components.compare.contestants import LETTERS, letter
from components.compare.rating_bar import rating_bar, stars
from components.next_step import next_step
from components.problem import problem


def rate_pair(screen: Screen) -> None:
    """The answers, each scrolling in a place of its own."""
    task = screen.task
    if task is None:
        return
    if screen.problem is not None:
        problem(screen.problem)
    st.html(f'<p class="u-note" role="status">{escape(screen.note or _note(task))}&nbsp;</p>')
    with st.container(key="rate-panes"):
        for column, answer in zip(st.columns(2, gap="small"), task.record.by_side, strict=True):
            with column, st.container(border=True, key=f"rate-pane-{answer.side}", gap="xsmall"):
                with st.container(
                    horizontal=True, vertical_alignment="center", gap="xsmall", key=f"rate-head-{answer.side}"
                ):
                    letter(answer.side)
                    st.markdown(f"**{t('Answer {letter}', letter=LETTERS[answer.side])}**")
                    st.space("stretch")
                    stars(answer.id, task.ballot)
                # By pair: a place scrolled to the end of one answer must not be at the end of the next.
                with st.container(key=f"rate-answer-{answer.id}", height=400, border=False):
                    answer_text(
                        answer.answer, task.record.comparison.evidence, key=f"rate-text-{answer.id}", hidden=True
                    )


def _note(task: Task) -> str:
    if task.ballot is not None:
        return t("You have rated this pair: your vote stands until you vote again.")
    if task.identical:
        return t("The two answers are identical.")
    if task.returned:
        return t("You skipped this pair before. Skipped again, it does not come back.")
    return ""


def rate_bar(screen: Screen) -> Vote | Move | None:
    """Undo, the votes, skip. Returns what was pressed."""
    task = screen.task
    pressed: Vote | Move | None = None
    with st.container(
        horizontal=True, vertical_alignment="center", horizontal_alignment="center", gap="small", key="rate-bar"
    ):
        if st.button(
            t("Undo"),
            icon=":material/undo:",
            shortcut="U",
            type="tertiary",
            key="rate-undo",
            help=t("Back to the last pair, with your vote"),
        ):
            pressed = "back"
        if task is not None:
            cast = rating_bar(task.record, task.ballot, running=False, stars_and_name=False)
            if isinstance(cast, Vote):
                pressed = cast
            if st.button(
                t("Leave as it is") if task.ballot else t("Skip"),
                icon=":material/skip_next:",
                shortcut="N",
                type="tertiary",
                key="rate-skip",
                help=t("To the next pair; a pair that you skip comes back once, at the end"),
            ):
                pressed = "skip"
    return pressed


def rate_done(screen: Screen) -> None:
    """What is said when no pair is left."""
    progress = screen.progress
    if progress is None or screen.batch is None or screen.task is not None:
        return
    with st.container(key="rate-done"):
        if not progress.places:
            st.info(t("This batch has no two complete answers to compare yet."), icon=":material/hourglass:")
            return
        if progress.done >= progress.places and not screen.batch.state.over:
            st.info(
                t("All pairs that are there so far are rated. The batch is not over: more come with its answers."),
                icon=":material/hourglass:",
            )
        elif progress.done >= progress.places:
            st.success(t("All pairs are rated. Thank you."), icon=":material/check:")
        elif progress.left:
            st.info(
                t("The pairs that are left are on other raters' screens. Come back in ten minutes."),
                icon=":material/hourglass:",
            )
        else:
            st.success(
                t("Nothing is left for you here. Thank you. What is missing waits for other raters."),
                icon=":material/check:",
            )
        next_step(RESULTS, t("To the results"), ":material/insights:", key="results", to={"b": screen.batch.id})
