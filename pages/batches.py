"""Batches: a question set put to contestants — made, watched, paused, resumed."""

from __future__ import annotations

from functools import partial

import streamlit as st

from app.ui import batches
from app.ui.batches import Action
from app.ui.container import get_container
from app.ui.text import t
from components.batches.listing import batches_list
from components.batches.new import batches_new
from components.batches.view import batches_view
from components.problem import problem

container = get_container()
action: Action | None = None

with st.container(key="batch-page"):
    screen = batches.open_screen(container)
    if screen.problem is not None:
        problem(screen.problem)
    if screen.opened is not None:
        action = batches_view(
            screen.opened,
            partial(batches.opened, container, screen.opened.record.id),
            partial(batches.carry_out, container),
        )
    else:
        with st.container(horizontal=True, vertical_alignment="center", key="batch-top"):
            st.title(t("Batches"), anchor=False)
            if screen.batches:
                shown = screen.making is not None
                st.button(
                    t("Close") if shown else t("New batch"),
                    icon=":material/close:" if shown else ":material/add:",
                    key="batch-making-toggle",
                    on_click=batches.show_making,
                    args=(not shown,),
                )
        if screen.making is not None:
            action = batches_new(screen.making, partial(batches.estimate, container))
        action = batches_list(screen.batches, key="batch") or action
batches.carry_out(container, action)
