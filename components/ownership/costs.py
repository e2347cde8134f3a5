"""What a month costs each way, what a machine carries, and from which volume it pays."""

from __future__ import annotations

from decimal import Decimal
from html import escape

import streamlit as st

from app.domain.ownership import Ownership, Spread, WayCost
from app.services.ownership.sheet import KINDS, NAMES
from app.services.ownership.words import amount, even_words, headline, missing, rounded
from app.services.plots.ownership import over_volume
from app.services.results.json_form import plain as as_data
from app.ui.ownership import Screen
from app.ui.results_tables import Cell, Table
from app.ui.text import say, speech, t
from components.results.parts import table

NOTHING = "–"


def ownership_costs(screen: Screen, *, key: str) -> None:
    found, currency = screen.found, screen.kept.currency
    if found is None:
        return
    st.html(f'<p class="u-can" role="status">{escape(say(headline(found, screen.volume, currency)))}</p>')
    _table(screen, found)
    plotted, said = st.columns((3, 2), gap="large")
    with plotted:
        if screen.curves:
            st.plotly_chart(
                over_volume(screen.curves, found.break_evens, screen.volume, currency, found.exchange, speech()),
                config={"displayModeBar": False, "responsive": True},
                key=f"{key}-plot",
                alt=t("Cost of each way by volume"),
            )
    with said:
        st.markdown(f"**{t('From which volume')}**")
        _evens(screen, found)
        if screen.curves:
            st.caption(
                t(
                    "Lines are the likely costs, bands go from low to high. A dotted line is where a way begins to cost"
                    " no more than the API, the band around it how unsure that is."
                )
            )


def _evens(screen: Screen, found: Ownership) -> None:
    lines = [say(even_words(data)) for data in (as_data(even) for even in found.break_evens) if isinstance(data, dict)]
    for way, names in missing(screen.kept.sheet, found):
        lacking = ", ".join(say(name) for name in names)
        lines.append(t("{way}: unknown, as this is missing: {names}.", way=say(way), names=lacking))
    unsure = [say(NAMES[c.name]) for c in found.costs if _on_machines(c) and c.capacity is None and c.monthly]
    if unsure:
        names = ", ".join(unsure)
        lines.append(t("{names}: whether they carry that volume is unknown, as their speed is.", names=names))
    st.html(f'<ul class="u-evens">{"".join(f"<li>{escape(text)}</li>" for text in lines)}</ul>')


def _table(screen: Screen, found: Ownership) -> None:
    head = (
        t("Way"),
        t("A month"),
        t("Of which"),
        t("A conversation"),
        t("An acceptable answer"),
        t("Machines"),
    )
    rows = tuple(_row(screen, found, cost) for cost in found.costs)
    table(Table(head, rows, frozenset((1, 3, 4, 5))), t("What a month costs"))


def _row(screen: Screen, found: Ownership, cost: WayCost) -> tuple[Cell, ...]:
    return (
        Cell(say(NAMES[cost.name])),
        _spread(screen, found, cost.monthly),
        _parts(screen, found, cost),
        _spread(screen, found, cost.per_conversation),
        _spread(screen, found, cost.per_acceptable),
        _machines(cost),
    )


def _spread(screen: Screen, found: Ownership, spread: Spread | None) -> Cell:
    if spread is None:
        return Cell(t("unknown"))

    def written(usd: Decimal | None, otherwise: str) -> str:
        return amount(usd, screen.kept.currency, found.exchange) or otherwise

    likely = written(spread.likely, NOTHING)
    low, high = written(spread.low, NOTHING), written(spread.high, "∞")
    return Cell(likely, "" if low == high == likely else f"{low} … {high}")


def _parts(screen: Screen, found: Ownership, cost: WayCost) -> Cell:
    """What the month consists of, the unknown named first."""
    names = {
        "hardware": t("hardware"),
        "rent": t("rent"),
        "upkeep": t("upkeep"),
        "electricity": t("electricity"),
        "fees": t("fees"),
        "people": t("people"),
    }
    unknown = [names[part] for part, usd in cost.parts.items() if usd is None]
    known = [
        f"{names[part]} {amount(usd, screen.kept.currency, found.exchange)}" for part, usd in cost.parts.items() if usd
    ]
    if unknown:
        return Cell(t("unknown: {names}", names=", ".join(unknown)), " · ".join(known))
    first, *rest = known or [NOTHING]
    return Cell(first, " · ".join(rest))


def _on_machines(cost: WayCost) -> bool:
    return KINDS[cost.name] in ("bought", "rented")


def _machines(cost: WayCost) -> Cell:
    capacity = cost.capacity
    if capacity is None:
        return Cell(NOTHING, t("speed unknown") if _on_machines(cost) else "")
    low, likely, high = capacity.machines
    count = speech().number(likely) if low == high else f"{likely} ({low}–{high})"
    return Cell(count, t("one carries {n} a month", n=rounded(capacity.conversations.likely or 0)))
