"""The Ownership page's side of the session: the assumptions as they were last left, and what follows from them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from datetime import date
from decimal import Decimal
from typing import cast

import streamlit as st

from app.bootstrap import Container
from app.domain.errors import UnderstudyError
from app.domain.ownership import Currency, Exchange, Ownership
from app.services.ownership import Curve, OwnershipService, reach
from app.services.ownership_sheet import ENDS, End, Group, Sheet, edited
from app.services.results import Results
from app.ui.verdict import BATCH, PATIENCE

_STATE = "ownership"


@dataclass(slots=True)
class Kept:
    """What the session remembers: of which batch (empty: none), the sheet, how it is shown.

    `turn` grows with every change, so that the inputs begin anew from the sheet.
    """

    batch: str
    sheet: Sheet
    currency: Currency = "USD"
    turn: int = 0
    problem: UnderstudyError | None = None


@dataclass(frozen=True, slots=True)
class Screen:
    """What the page draws. `found` None: the assumptions cannot be meant, and `problem` says why."""

    kept: Kept
    results: Results | None = None
    found: Ownership | None = None
    curves: Sequence[Curve] = ()
    problem: UnderstudyError | None = None

    @property
    def volume(self) -> Decimal:
        asked = self.kept.sheet.group("workload").value("conversations")
        return asked.likely if asked else Decimal(0)


@dataclass(frozen=True, slots=True)
class Begin:
    """Begin anew: from what the batch measured, or from the reference table."""

    measured: bool


@dataclass(frozen=True, slots=True)
class Change:
    """Figures changed: (key, end, value) with money in the currency shown."""

    changes: Sequence[tuple[str, End, Decimal | None]] = field(default=())
    exchange: Exchange | None = None
    currency: Currency | None = None


Action = Begin | Change


def open_screen(container: Container) -> Screen:
    """The assumptions of the batch that the URL names, or of none; and what they come to."""
    service, batch = container.ownership, st.query_params.get(BATCH) or ""
    problem: UnderstudyError | None = None
    results: Results | None = None
    try:
        results = container.results.of(batch, patience=PATIENCE) if batch else None
    except UnderstudyError as error:
        problem = error
    kept = cast("Kept | None", st.session_state.get(_STATE))
    if kept is None or kept.batch != (results.batch.id if results else ""):
        kept, broken = _first(service, results)
        st.session_state[_STATE] = kept
        problem = problem or broken
    problem, kept.problem = problem or kept.problem, None
    try:
        found = service.costs(kept.sheet)
        screen = Screen(kept, results, found)
        return replace(screen, curves=service.curves(kept.sheet, reach(found, screen.volume)), problem=problem)
    except UnderstudyError as error:
        return Screen(kept, results, problem=problem or error)


def carry_out(container: Container, screen: Screen, action: Action | None) -> None:
    """Do it, keep it with the batch and draw the page anew; return when nothing was asked for."""
    if action is None:
        return
    service, kept = container.ownership, screen.kept
    try:
        match action:
            case Begin(measured):
                begun = service.measured(screen.results) if measured and screen.results else service.reference()
                kept.sheet = replace(begun, exchange=kept.sheet.exchange)
            case Change():
                _change(kept, action)
        if kept.batch:
            service.keep(kept.batch, kept.sheet)
    except UnderstudyError as problem:
        kept.problem = problem
    kept.turn += 1
    st.rerun()


def edits(key: str, group: Group) -> Change:
    """What was just typed into the table of a group."""
    typed = cast("dict[str, dict[int, dict[str, float | None]]]", st.session_state.get(key) or {})
    return Change(
        [
            (f"{group.slug}.{group.lines[int(row)].spec.key}", end, None if value is None else Decimal(str(value)))
            for row, cells in typed.get("edited_rows", {}).items()
            for end in ENDS
            if end in cells
            for value in (cells[end],)
        ]
    )


def rate(krw_per_usd: float, as_of: date | None) -> Exchange:
    return Exchange(Decimal(str(krw_per_usd)), as_of)


def _first(service: OwnershipService, results: Results | None) -> tuple[Kept, UnderstudyError | None]:
    if results is None:
        return Kept("", service.reference()), None
    try:
        return Kept(results.batch.id, service.of_batch(results)), None
    except UnderstudyError as problem:
        return Kept(results.batch.id, service.measured(results)), problem


def _change(kept: Kept, change: Change) -> None:
    sheet = kept.sheet
    for key, end, value in change.changes:
        sheet = edited(sheet, key, end, value, kept.currency)
    kept.sheet = sheet if change.exchange is None else replace(sheet, exchange=change.exchange)
    kept.currency = change.currency or kept.currency
