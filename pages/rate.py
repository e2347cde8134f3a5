"""Rate: pairs of a batch's answers, blind, one after the other."""

from __future__ import annotations

import streamlit as st

from app.ui import rate
from app.ui.container import get_container
from app.ui.rate import Action
from components.compare.rating_bar import rater
from components.problem import problem
from components.rate.head import rate_head
from components.rate.listing import rate_list, rate_name
from components.rate.pair import rate_bar, rate_done, rate_pair

container = get_container()
screen = rate.open_screen(container, rater())
action: Action | None = None

if screen.batch is None:
    if screen.problem is not None:
        problem(screen.problem)
    action = rate_list(screen.waiting)
elif screen.name_asked:
    action = rate_name(screen.rater)
else:
    # The bar first: what was voted on is gone before anything of it is drawn again.
    with st.bottom:
        action = rate_bar(screen)
    rate.carry_out(container, screen, action)
    with st.container(key="rate-page"):
        action = rate_head(screen)
        rate_pair(screen)
        rate_done(screen)
rate.carry_out(container, screen, action)
rate.drawn(screen)
