"""Cost of ownership: the API against machines of one's own, bought or rented."""

from __future__ import annotations

import streamlit as st

from app.ui import ownership
from app.ui.container import get_container
from app.ui.ownership import Action
from components.ownership.assumptions import ownership_assumptions
from components.ownership.costs import ownership_costs
from components.ownership.head import ownership_head
from components.problem import problem

container = get_container()
action: Action | None = None

with st.container(key="ownership-page"):
    screen = ownership.open_screen(container)
    action = ownership_head(screen, key="ownership")
    if screen.problem is not None:
        problem(screen.problem)
    ownership_costs(screen, key="ownership")
    ownership_assumptions(screen, key="ownership")
ownership.carry_out(container, screen, action)
