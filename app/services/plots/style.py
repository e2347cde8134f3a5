"""What all plots have in common: colours that hold on white and on black, and no ink that is not data."""

from __future__ import annotations

import html
import unicodedata
from collections.abc import Sequence
from decimal import Decimal
from typing import Protocol

import plotly.graph_objects as go

from app.domain.message import Message

# Okabe & Ito, told apart by people with any kind of colour blindness; then Tol's where these run out.
CHALLENGER, INCUMBENT = "#0072B2", "#D55E00"
OTHERS = ("#009E73", "#AA4499", "#B07D00", "#56A0D3", "#882255", "#44AA99")
TIED, BOTH_BAD, QUIET = "#A9AFB8", "#646B75", "#858B94"
GRID = "rgba(128,134,144,.22)"
MARKS = ("circle", "diamond", "square", "triangle-up", "cross", "star", "hexagon", "pentagon")

LONGEST = 38
"""Columns that a label may take, Hangul two; what is longer is cut, and in full where one points at it."""


class Words(Protocol):
    """What the plots need of app.i18n's Translator."""

    def message(self, message: Message) -> str: ...

    def number(self, value: float | Decimal, places: int | None = None) -> str: ...

    def percent(self, share: float, places: int = 0) -> str: ...

    def usd(self, amount: Decimal | None) -> str: ...

    def seconds(self, value: float | None) -> str: ...


def colours(contestants: int, incumbent: int, challenger: int) -> tuple[str, ...]:
    """One colour a contestant: the challenger's and the incumbent's are the same in every plot."""
    rest = iter(OTHERS * (contestants // len(OTHERS) + 1))
    return tuple(
        CHALLENGER if n == challenger else INCUMBENT if n == incumbent else next(rest) for n in range(contestants)
    )


def text(value: str) -> str:
    """A name as plotly shows it literally: it would read tags."""
    return html.escape(value, quote=False)


def short(value: str, columns: int = LONGEST) -> str:
    """`value` as a label, cut where it takes more than so many columns."""
    taken = 0
    for n, character in enumerate(value):
        taken += 2 if unicodedata.east_asian_width(character) in "WF" else 1
        if taken > columns:
            return text(value[:n].rstrip()) + "…"
    return text(value)


def points(share: float | None, words: Words, *, sign: bool = True) -> str:
    """A difference of [-1, 1] in percentage points, with its sign: +4.5, −12."""
    if share is None:
        return "–"
    value = round(100 * share, 1)
    written = words.number(abs(value), 0 if value == round(value) else 1)
    return ("−" if value < 0 else "+" if value > 0 and sign else "") + written


def blank(height: int, *, legend: bool = False) -> go.Figure:
    """An empty figure: transparent, its text in the theme's colour, its legend in a line above it."""
    figure = go.Figure()
    figure.update_layout(
        height=height,
        margin={"l": 8, "r": 12, "t": 34 if legend else 10, "b": 8},
        paper_bgcolor="rgba(0,0,0,0)",
        plot_bgcolor="rgba(0,0,0,0)",
        showlegend=legend,
        legend={"orientation": "h", "yanchor": "bottom", "y": 1.01, "xanchor": "left", "x": 0, "title": {"text": ""}},
        hoverlabel={"align": "left"},
        dragmode=False,
        bargap=0.35,
    )
    figure.update_xaxes(gridcolor=GRID, zeroline=False, automargin=True, fixedrange=True, showline=False)
    figure.update_yaxes(gridcolor=GRID, zeroline=False, automargin=True, fixedrange=True, showline=False)
    return figure


def rows(figure: go.Figure, labels: Sequence[str], hints: Sequence[str] = ()) -> None:
    """Name the rows 0, 1, … above each, from the left edge: a long name takes no width from the plot."""
    for n, label in enumerate(labels):
        figure.add_annotation(
            x=0,
            xref="paper",
            y=n,
            yref="y",
            yshift=19,
            xanchor="left",
            text=label,
            showarrow=False,
            hovertext=hints[n] if hints else None,
            font={"size": 13},
        )
    figure.update_yaxes(range=[len(labels) - 0.5, -0.75], showticklabels=False, showgrid=False, automargin=False)


def line_at(figure: go.Figure, x: float, count: int, *, dashed: bool = False) -> None:
    """A vertical line through `count` rows, behind the data; it leaves out the names between them."""
    ends = [(n - 0.16, n + 0.42, None) for n in range(count)]
    figure.add_trace(
        go.Scatter(
            x=[x] * (3 * count),
            y=[y for row in ends for y in row],
            mode="lines",
            line={"color": QUIET, "width": 1.6, "dash": "dot" if dashed else "solid"},
            hoverinfo="skip",
            showlegend=False,
        )
    )
