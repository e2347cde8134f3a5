"""Plots of what the contestants take: quality against money and time, and where the time goes."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Literal

import plotly.graph_objects as go

from app.domain.intervals import Interval
from app.domain.message import Message
from app.services.plots.style import MARKS, QUIET, Words, blank, rows, short, text

Burden = Literal["usd", "seconds"]


@dataclass(frozen=True, slots=True)
class Point:
    """One contestant of a Pareto plot. `burden` in USD or seconds, None: unknown; `front` likewise."""

    name: str
    colour: str
    quality: Interval | None
    burden: float | None
    front: bool | None


@dataclass(frozen=True, slots=True)
class PhaseTimes:
    """Seconds of the phases of one contestant's answers: (p50, p95) by phase."""

    name: str
    colour: str
    seconds: dict[str, tuple[float, float]]


PHASE_NAMES = {
    "queued": Message("waiting in the queue"),
    "load": Message("loading the model"),
    "prefill": Message("reading the prompt"),
    "first_token": Message("to the first token"),
    "decode": Message("writing"),
    "total": Message("in all"),
}


def pareto(given: Sequence[Point], burden: Burden, words: Words) -> go.Figure:
    """Quality against what an answer costs, in USD or in median seconds: up and left is better.

    Contestants on the front are filled and joined. Those without a price, or whose time nobody measured,
    stand apart at the right edge; those without a rating are not drawn.
    """
    rated = [point for point in given if point.quality is not None]
    known = [point.burden for point in rated if point.burden is not None]
    apart = (max(known) if known and max(known) > 0 else 1.0) * 1.35
    figure = blank(360, legend=True)
    front = sorted(
        (point.burden, 100 * point.quality.value)
        for point in rated
        if point.front and point.burden is not None and point.quality is not None
    )
    if len(front) > 1:
        figure.add_trace(
            go.Scatter(
                x=[x for x, _ in front],
                y=[y for _, y in front],
                mode="lines",
                line={"color": QUIET, "width": 1.5, "dash": "dot"},
                hoverinfo="skip",
                showlegend=False,
            )
        )
    for n, point in enumerate(rated):
        assert point.quality is not None
        value, low, high = point.quality.value, point.quality.low, point.quality.high
        symbol = MARKS[n % len(MARKS)]
        figure.add_trace(
            go.Scatter(
                x=[apart if point.burden is None else point.burden],
                y=[100 * value],
                name=short(point.name),
                mode="markers",
                marker={
                    "size": 14,
                    "color": point.colour,
                    "symbol": symbol if point.front else f"{symbol}-open",
                    "line": {"width": 2, "color": point.colour},
                },
                error_y={
                    "type": "data",
                    "symmetric": False,
                    "array": [100 * ((value if high is None else high) - value)],
                    "arrayminus": [100 * (value - (value if low is None else low))],
                    "thickness": 1.5,
                    "width": 4,
                    "color": point.colour,
                },
                hovertemplate=_of_point(point, burden, words) + "<extra></extra>",
            )
        )
    missing = any(point.burden is None for point in rated)
    if missing:
        if known:
            figure.add_vline(x=(max(known) + apart) / 2, line={"color": QUIET, "width": 1.4, "dash": "dash"})
        figure.add_annotation(
            x=apart, y=0, yref="paper", yanchor="bottom", showarrow=False, text=text(_unknown(burden, words))
        )
    title = Message("USD per answer") if burden == "usd" else Message("median time of an answer")
    figure.update_xaxes(
        title={"text": text(words.message(title))},
        range=[-0.04 * apart, apart * (1.18 if missing else 0.86)],
        tickprefix="$" if burden == "usd" else "",
        ticksuffix="s" if burden == "seconds" else "",
        exponentformat="none",
        nticks=6,
    )
    figure.update_yaxes(title={"text": text(words.message(Message("preferred")))}, ticksuffix="%", nticks=7)
    return figure


def latency(given: Sequence[PhaseTimes], words: Words) -> go.Figure:
    """Grouped bars by phase: full the median, lighter on to the 95th percentile."""
    phases = [name for name in PHASE_NAMES if any(name in times.seconds for times in given)]
    figure = blank(90 + 34 * max(len(phases), 1) * max(len(given), 1), legend=True)
    for n, times in enumerate(given):
        present = [phase for phase in phases if phase in times.seconds]
        places = [phases.index(phase) + (n - (len(given) - 1) / 2) * 0.62 / len(given) + 0.12 for phase in present]
        half = [times.seconds[phase][0] for phase in present]
        most = [times.seconds[phase][1] for phase in present]
        hints = [
            text(
                words.message(
                    Message(
                        "{phase}: median {half}, 95% within {most}",
                        phase=PHASE_NAMES[phase],
                        half=words.seconds(times.seconds[phase][0]),
                        most=words.seconds(times.seconds[phase][1]),
                    )
                )
            )
            for phase in present
        ]
        for values, opacity, thick in ((most, 0.35, 0.5), (half, 1.0, 0.86)):
            figure.add_trace(
                go.Bar(
                    orientation="h",
                    x=values,
                    y=places,
                    name=short(times.name),
                    legendgroup=str(n),
                    showlegend=opacity == 1.0,
                    width=0.6 / len(given) * thick,
                    marker={"color": times.colour, "line": {"width": 0}},
                    opacity=opacity,
                    customdata=hints,
                    hovertemplate="%{customdata}<extra></extra>",
                )
            )
    rows(figure, [text(words.message(PHASE_NAMES[phase])) for phase in phases])
    for note in figure.layout.annotations:
        note.yshift = 10 + 15 * max(len(given), 1) * 0.62
    figure.update_layout(barmode="overlay")
    figure.update_xaxes(ticksuffix="s", rangemode="tozero", nticks=6)
    return figure


def _of_point(point: Point, burden: Burden, words: Words) -> str:
    assert point.quality is not None
    if point.burden is None:
        cost = _unknown(burden, words)
    else:
        cost = words.usd(Decimal(str(point.burden))) if burden == "usd" else words.seconds(point.burden)
    line = f"{text(point.name)}<br>{words.percent(point.quality.value)} · {text(cost)}"
    return line + (f"<br>{text(words.message(Message('on the Pareto front')))}" if point.front else "")


def _unknown(burden: Burden, words: Words) -> str:
    return words.message(Message("unpriced") if burden == "usd" else Message("not measured"))
