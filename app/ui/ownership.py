"""The Ownership page's side of the session: the assumptions as they were last left, and what follows from them."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass, field, replace
from datetime import date
from decimal import Decimal
from typing import cast

import streamlit as st

from app.bootstrap import Container
from app.domain.errors import UnderstudyError, UserError
from app.domain.ownership import Currency, Exchange, Ownership
from app.services.ownership.service import Curve, OwnershipService, reach
from app.services.ownership.sheet import ENDS, End, Group, Sheet, edited
from app.services.results.service import Results
from app.ui.verdict import BATCH, PATIENCE

_STATE = "ownership"
Cells = dict[str, float | None]


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
    _typed(service, kept)
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
    if isinstance(action, Change):
        _apply(service, kept, action)
    else:
        begun = service.measured(screen.results) if action.measured and screen.results else service.reference()
        _set(service, kept, replace(begun, exchange=kept.sheet.exchange))
    st.rerun()


def table_key(group: Group, turn: int) -> str:
    """The key of a group's table; a new one after each change."""
    return f"ownership-{group.slug}-{turn}"


def rate(krw_per_usd: float, as_of: date | None) -> Exchange:
    return Exchange(Decimal(str(krw_per_usd)), as_of)


def _first(service: OwnershipService, results: Results | None) -> tuple[Kept, UnderstudyError | None]:
    if results is None:
        return Kept("", service.reference()), None
    try:
        return Kept(results.batch.id, service.of_batch(results)), None
    except UnderstudyError as problem:
        return Kept(results.batch.id, service.measured(results)), problem


def _typed(service: OwnershipService, kept: Kept) -> None:
    """What was just typed into the tables: applied before anything is drawn, so that one run shows it."""
    changes: list[tuple[str, End, Decimal | None]] = []
    for group in kept.sheet.groups:
        typed = cast("dict[str, dict[int, Cells]]", st.session_state.get(table_key(group, kept.turn)) or {})
        for row, cells in typed.get("edited_rows", {}).items():
            name = f"{group.slug}.{group.lines[int(row)].spec.key}"
            changes += [
                (name, end, None if cells[end] is None else Decimal(str(cells[end]))) for end in ENDS if end in cells
            ]
    if changes:
        _apply(service, kept, Change(changes))


def _apply(service: OwnershipService, kept: Kept, change: Change) -> None:
    sheet = kept.sheet if change.exchange is None else replace(kept.sheet, exchange=change.exchange)
    try:
        for key, end, value in change.changes:
            sheet = edited(sheet, key, end, value, kept.currency)
    except UnderstudyError as problem:
        kept.problem = problem
    kept.currency = change.currency or kept.currency
    _set(service, kept, sheet)


def _set(service: OwnershipService, kept: Kept, sheet: Sheet) -> None:
    """A sheet that cannot be meant is shown with its problem, and not kept with the batch."""
    if kept.batch and sheet != kept.sheet:
        with suppress(UserError):
            service.keep(kept.batch, sheet)
    kept.sheet = sheet
    kept.turn += 1
