"""Compare: one prompt, two to four contestants, side by side."""

from __future__ import annotations

from functools import partial

import streamlit as st

from app.services.drafting import connected
from app.ui import comparing, connecting, state
from app.ui.container import get_container
from components.connect import connect_panel
from components.contestants import spot_head
from components.panes import Shown, panes
from components.prompt_bar import prompt_bar
from components.question import question_line
from components.rating_bar import rater, rating_bar
from components.sidebar import shared_settings

container = get_container()
found = container.directory.look()
comparing.prepare(container, found)
view = comparing.open_view(container)
problem = state.release()
draft = state.read_draft()
known = comparing.capabilities(container, draft)
hidden = view is not None and view.record.hidden
running = view is not None and view.running
first_run = view is None and not connected(found)

with st.sidebar:
    shared_settings(draft, comparing.fields(draft, known), named=not hidden)

with st.bottom:
    ballot = container.rating.ballot(view.record.id, rater()) if view else None
    cast = None if first_run else rating_bar(view.record if view else None, ballot, running=running)
    prompt, stopped = prompt_bar(running=running, follow_up=view is not None, problem=problem)
comparing.act(container, draft, view, prompt=prompt, cast=cast, stopped=stopped)

if first_run:
    connecting.carry_out(container, found, connect_panel(found, container.fetches, key="connect"))
else:
    spots = comparing.arrange(view, draft)
    pressed = question_line(view.record if view else None, can_add=len(spots) < 4)
    comparing.act(container, draft, view, pressed=pressed, found=found)
    estimates = comparing.estimates(container, draft, view)
    panes(
        [
            Shown(
                spot.side,
                partial(spot_head, spot, found, draft, known, hidden=hidden),
                spot.pane,
                spot.turns,
                estimates.get(spot.slot.id) if spot.slot else None,
            )
            for spot in spots
        ],
        evidence=view.record.comparison.evidence if view else draft.evidence,
        hidden=hidden,
        latest=partial(comparing.latest, container, view),
        all_stored=view.all_stored if view else bool,
    )
