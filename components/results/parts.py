"""What the sections of the Results page are drawn with: a table, a plot with its data to take along."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial
from html import escape

import plotly.graph_objects as go
import streamlit as st

from app.domain.verdicts import Decision
from app.services.plots.data import Row, as_csv
from app.ui.results_tables import Cell, Table
from app.ui.text import t


def table(given: Table, label: str, *, wide: bool = True) -> None:
    """Where there is no room it is moved sideways, and its first column stays; `wide` takes all the room there is."""
    kinds = ['class="u-n"' if n in given.numbers else "" for n in range(len(given.head))]
    head = "".join(f'<th scope="col" {kind}>{escape(name)}</th>' for name, kind in zip(given.head, kinds, strict=True))
    rows = "".join(
        f"<tr{' class=u-strong' if given.strong and n == len(given.rows) - 1 else ''}>{_row(cells, kinds)}</tr>"
        for n, cells in enumerate(given.rows)
    )
    frame = "u-figures" if wide else "u-figures u-narrow"
    st.html(
        f'<div class="{frame}" role="region" tabindex="0"'
        f' aria-label="{escape(label, quote=True)}">'
        f"<table><thead><tr>{head}</tr></thead><tbody>{rows}</tbody></table></div>"
    )


def badge(text: str, decision: Decision) -> str:
    return f'<span class="u-decision u-{decision.value}">{escape(text)}</span>'


def plot(figure: go.Figure, title: str, rows: Callable[[], Sequence[Row]], *, key: str) -> None:
    """A plot under its title, which those hear who cannot see it, and what it is drawn from as CSV."""
    with st.container(horizontal=True, vertical_alignment="center", key=f"{key}-head"):
        st.markdown(f"**{title}**", width="stretch")
        st.download_button(
            t("CSV"),
            data=partial(_csv, rows),
            file_name=f"understudy-{key}.csv",
            mime="text/csv",
            icon=":material/download:",
            type="tertiary",
            on_click="ignore",
            key=f"{key}-csv",
            help=t("The figures behind it"),
        )
    st.plotly_chart(figure, key=f"{key}-plot", config={"displayModeBar": False, "responsive": True}, alt=title)


def _csv(rows: Callable[[], Sequence[Row]]) -> bytes:
    return as_csv(rows())


def _row(cells: Sequence[Cell], kinds: Sequence[str]) -> str:
    first, *rest = cells
    return f'<th scope="row">{_cell(first)}</th>' + "".join(
        f"<td {kind}>{_cell(cell)}</td>" for cell, kind in zip(rest, kinds[1:], strict=True)
    )


def _cell(cell: Cell) -> str:
    body = escape(cell.text) if cell.decision is None else badge(cell.text, cell.decision)
    return body + (f"<small>{escape(cell.small)}</small>" if cell.small else "")
