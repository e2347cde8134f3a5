"""A verdict as the rows of a table: its findings, and how many more ratings each takes."""

from __future__ import annotations

from app.domain.message import Message
from app.domain.verdicts import Decision, Finding, Verdict

NOTHING = "–"


def rows_of(verdict: Verdict) -> tuple[Finding, ...]:
    """The categories and then all of them; only one row where there is one category."""
    return (*verdict.categories, verdict.overall) if len(verdict.categories) != 1 else verdict.categories


def more(finding: Finding, verdict: Verdict) -> Message:
    """About how many more ratings a verdict takes."""
    needed = finding.needed
    if finding.decision is not Decision.UNDECIDED or needed is None:
        return Message("{x}", x=NOTHING)
    if needed.half is None:
        return Message("perhaps never")
    likely = _rough(needed.half * verdict.required)
    if finding.size is not None and finding.n + needed.half > finding.size:
        return Message("more questions than this set has: about {n}", n=_rough(finding.n + needed.half))
    if needed.most is None or (finding.size is not None and finding.n + needed.most > finding.size):
        return Message("{n}, perhaps far more", n=likely)
    return Message("{n} (80%: {most})", n=likely, most=_rough(needed.most * verdict.required))


def _rough(n: int) -> str:
    step = 10 ** max(len(str(n)) - 2, 0)
    return f"{round(n / step) * step:,}"
