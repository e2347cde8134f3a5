"""What the first-run panel asked for is done here."""

from __future__ import annotations

from typing import Protocol

import streamlit as st

from app.bootstrap import Container
from app.domain.errors import UserError
from app.services.directory import Found
from app.ui import state
from app.ui.comparing import run_sample


class Action(Protocol):
    """`kind` is fetch or cancel (of the model file `value`), sample (in the language `value`) or refresh."""

    @property
    def kind(self) -> str: ...
    @property
    def value(self) -> str: ...


def carry_out(container: Container, found: Found, action: Action | None) -> None:
    """Do it and draw the page anew; return when nothing was asked for."""
    if action is None:
        return
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
            run_sample(container, found, action.value)
        case _:
            container.directory.forget()
    st.rerun()
