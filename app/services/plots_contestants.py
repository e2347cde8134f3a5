"""Plots of the contestants: strengths, who beat whom, quality against money and time, and where time goes."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Literal

import plotly.graph_objects as go

from app.domain.intervals import Interval
from app.domain.message import Message
from app.domain.standings import Standings, WinMatrix
from app.services.plots_style import MARKS, QUIET, Words, blank, line_at, rows, short, text

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


def strengths(standings: Standings, names: Sequence[str], colours: Sequence[str], words: Words) -> go.Figure:
    """A row a contestant that has a strength, the strongest first, with its interval; 0 is the mean of all."""
    placed = [s for s in standings.strengths if s.value is not None]
    figure = blank(72 + 50 * len(placed))
    line_at(figure, 0, len(placed))
    for n, strength in enumerate(placed):
        assert strength.value is not None
        colour = colours[strength.contestant]
        low = strength.value if strength.low is None else strength.low
        high = strength.value if strength.high is None else strength.high
        hint = Message(
            "{value} ({low} … {high}), {n} ratings",
            value=_signed(strength.value, words),
            low=_signed(low, words),
            high=_signed(high, words),
            n=words.number(strength.ratings),
        )
        figure.add_trace(
            go.Scatter(
                x=[strength.value],
                y=[n],
                mode="markers",
                marker={"size": 12, "color": colour, "symbol": MARKS[strength.contestant % len(MARKS)]},
                error_x={
                    "type": "data",
                    "symmetric": False,
                    "array": [high - strength.value],
                    "arrayminus": [strength.value - low],
                    "thickness": 3,
                    "width": 0,
                    "color": colour,
                },
                hovertemplate=text(words.message(hint)) + "<extra></extra>",
            )
        )
    rows(figure, [f"<b>{short(names[s.contestant])}</b>" for s in placed], [text(names[s.contestant]) for s in placed])
    figure.update_xaxes(title={"text": text(words.message(Message("strength (Bradley–Terry, log-odds)")))})
    return figure


def matrix(wins: WinMatrix, names: Sequence[str], words: Words) -> go.Figure:
    """Who beat whom: the share of a row's ratings against a column that it won, ties half."""
    count = len(names)
    labels = [chr(ord("A") + n) for n in range(count)]
    values: list[list[float | None]] = []
    cells, hints = [], []
    for i in range(count):
        values.append([])
        cells.append([""] * count)
        hints.append([""] * count)
        for j in range(count):
            won, tied, lost, both = wins.row(i, j)
            total = won + tied + lost
            value = None if i == j or not total else (won + tied / 2) / total
            values[i].append(None if value is None else 100 * value)
            if value is not None:
                cells[i][j] = words.percent(value)
                hints[i][j] = text(
                    words.message(
                        Message(
                            "{first} against {second}: won {won}, tied {tied}, lost {lost}, both bad {both}",
                            first=names[i],
                            second=names[j],
                            won=words.number(won),
                            tied=words.number(tied),
                            lost=words.number(lost),
                            both=words.number(both),
                        )
                    )
                )
    figure = blank(64 + 46 * count)
    figure.add_trace(
        go.Heatmap(
            z=values,
            x=labels,
            y=labels,
            # Orange under one half, blue over it, as losses and wins are elsewhere.
            colorscale=[[0, "#D55E00"], [0.5, "#e4e6ea"], [1, "#0072B2"]],
            zmin=0,
            zmid=50,
            zmax=100,
            showscale=False,
            xgap=3,
            ygap=3,
            text=cells,
            texttemplate="%{text}",
            customdata=hints,
            hovertemplate="%{customdata}<extra></extra>",
            hoverongaps=False,
        )
    )
    figure.update_xaxes(side="top", showgrid=False)
    figure.update_yaxes(
        autorange="reversed",
        showgrid=False,
        tickvals=labels,
        ticktext=[f"{letter} · {short(name, 24)}" for letter, name in zip(labels, names, strict=True)],
    )
    return figure


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


def _signed(value: float, words: Words) -> str:
    return ("−" if value < 0 else "+") + words.number(abs(value), 2)


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
