"""Plots of a verdict: what each category shows, how it came about, and how the votes fell.

Pure: findings in, plotly figures out, with texts in the reader's language. Differences are drawn in
percentage points. Plots of the contestants are in standings.py and contestants.py, the data behind all of
them in data.py.
"""

from __future__ import annotations

from collections.abc import Sequence

import plotly.graph_objects as go

from app.domain.message import Message
from app.domain.verdicts import Decision, Finding, Verdict
from app.services.decision.words import WORDS, category_name
from app.services.plots.style import (
    BOTH_BAD,
    CHALLENGER,
    INCUMBENT,
    QUIET,
    TIED,
    Words,
    blank,
    line_at,
    points,
    rows,
    short,
    text,
)
from app.services.results.slices import Slice, share

ROW = 54

_LOOKS = {
    Decision.REPLACE: (CHALLENGER, "circle"),
    Decision.KEEP: (INCUMBENT, "square"),
    Decision.UNDECIDED: (QUIET, "circle-open"),
}


def forest(verdict: Verdict, words: Words) -> go.Figure:
    """A row a category and one for all: the interval at all looks, and thinner that for one look.

    The dotted line is the margin: an interval to its right shows that the challenger is not worse by more.
    """
    findings = [*verdict.categories, verdict.overall]
    names = [words.message(category_name(f.category)) for f in findings]
    figure = blank(72 + ROW * len(findings))
    line_at(figure, 0, len(findings))
    line_at(figure, -100 * verdict.margin, len(findings), dashed=True)
    for n, finding in enumerate(findings):
        colour, symbol = _LOOKS[finding.decision]
        if finding.fixed is not None:
            figure.add_trace(_bar(finding.fixed.low, finding.fixed.high, n + 0.2, colour, 1.6, _fixed(finding, words)))
        if finding.n:
            figure.add_trace(_bar(finding.low, finding.high, n, colour, 5, _at_all_looks(finding, words)))
        if finding.difference is not None:
            figure.add_trace(
                go.Scatter(
                    x=[100 * finding.difference],
                    y=[n],
                    mode="markers",
                    marker={"size": 12, "color": colour, "symbol": symbol, "line": {"width": 2, "color": colour}},
                    hovertemplate=_at_all_looks(finding, words) + "<extra></extra>",
                )
            )
    rows(
        figure,
        [
            f"<b>{short(name)}</b>  {text(words.message(WORDS[f.decision]))}"
            for name, f in zip(names, findings, strict=True)
        ],
        [text(name) for name in names],
    )
    low, high = _room(findings, verdict.margin)
    figure.update_xaxes(range=[low, high], title={"text": _axis(words)}, nticks=8)
    return figure


def looks(finding: Finding, verdict: Verdict, words: Words) -> go.Figure:
    """The difference after each question and the bounds that hold at all of them; where the verdict fell.

    Needs a finding with its looks (not the one over several categories, which has none).
    """
    figure = blank(330)
    at = [look.n for look in finding.looks]
    bounds = {"mode": "lines", "line": {"color": CHALLENGER, "width": 1, "shape": "hv"}, "hoverinfo": "skip"}
    figure.add_trace(go.Scatter(x=at, y=[100 * look.high for look in finding.looks], **bounds))
    figure.add_trace(
        go.Scatter(
            x=at,
            y=[100 * look.low for look in finding.looks],
            fill="tonexty",
            fillcolor="rgba(0,114,178,.16)",
            **bounds,
        )
    )
    figure.add_trace(
        go.Scatter(
            x=at,
            y=[100 * look.mean for look in finding.looks],
            mode="lines",
            line={"color": CHALLENGER, "width": 2.4},
            customdata=[_look(look.n, look.mean, look.low, look.high, words) for look in finding.looks],
            hovertemplate="%{customdata}<extra></extra>",
        )
    )
    figure.add_hline(y=0, line={"color": QUIET, "width": 1.4}, layer="below")
    figure.add_hline(
        y=-100 * verdict.margin,
        line={"color": QUIET, "width": 1.4, "dash": "dash"},
        layer="below",
        annotation={"text": text(words.message(Message("margin"))), "xanchor": "right", "font": {"size": 12}},
        annotation_position="bottom right",
    )
    if finding.decided_at is not None:
        colour, _ = _LOOKS[finding.decision]
        figure.add_vline(
            x=finding.decided_at,
            line={"color": colour, "width": 1.8, "dash": "dot"},
            annotation={"text": text(words.message(_decided(finding, words))), "font": {"size": 12}},
            annotation_position="top right" if finding.decided_at < 0.6 * max(at, default=1) else "top left",
        )
    figure.update_xaxes(
        title={"text": text(words.message(Message("questions rated")))},
        showgrid=False,
        rangemode="tozero",
        dtick=1 if max(at, default=0) <= 12 else None,  # there is no half a question
    )
    figure.update_yaxes(title={"text": _axis(words)}, range=[-102, 102])
    return figure


