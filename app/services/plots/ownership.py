"""Costs over volume as a plot: a line a way with its range, and where each meets the API."""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal

import plotly.graph_objects as go

from app.domain.message import Message
from app.domain.ownership import BreakEven, Currency, Exchange
from app.services.ownership.service import Curve
from app.services.ownership.sheet import NAMES
from app.services.ownership.words import amount
from app.services.plots.style import CHALLENGER, INCUMBENT, OTHERS, QUIET, Words, blank, text

_COLOURS = dict(zip(("api", "bought", "rented", "cpu", "measured"), (INCUMBENT, CHALLENGER, *OTHERS), strict=False))
_COLOURS["other_api"] = _COLOURS["measured"]  # of a challenger that is on a machine, or is not: never both


def over_volume(
    curves: Sequence[Curve],
    evens: Sequence[BreakEven],
    volume: Decimal,
    currency: Currency,
    exchange: Exchange,
    words: Words,
) -> go.Figure:
    """Money a month by conversations a month; bands are low to high, and break-evens bands on the volume's axis."""
    figure = blank(400, legend=True)
    most = float(max((curve.points[-1][0] for curve in curves), default=Decimal(1)))

    def money(usd: Decimal) -> float:
        return float(exchange.from_usd(usd, currency))

    for curve in curves:
        colour, at = _COLOURS[curve.way], [float(point[0]) for point in curve.points]
        name = text(words.message(NAMES[curve.way]))
        if any(low != high for _, low, _, high in curve.points):
            edge = {"mode": "lines", "line": {"width": 0}, "hoverinfo": "skip", "showlegend": False}
            figure.add_trace(go.Scatter(x=at, y=[money(point[3]) for point in curve.points], **edge))
            figure.add_trace(
                go.Scatter(
                    x=at,
                    y=[money(point[1]) for point in curve.points],
                    fill="tonexty",
                    fillcolor=_faint(colour, 0.15),
                    **edge,
                )
            )
        figure.add_trace(
            go.Scatter(
                x=at,
                y=[money(point[2]) for point in curve.points],
                mode="lines",
                name=name,
                line={"color": colour, "width": 2.4},
                customdata=[
                    f"{name}<br>{words.number(point[0], 0)}: {amount(point[2], currency, exchange)}"
                    for point in curve.points
                ],
                hovertemplate="%{customdata}<extra></extra>",
            )
        )
    for even in evens:
        _meeting(figure, even, most)
    here = words.message(Message("{n} a month", n=words.number(volume, 0)))
    figure.add_vline(
        x=float(volume),
        line={"color": QUIET, "width": 1.6, "dash": "dash"},
        annotation={"text": text(here), "font": {"size": 12}},
        annotation_position="top right" if float(volume) < 0.7 * most else "top left",
    )
    figure.update_layout(margin={"t": 58}, legend={"traceorder": "normal"})
    figure.update_xaxes(
        title={"text": text(words.message(Message("conversations a month")))}, range=[0, most], tickformat=",", nticks=6
    )
    figure.update_yaxes(
        title={"text": text(words.message(Message("a month")))},
        rangemode="tozero",
        tickprefix="$" if currency == "USD" else "₩",
        tickformat=",",
        nticks=6,
    )
    return figure


def _meeting(figure: go.Figure, even: BreakEven, most: float) -> None:
    """The range of volumes at which a way begins to cost no more than the API."""
    spread = even.conversations
    low = None if spread.low is None else float(spread.low)
    high = most if spread.high is None else float(spread.high)
    if low is not None and low < most and high > 0:
        figure.add_vrect(
            x0=low,
            x1=min(high, most),
            fillcolor=_COLOURS[even.way],
            opacity=0.07,
            line={"width": 0},
            layer="below",
        )
    if spread.likely is not None and 0 < float(spread.likely) < most:
        figure.add_vline(
            x=float(spread.likely), line={"color": _COLOURS[even.way], "width": 1.4, "dash": "dot"}, layer="below"
        )


def _faint(colour: str, share: float) -> str:
    red, green, blue = (int(colour[n : n + 2], 16) for n in (1, 3, 5))
    return f"rgba({red},{green},{blue},{share})"
