"""What is done on the Compare page: asking, stopping, voting, revealing, beginning anew.

Everything ends with the page drawn anew; a prompt or a vote that does not count is kept and explained.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Literal

import streamlit as st

from app.bootstrap import Container
from app.domain.errors import UnderstudyError, UserError
from app.domain.message import Message
from app.domain.ratings import Vote
from app.services.comparing import drafting, samples
from app.services.comparing.directory import Found
from app.services.comparing.drafting import Draft
from app.services.comparing.sources import grounded
from app.ui import state
from app.ui.comparing import Screen, View, price_of
from app.ui.rate import RATER
from app.ui.text import language, t

Reveal = Literal["reveal"]


def act(
    screen: Screen,
    *,
    prompt: str | None = None,
    cast: Vote | Reveal | None = None,
    stopped: bool = False,
    pressed: str | None = None,
) -> None:
    """Do what was asked for on the page and draw it anew; return when nothing was."""
    container, draft, view = screen.container, screen.draft, screen.view
    if prompt is not None:
        ask(container, draft, prompt, view)
    elif cast == "reveal" and view is not None:
        _trying(partial(container.comparing.reveal, view.record.id, str(st.session_state.get(RATER) or "")))
    elif isinstance(cast, Vote) and view is not None:
        _trying(partial(container.rating.vote, view.record.id, cast))
    elif stopped and view is not None:
        _trying(partial(container.comparing.stop, view.record.id))
    elif pressed == "new":
        start_anew()
    elif pressed == "connections":
        st.session_state["connections"] = screen.connections is None
    elif pressed == "sample":
        run_sample(container, screen.found, language())
    elif pressed == "add":
        state.add(drafting.extra(screen.found, [slot.model for slot in draft.slots]))
    else:
        return
    st.rerun()


def run_sample(container: Container, found: Found, language: str) -> None:
    """Ask the sample question of what is here; its settings fill the page when it opens."""
    models = samples.contestants(found, partial(price_of, container))
    try:
        record = container.comparing.start(samples.comparison(language, models))
    except UserError as problem:
        state.hold("", problem)
    else:
        state.set_open(record.id)


def ask(container: Container, draft: Draft, prompt: str, after: View | None) -> None:
    """Start the comparison. A prompt that cannot be asked is held for the prompt box, with the reason."""
    try:
        if after is not None and after.running:
            raise UserError(
                Message("The last question is still being answered."), Message("Wait for it, or press Stop.")
            )
        comparison = draft.comparison(prompt)
        notices: tuple[Message, ...] = ()
        if draft.sources is not None:
            state.asking(prompt)
            with st.spinner(t("Looking for sources in “{name}”…", name=draft.sources.collection)):
                comparison, found = grounded(container.searching.search, comparison, draft.sources)
            notices = found.notices
        record = container.comparing.start(comparison, after.record.id if after else None, notices)
    except UnderstudyError as problem:
        state.asked()
        state.hold(prompt, problem)
        return
    state.asked()
    state.set_adopted(record.id, [slot.id for slot in draft.slots])
    state.set_open(record.id)


def start_anew() -> None:
    """Leave the open comparison; the settings stay."""
    state.set_open(None)
    state.set_adopted(None)


def _trying(deed: Callable[[], object]) -> None:
    """Do it; what does not work is said beside the prompt box."""
    try:
        deed()
    except UserError as problem:
        state.hold("", problem)
