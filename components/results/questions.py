"""The questions with how each was rated, and the way to their answers."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from html import escape

import streamlit as st

from app.services.decision.words import category_name
from app.services.plots.style import points
from app.services.results.questions import QuestionLine
from app.ui.links import HISTORY
from app.ui.prose import plain
from app.ui.results import Who
from app.ui.text import say, speech, t

PAGE = 20
LONGEST = 300


def results_questions(lines: Sequence[QuestionLine] | None, who: Callable[[str], Sequence[Who]]) -> None:
    """`lines` None: raters may still be asked. `who` tells whose the answers of a comparison are."""
    if lines is None:
        st.info(
            t(
                "The questions open once every category has its verdict, or all that can be rated is: who has seen "
                "which answer is whose cannot rate it blindly any more."
            ),
            icon=":material/visibility_off:",
        )
        return
    st.caption(t("Read the answers behind the figures. The names stand beside each link: whoever looks knows whose."))
    ordered = _ordered(lines)
    with st.container(gap=None, key="results-questions"):
        last = max(0, (len(ordered) - 1) // PAGE)
        page = min(int(st.session_state.get("results_page", 0)), last)
        for line in ordered[page * PAGE : (page + 1) * PAGE]:
            _line(line, who)
    if last:
        _pages(page, last, len(ordered))


def _ordered(lines: Sequence[QuestionLine]) -> list[QuestionLine]:
    categories = list(dict.fromkeys(line.category for line in lines))
    with st.container(horizontal=True, vertical_alignment="bottom", key="results-questions-top"):
        order = st.segmented_control(
            t("Order"),
            ["worst", "best", "set"],
            format_func=lambda kind: {"worst": t("Worst first"), "best": t("Best first"), "set": t("As in the set")}[
                kind
            ],
            default="worst",
            required=True,
            label_visibility="collapsed",
            key="results-order",
            persist_state="session",
            on_change=_turn,
            args=(0,),
        )
        only = None
        if len(categories) > 1:
            only = st.selectbox(
                t("Category"),
                [None, *categories],
                format_func=lambda c: t("All categories") if c is None else plain(say(category_name(c))),
                label_visibility="collapsed",
                key="results-category",
                width=260,
                on_change=_turn,
                args=(0,),
            )
    shown = [line for line in lines if only is None or line.category == only]
    if order == "set":
        return shown
    sign = 1 if order == "worst" else -1
    return sorted(shown, key=lambda line: (line.difference is None, sign * (line.difference or 0)))


def _line(line: QuestionLine, who: Callable[[str], Sequence[Who]]) -> None:
    words = speech()
    counts = t(
        "won {won} · tied {tied} · lost {lost} · both bad {both}",
        won=line.wins,
        tied=line.ties,
        lost=line.losses,
        both=line.both_bad,
    )
    short = " ".join(line.text[: 2 * LONGEST].split())[:LONGEST]
    about = [say(category_name(line.category)), counts if line.difference is not None else t("not rated")]
    with st.container(key=f"results-question-{line.position}", gap=None):
        st.html(
            f'<div class="u-asked"><b>{escape(points(line.difference, words))}</b><div>{escape(short)}'
            f'<div class="us-line">{"".join(f"<span>{escape(part)}</span>" for part in about)}</div></div></div>'
        )
        if line.held:
            st.caption(t("Its answers open when its other pairs are rated too."))
        for comparison in line.comparisons[:3]:
            names = ", ".join(f"{one.letter} {plain(one.label)}" for one in who(comparison))
            st.page_link(
                HISTORY,
                label=f"{t('Answers')}: {names}" if names else t("Answers"),
                icon=":material/visibility:",
                query_params={"c": comparison},
            )


def _pages(page: int, last: int, total: int) -> None:
    words = speech()
    with st.container(
        horizontal=True, vertical_alignment="center", horizontal_alignment="center", key="results-questions-pages"
    ):
        st.button(
            t("Previous"),
            icon=":material/chevron_left:",
            disabled=page == 0,
            on_click=_turn,
            args=(page - 1,),
            key="results-before",
        )
        first = page * PAGE + 1
        through = t(
            "{first}–{last} of {total}",
            first=words.number(first),
            last=words.number(min(first + PAGE - 1, total)),
            total=words.number(total),
        )
        st.html(f'<div class="us-line">{escape(through)}</div>', width="content")
        st.button(
            t("Next"),
            icon=":material/chevron_right:",
            icon_position="right",
            disabled=page == last,
            on_click=_turn,
            args=(page + 1,),
            key="results-after",
        )


def _turn(page: int) -> None:
    st.session_state["results_page"] = page
