"""The assumptions: a table a way, every figure to be edited, with what it rests on."""

from __future__ import annotations

import streamlit as st

from app.domain.ownership import Currency, Exchange
from app.services.ownership.sheet import ENDS, Group, Line, shown
from app.ui.ownership import Screen, table_key
from app.ui.text import say, t

NOTHING = "–"


def ownership_assumptions(screen: Screen, *, key: str) -> None:
    """What is typed into the tables is applied when the page is drawn next."""
    st.subheader(t("What this assumes"), anchor=False)
    st.caption(t("Change any figure; clear it, and it is unknown. Low and high are how wrong the likely one may be."))
    groups = screen.kept.sheet.groups
    machines = groups[2:]
    left, right = st.columns(2, gap="medium")
    for column, part in ((left, groups[:2]), (right, machines)):
        with column:
            for group in part:
                shown_open = group in groups[:2] or group is machines[0]
                with st.expander(say(group.name), expanded=shown_open, key=f"{key}-group-{group.slug}"):
                    _table(screen, group)


def _table(screen: Screen, group: Group) -> None:
    kept = screen.kept
    if group.note is not None:
        st.caption(say(group.note))
    st.data_editor(
        _columns(group, kept.currency, kept.sheet.exchange),
        column_config={
            "name": st.column_config.TextColumn(t("Assumption"), disabled=True, width=258),
            "low": st.column_config.NumberColumn(t("Low"), min_value=0, format="%.7g", width=66),
            "likely": st.column_config.NumberColumn(t("Likely"), min_value=0, format="%.7g", width=66),
            "high": st.column_config.NumberColumn(t("High"), min_value=0, format="%.7g", width=66),
            "source": st.column_config.TextColumn(t("Source"), disabled=True),
        },
        column_order=("name", "likely", "low", "high", "source"),
        hide_index=True,
        height="content",
        placeholder=NOTHING,
        key=table_key(group, kept.turn),
    )


def _columns(group: Group, currency: Currency, exchange: Exchange) -> dict[str, list[object]]:
    columns: dict[str, list[object]] = {"name": [_name(line, currency) for line in group.lines]}
    for end in ENDS:
        values = [shown(line, end, currency, exchange) for line in group.lines]
        columns[end] = [None if value is None else float(value) for value in values]
    columns["source"] = [say(line.source) for line in group.lines]
    return columns


def _name(line: Line, currency: Currency) -> str:
    unit = say(line.spec.unit)
    unit = f"{currency} {unit}" if line.spec.money else unit
    return f"{say(line.spec.name)} ({unit})" if unit else say(line.spec.name)
