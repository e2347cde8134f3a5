"""The second bar as a plot: the share of acceptable answers of the challenger, by category."""

from __future__ import annotations

import plotly.graph_objects as go

from app.domain.message import Message
from app.domain.verdicts import Finding, Verdict
from app.services.decision.words import category_name
from app.services.plots.style import CHALLENGER, INCUMBENT, QUIET, Words, blank, line_at, rows, short, text
from app.services.plots.verdict import ROW


def acceptable(verdict: Verdict, words: Words) -> go.Figure:
    """A row a category and one for all, with the bounds that hold at all looks; the dotted line is the bar."""
    findings = [*verdict.categories, verdict.overall]
    names = [words.message(category_name(f.category)) for f in findings]
    figure = blank(72 + ROW * len(findings))
    line_at(figure, 100 * verdict.bar, len(findings), dashed=True)
    for n, finding in enumerate(findings):
        if finding.acceptable is None:
            continue
        hint = _hint(finding, words)
        above, below = finding.acceptable_low > verdict.bar, finding.acceptable_high < verdict.bar
        colour = CHALLENGER if above else INCUMBENT if below else QUIET
        figure.add_trace(
            go.Scatter(
                x=[100 * finding.acceptable_low, 100 * finding.acceptable_high],
                y=[n, n],
                mode="lines",
                line={"color": colour, "width": 5},
                opacity=0.75,
                hovertemplate=hint + "<extra></extra>",
            )
        )
        figure.add_trace(
            go.Scatter(
                x=[100 * finding.acceptable],
                y=[n],
                mode="markers",
                marker={"size": 12, "color": colour, "symbol": "circle"},
                hovertemplate=hint + "<extra></extra>",
            )
        )
    rows(
        figure,
        [f"<b>{short(name)}</b>  {_share(f, words)}" for name, f in zip(names, findings, strict=True)],
        [text(name) for name in names],
    )
    title = Message("acceptable answers; at least {share} are needed", share=words.percent(verdict.bar))
    figure.update_xaxes(range=[-2, 102], ticksuffix="%", nticks=6, title={"text": text(words.message(title))})
    return figure


def _share(finding: Finding, words: Words) -> str:
    return "–" if finding.acceptable is None else words.percent(finding.acceptable)


def _hint(finding: Finding, words: Words) -> str:
    return text(
        words.message(
            Message(
                "{share} acceptable ({low} … {high} at all looks), {n} questions",
                share=words.percent(finding.acceptable or 0.0),
                low=words.percent(finding.acceptable_low),
                high=words.percent(finding.acceptable_high),
                n=words.number(finding.n),
            )
        )
    )
