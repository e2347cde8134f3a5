"""A verdict as the lines that a page or a record shows: its sentences with their decisions, its findings."""

from __future__ import annotations

from app.domain.message import Message
from app.domain.verdicts import Decision, Finding, Verdict
from app.services.verdict_words import finding_sentence, sentences

NOTHING = "–"


def decided(verdict: Verdict, challenger: str, incumbent: str) -> tuple[tuple[Decision, Message], ...]:
    """The sentences of the verdict, each with its decision."""
    found = {
        finding_sentence(f, verdict, challenger, incumbent): f.decision
        for f in verdict.categories or (verdict.overall,)
    }
    return tuple(zip(found.values(), sentences(verdict, challenger, incumbent), strict=True))


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
    if needed.most is None:
        return Message("{n}, perhaps far more", n=likely)
    return Message("{n} (80%: {most})", n=likely, most=_rough(needed.most * verdict.required))


def _rough(n: int) -> str:
    step = 10 ** max(len(str(n)) - 2, 0)
    return f"{round(n / step) * step:,}"
