"""The data behind each plot as rows of a CSV, with what is needed to draw it again: intervals, n, method."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import fields

from app.domain.intervals import Interval
from app.domain.standings import Standings
from app.domain.verdicts import Finding, Look, Verdict
from app.services.export.spreadsheet import csv_pieces
from app.services.results.contestants import ContestantResult
from app.services.results.slices import Slice

Row = Mapping[str, object]


def as_csv(rows: Sequence[Row]) -> bytes:
    """UTF-8 with its mark, a column for each name that any row has, in the order of their first use."""
    columns = list(dict.fromkeys(name for row in rows for name in row))
    return "".join(csv_pieces(columns, rows)).encode()


def findings(verdict: Verdict) -> list[Row]:
    """Behind the forest plot: a row a category, then one for all questions (its category is empty, `scope` all)."""
    return [_finding(finding, verdict) for finding in (*verdict.categories, verdict.overall)]


def looks(finding: Finding) -> list[Row]:
    """Behind the sequence: a row a look, differences of [-1, 1]."""
    names = [f.name for f in fields(Look)]
    return [
        {"category": finding.category or "", **{name: getattr(look, name) for name in names}} for look in finding.looks
    ]


def slices(parts: Iterable[Slice], of: str) -> list[Row]:
    """Behind the bars: a row a part, `of` names what they are parts by."""
    return [
        {
            of: part.name,
            "questions": part.questions,
            "rated": part.rated,
            "wins": part.wins,
            "ties": part.ties,
            "both_bad": part.both_bad,
            "losses": part.losses,
            **_interval("difference", part.difference),
        }
        for part in parts
    ]


def strengths(standings: Standings, names: Sequence[str]) -> list[Row]:
    return [
        {
            "contestant": names[s.contestant],
            "strength": s.value,
            "low": s.low,
            "high": s.high,
            "level": standings.level,
            "ratings": s.ratings,
            "questions": standings.questions,
            "solver": standings.solver,
            "resamples": standings.resamples,
            "seed": standings.seed,
        }
        for s in standings.strengths
    ]


def matrix(standings: Standings, names: Sequence[str]) -> list[Row]:
    """A row an ordered pair of contestants."""
    return [
        {"contestant": first, "against": second}
        | dict(zip(("won", "tied", "lost", "both_bad"), standings.matrix.row(i, j), strict=True))
        for i, first in enumerate(names)
        for j, second in enumerate(names)
        if i != j
    ]


def quality(
    people: Sequence[ContestantResult], cheapest: Sequence[bool | None], fastest: Sequence[bool | None]
) -> list[Row]:
    """Behind both Pareto plots: a row a contestant."""
    return [
        {
            "contestant": c.label,
            **_interval("preferred", c.quality),
            **_interval("acceptable", c.acceptable),
            "ratings": c.ratings,
            "usd_per_answer": c.usd_per_answer,
            "usd_per_acceptable_answer": c.usd_per_acceptable,
            "seconds_p50": c.seconds_p50,
            "front_of_cost": cost,
            "front_of_time": time,
        }
        for c, cost, time in zip(people, cheapest, fastest, strict=True)
    ]


def latency(people: Sequence[ContestantResult]) -> list[Row]:
    """A row a contestant and phase, in seconds."""
    return [
        {"contestant": c.label, "phase": phase.name, **_interval("p50", phase.p50), **_interval("p95", phase.p95)}
        for c in people
        for phase in c.phases
    ]


def measures(people: Sequence[ContestantResult]) -> list[Row]:
    """A row a contestant and measure; `share`: the value is a share of yes."""
    return [
        {"contestant": c.label, "measure": m.name, "share": m.share, **_interval("value", m.value)}
        for c in people
        for m in c.measures
    ]


def _finding(finding: Finding, verdict: Verdict) -> Row:
    fixed = finding.fixed
    return {
        "scope": "all" if finding.category is None else "category",
        "category": finding.category or "",
        "decision": finding.decision.value,
        "reason": finding.reason.value,
        "questions": finding.n,
        "wins": finding.wins,
        "ties": finding.ties,
        "both_bad": finding.both_bad,
        "losses": finding.losses,
        "difference": finding.difference,
        "low": finding.low,
        "high": finding.high,
        "fixed_low": fixed.low if fixed else None,
        "fixed_high": fixed.high if fixed else None,
        "fixed_method": fixed.method if fixed else None,
        "margin": verdict.margin,
        "alpha": finding.alpha,
        "method": finding.method,
        "source": finding.source,
    }


def _interval(name: str, interval: Interval | None) -> Row:
    if interval is None:
        return {name: None}
    return {
        name: interval.value,
        f"{name}_low": interval.low,
        f"{name}_high": interval.high,
        f"{name}_level": interval.level,
        f"{name}_n": interval.n,
        f"{name}_units": interval.units,
        f"{name}_method": interval.method,
    }
