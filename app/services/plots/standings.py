"""Plots of three contestants or more against each other: how strong each is, and who beat whom."""

from __future__ import annotations

from collections.abc import Sequence

import plotly.graph_objects as go

from app.domain.message import Message
from app.domain.standings import Standings, WinMatrix
from app.services.plots.style import MARKS, Words, blank, line_at, rows, short, text


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


def _signed(value: float, words: Words) -> str:
    return ("−" if value < 0 else "+") + words.number(abs(value), 2)
