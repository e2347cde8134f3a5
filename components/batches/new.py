"""A new batch: which questions, who answers, how, and what the verdict will ask — before anybody has seen a vote."""

from __future__ import annotations

from collections.abc import Callable

import streamlit as st

from app.domain.batches import MOST_AT_ONCE, MOST_REPEATS, BatchPlan
from app.domain.comparisons import MAX_CONTESTANTS
from app.domain.errors import UnderstudyError, UserError
from app.services.batches.checks import MOST_RATERS
from app.services.batches.estimate import BatchEstimate
from app.services.comparing import drafting
from app.ui import state
from app.ui.batches import Begin, Making, key, named_contestants, read_plan
from app.ui.links import QUESTIONS
from app.ui.text import speech, t, tn
from components.batches.estimate import estimate_lines
from components.compare.contestants import contestant_head
from components.next_step import nothing_yet
from components.problem import problem
from components.sampling import presets, sampling_controls, start_mode
from components.sources import sources_choice

Estimate = Callable[[BatchPlan], BatchEstimate | UnderstudyError]


def batches_new(making: Making, estimate: Estimate) -> Begin | None:
    """The form; returns the batch to begin."""
    if not making.sets:
        nothing_yet(
            t(
                "A batch puts a set of questions to two or more models, all with the same passages of your documents."
                " Its answers are what people rate. Begin with the questions."
            ),
            ":material/playlist_play:",
            QUESTIONS,
            t("To the question sets"),
            key="batches",
            page_icon=":material/quiz:",
        )
        return None
    with st.container(border=True, key="batch-new"):
        _questions(making)
        _contestants(making)
        _sources(making)
        with st.container(horizontal=True, key="batch-folds", gap="small"):
            _asking(making)
            _running()
            _rating(making)
        return _start(making, estimate)


def _questions(making: Making) -> None:
    with st.container(horizontal=True, vertical_alignment="bottom", key="batch-questions"):
        st.selectbox(
            t("Question set"),
            [info.name for info in making.sets],
            key=key("set"),
            persist_state="session",
        )
        st.selectbox(
            t("Version"),
            list(making.versions),
            # In no language: the browser sends an option back as it reads.
            format_func=lambda n: f"v{n}",
            key=key("version"),
            width=110,
            persist_state="session",
        )
        st.number_input(
            t("Repeats"),
            1,
            MOST_REPEATS,
            key=key("repeats"),
            width=150,
            help=t("How often each question is asked: an answer may come out differently each time."),
            persist_state="session",
        )


def _contestants(making: Making) -> None:
    slots = making.draft.slots
    st.caption(t("Contestants, sources and sampling begin as they are on the Compare page."))
    with st.container(key="batch-contestants", gap="xsmall"):
        for side, slot in enumerate(slots):
            with st.container(key=f"batch-slot-{side}"):
                contestant_head(slot, side, making.found, making.refused(slot), removable=len(slots) > 1)
        if len(slots) < MAX_CONTESTANTS:
            st.button(
                t("Add contestant"),
                icon=":material/add:",
                type="tertiary",
                key="batch-add",
                on_click=lambda: state.add(drafting.extra(making.found, [slot.model for slot in slots])),
            )


def _sources(making: Making) -> None:
    """In sight, with what it means to have none: a batch without the documents is paid for and rated in vain."""
    with st.container(key="batch-sources", gap="xsmall"):
        sources_choice(making.listed, making.helpers)
        if making.draft.sources is None:
            st.caption(t("No sources: the models answer from what they have learnt, and cite nothing."))
        if making.draft.evidence:
            st.caption(
                t("The context pasted on the Compare page is not part of a batch: index it as a document to use it.")
            )


def _asking(making: Making) -> None:
    """What all contestants are given."""
    with st.expander(t("What is asked"), icon=":material/tune:", key="batch-asking"):
        st.text_area(
            t("System prompt"),
            key="system",
            height=80,
            placeholder=t("How to answer; empty sends none"),
            persist_state="session",
        )
        with st.container(horizontal=True, vertical_alignment="center", key="batch-sampling"):
            st.markdown(f"**{t('Sampling')}**", width="stretch")
            presets(state.SHARED)
        sampling_controls(state.SHARED, making.refused())


def _running() -> None:
    with st.expander(t("How it runs"), icon=":material/speed:", key="batch-running"):
        st.number_input(
            t("Requests at once"),
            1,
            MOST_AT_ONCE,
            key=key("concurrency"),
            help=t("To each endpoint. More is faster until the server's queue is full."),
            persist_state="session",
        )
        start_mode(t("One at a time: models that share a machine answer one after another, for fair timing."))
        st.number_input(
            t("Budget in USD"),
            min_value=0.01,
            value=None,
            step=1.0,
            format="%.2f",
            key=key("budget"),
            placeholder=t("no limit"),
            help=t("The batch pauses before more is spent. Paid models then need a limit: Sampling, More, Max tokens."),
            persist_state="session",
        )
        st.toggle(
            t("Take earlier answers"),
            key=key("cache"),
            help=t("Where another batch put the same request to the same model, its answer is copied and marked."),
            persist_state="session",
        )


def _rating(making: Making) -> None:
    with st.expander(t("How it is judged"), icon=":material/gavel:", key="batch-rating"):
        st.caption(
            t(
                "This is set now, before anybody has seen a vote: a margin chosen afterwards could be chosen to fit."
                " A later change is kept on record."
            )
        )
        choices = named_contestants(making)
        if len(choices) > 1:
            for field, label in (("incumbent", t("What you have")), ("challenger", t("What could take over"))):
                st.selectbox(label, choices, key=key(field), persist_state="session")
        st.slider(
            t("Margin"),
            1,
            30,
            format=t("%d points"),
            key=key("margin"),
            help=t(
                "How much worse the new model may be and still take over: of 100 questions, so many more lost than won."
            ),
            persist_state="session",
        )
        st.slider(
            t("Acceptable answers"),
            0,
            95,
            step=5,
            format="%d%%",
            key=key("acceptable"),
            help=t("Two models that fail together are equal. So many of the new one's answers must be acceptable."),
            persist_state="session",
        )
        st.segmented_control(
            t("The verdict is about"),
            ["questions_like_these", "these_questions"],
            format_func=lambda d: t("questions like these") if d == "questions_like_these" else t("these questions"),
            key=key("design"),
            required=True,
            width="stretch",
            persist_state="session",
        )
        with st.container(horizontal=True, key="batch-raters"):
            st.number_input(
                t("Raters of each pair"),
                1,
                MOST_RATERS,
                key=key("raters"),
                persist_state="session",
            )
            st.number_input(
                t("A gold pair among"),
                0,
                1000,
                key=key("gold"),
                help=t("A pair whose outcome is known, among so many others, shows who pays attention. 0: none."),
                persist_state="session",
            )


def _start(making: Making, estimate: Estimate) -> Begin | None:
    try:
        plan, terms = read_plan(making)
    except UserError as error:
        problem(error)
        return None
    found = estimate(plan)
    if isinstance(found, UnderstudyError):
        problem(found)
        return None
    estimate_lines(found)
    if len(plan.contestants) > 1:
        st.caption(
            t(
                "The verdict will allow a margin of {margin} points and ask for {share} acceptable answers.",
                margin=speech().number(terms.margin * 100),
                share=speech().percent(terms.acceptable),
            )
        )
    pressed = st.button(
        tn("Start: {n} answer", "Start: {n} answers", found.answers),
        type="primary",
        icon=":material/play_arrow:",
        key="batch-start",
    )
    return Begin(plan, terms) if pressed else None
