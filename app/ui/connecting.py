"""What the first-run panel asked for is done here."""

from __future__ import annotations

from typing import Protocol

import streamlit as st

from app.bootstrap import Container
from app.domain.errors import UserError
from app.ui import state
from app.ui.acting import run_sample
from app.ui.comparing import Screen


class Action(Protocol):
    """`kind` is fetch or cancel (of the model file `value`), sample (in the language `value`) or refresh."""

    @property
    def kind(self) -> str: ...
    @property
    def value(self) -> str: ...


def carry_out(screen: Screen, action: Action | None) -> None:
    """Do it and draw the page anew; return when nothing was asked for."""
    if action is None:
        return
    container = screen.container
    match action.kind:
        case "fetch":
            try:
                container.fetches.start(action.value)
            except UserError as problem:
                state.hold("", problem)
        case "cancel":
            fetch = container.fetches.get(action.value)
            if fetch is not None:
                fetch.cancel()
        case "sample":
            run_sample(container, screen.found, action.value)
        case _:
            container.directory.forget()
    st.rerun()


def look_again(screen: Screen) -> None:
    """While a server has not answered yet: draw the page anew when it has."""
    if screen.found.pending:
        _waiting(screen.container, screen.found.pending)
    # Not for a server that is known to be down: the page would be drawn again and again for nothing.
    if screen.listed.pending and screen.listed.problem is None:
        _waiting_for_collections(screen.container)


@st.fragment(run_every=2.0)
def _waiting(container: Container, pending: tuple[str, ...]) -> None:
    if container.directory.look(0).pending != pending:
        st.rerun()


@st.fragment(run_every=1.0)
def _waiting_for_collections(container: Container) -> None:
    if not container.collections.look(0).pending:
        st.rerun()