def outcomes(parts: Sequence[Slice], names: Sequence[str], words: Words) -> go.Figure:
    """A bar a part (categories, or languages): the shares of its ratings won, tied, both bad and lost."""
    figure = blank(64 + ROW * len(parts), legend=True)
    shares = [share(part) for part in parts]
    for key, label, colour in (
        ("wins", Message("Won"), CHALLENGER),
        ("ties", Message("Tied"), TIED),
        ("both_bad", Message("Both bad"), BOTH_BAD),
        ("losses", Message("Lost"), INCUMBENT),
    ):
        named = words.message(label)
        counts = [int(getattr(part, key)) for part in parts]
        figure.add_trace(
            go.Bar(
                orientation="h",
                name=text(named),
                x=[100 * of[key] for of in shares],
                y=list(range(len(parts))),
                width=0.36,
                offset=-0.1,
                marker={"color": colour, "line": {"width": 0}},
                text=[words.percent(of[key]) if of[key] >= 0.08 else "" for of in shares],
                textposition="inside",
                insidetextanchor="middle",
                textangle=0,
                textfont={"color": "#101214" if colour == TIED else "#ffffff", "size": 12},
                customdata=[
                    f"{text(name)}<br>{text(named)}: {words.number(count)} ({words.percent(of[key], 1)})"
                    for name, count, of in zip(names, counts, shares, strict=True)
                ],
                hovertemplate="%{customdata}<extra></extra>",
            )
        )
    rows(
        figure,
        [f"<b>{short(name)}</b>  {_ratings(part, words)}" for name, part in zip(names, parts, strict=True)],
        [text(name) for name in names],
    )
    figure.update_layout(barmode="stack", legend={"traceorder": "normal"})
    figure.update_xaxes(range=[0, 100], showgrid=False, showticklabels=False)
    return figure


def _bar(low: float, high: float, y: float, colour: str, width: float, hint: str) -> go.Scatter:
    return go.Scatter(
        x=[100 * low, 100 * high],
        y=[y, y],
        mode="lines",
        line={"color": colour, "width": width},
        opacity=0.75,
        hovertemplate=hint + "<extra></extra>",
    )


def _room(findings: Sequence[Finding], margin: float) -> tuple[float, float]:
    """Both ends of the axis: all that is drawn, the margin and zero, with air on both sides."""
    ends = [0.0, -margin]
    for finding in findings:
        ends += [finding.low, finding.high] if finding.n else []
        ends += [finding.fixed.low, finding.fixed.high] if finding.fixed is not None else []
    low, high = 100 * min(ends), 100 * max(ends)
    air = max(3.0, (high - low) * 0.06)
    return low - air, high + air


def _axis(words: Words) -> str:
    return text(words.message(Message("difference in points")))


def _at_all_looks(finding: Finding, words: Words) -> str:
    return text(
        words.message(
            Message(
                "{difference} points ({low} … {high} at all looks), {n} questions",
                difference=points(finding.difference, words),
                low=points(finding.low, words),
                high=points(finding.high, words),
                n=words.number(finding.n),
            )
        )
    )


def _fixed(finding: Finding, words: Words) -> str:
    fixed = finding.fixed
    assert fixed is not None
    return text(
        words.message(
            Message(
                "for one look alone: {low} … {high} ({method})",
                low=points(fixed.low, words),
                high=points(fixed.high, words),
                method=fixed.method,
            )
        )
    )


def _look(n: int, mean: float, low: float, high: float, words: Words) -> str:
    return text(
        words.message(
            Message(
                "after {n} questions: {mean} points ({low} … {high})",
                n=words.number(n),
                mean=points(mean, words),
                low=points(low, words),
                high=points(high, words),
            )
        )
    )


def _decided(finding: Finding, words: Words) -> Message:
    return Message(
        "{verdict} after {n} questions",
        verdict=WORDS[finding.decision],
        n=words.number(finding.decided_at or 0),
    )


def _ratings(part: Slice, words: Words) -> str:
    total = part.wins + part.ties + part.losses + part.both_bad
    return text(words.message(Message("{n} ratings", n=words.number(total))))
