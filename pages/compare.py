"""Compare: one prompt, two to four contestants, side by side."""

from __future__ import annotations

from functools import partial

import streamlit as st

from app.domain.comparisons import MAX_CONTESTANTS
from app.domain.errors import UserError
from app.ui import acting, comparing, connecting
from app.ui.comparing import Screen
from app.ui.container import get_container
from components.compare.connect import connect_panel
from components.compare.panes import panes
from components.compare.prompt_bar import prompt_bar
from components.compare.question import back_line, question_line
from components.compare.rating_bar import rater, rating_bar
from components.interrupted import interrupted
from components.problem import problem, warning
from components.sidebar import shared_settings


def compare(screen: Screen) -> None:
    with st.sidebar:
        shared_settings(screen.draft, screen.refused(), screen.listed, screen.helpers, named=not screen.hidden)

    with st.bottom:
        cast = None
        if screen.connections is None:
            cast = rating_bar(screen.record, screen.ballot, running=screen.running, contestants=len(screen.draft.slots))
        prompt, stopped = prompt_bar(running=screen.running, follow_up=screen.view is not None, problem=screen.problem)
    acting.act(screen, prompt=prompt, cast=cast, stopped=stopped)

    if screen.connections:
        acting.act(screen, pressed=back_line() if screen.connections == "asked" else None)
        connecting.carry_out(screen, connect_panel(screen.found, screen.container.fetches, key="connect"))
    else:
        spots = comparing.arrange(screen.view, screen.draft)
        acting.act(screen, pressed=question_line(screen.record, can_add=len(spots) < MAX_CONTESTANTS))
        warning(screen.warning)
        panes(spots, screen, comparing.estimates(screen), partial(comparing.latest, screen))
    connecting.look_again(screen)
    comparing.settle(screen)


try:
    opened = comparing.open_screen(get_container(), rater())
except UserError as error:
    problem(error, again=True)
else:
    interrupted(comparing.newly_interrupted(opened.container))
    compare(opened)
