"""The verdict as sentences that can be acted on."""

from __future__ import annotations

from collections.abc import Sequence

from app.domain.message import Message
from app.domain.verdicts import Decision, Finding, Reason, Verdict

WORDS = {
    Decision.REPLACE: Message("REPLACE"),
    Decision.KEEP: Message("KEEP"),
    Decision.UNDECIDED: Message("UNDECIDED"),
}


def sentences(verdict: Verdict, challenger: str, incumbent: str) -> tuple[Message, ...]:
    """One sentence for each kind of finding, categories with the same one together.

    Without categories, one about all questions.
    """
    return tuple(sentence for _, sentence in decided(verdict, challenger, incumbent))


def decided(verdict: Verdict, challenger: str, incumbent: str) -> tuple[tuple[Decision, Message], ...]:
    """The sentences, each with its decision."""
    groups: dict[Message, list[Finding]] = {}
    for finding in verdict.categories or (verdict.overall,):
        groups.setdefault(_saying([finding], verdict, challenger, incumbent, alike=True), []).append(finding)
    return tuple(
        (
            found[0].decision,
            Message(
                "{where}: {saying}",
                where=_where([f.category for f in found]),
                saying=_saying(found, verdict, challenger, incumbent),
            ),
        )
        for found in groups.values()
    )


def category_name(category: str | None) -> Message:
    """As shown: the team's own word, or what to call all questions and those without a category."""
    if category is None:
        return Message("All questions")
    return Message("{name}", name=category) if category else Message("Without category")


def _where(categories: Sequence[str | None]) -> Message:
    named = [c for c in categories if c]
    if len(named) == len(categories):
        return Message("{name}", name=", ".join(named))
    if named:
        return Message("{names} and the rest", names=", ".join(named))
    return category_name(categories[0])


def _saying(
    found: Sequence[Finding], verdict: Verdict, challenger: str, incumbent: str, *, alike: bool = False
) -> Message:
    """What the findings of one kind say; `alike` leaves out the numbers that differ between findings of one kind."""
    finding = found[0]
    questions = Message("") if alike else _questions(found, verdict)
    said = _decided(finding, verdict, challenger, incumbent, questions)
    if not finding.unanswered:
        return said
    return Message(
        "{saying} {share} of {challenger}'s answers failed, were cut or refused, and count as not acceptable.",
        saying=said,
        challenger=challenger,
        share=f"{100 * finding.unanswered:.2g} %" if finding.unanswered < 0.1 else f"{100 * finding.unanswered:.0f} %",
    )


def _questions(found: Sequence[Finding], verdict: Verdict) -> Message:
    """What a claim is about: the questions of the set, or questions like those that were rated."""
    if verdict.about == "this_set":
        return Message("on these {n} questions", n=f"{sum(f.size or f.n for f in found):,}")
    return Message("on questions like these, {n} of them rated", n=f"{sum(f.n for f in found):,}")


def _decided(finding: Finding, verdict: Verdict, challenger: str, incumbent: str, questions: Message) -> Message:
    points = f"{100 * verdict.margin:g}"
    # Two claims may be wrong, each with alpha shared out among the categories: this holds for all of them together.
    confidence = f"{100 * (1 - 2 * verdict.alpha):g} %"
    match finding.reason:
        case Reason.NOT_WORSE:
            return Message(
                "{challenger} can replace {incumbent} (not worse by more than {points} points and at least {bar} of its"
                " answers acceptable, {questions}, {confidence}).",
                challenger=challenger,
                incumbent=incumbent,
                points=points,
                bar=f"{100 * verdict.bar:g} %",
                questions=questions,
                confidence=confidence,
            )
        case Reason.WORSE:
            return Message(
                "keep {incumbent}: {challenger} is worse by more than {points} points ({confidence}).",
                challenger=challenger,
                incumbent=incumbent,
                points=points,
                confidence=confidence,
            )
        case Reason.UNACCEPTABLE:
            return Message(
                "keep {incumbent}: fewer than {bar} of {challenger}'s answers are acceptable ({confidence}).",
                challenger=challenger,
                incumbent=incumbent,
                bar=f"{100 * verdict.bar:g} %",
                confidence=confidence,
            )
        case Reason.NO_RATINGS:
            return Message("nothing is rated yet.")
        case Reason.SET_EXHAUSTED:
            return Message("all questions are rated and nothing is shown either way; add questions.")
        case _:
            return _not_yet(finding, verdict)


def _not_yet(finding: Finding, verdict: Verdict) -> Message:
    assert finding.decision is Decision.UNDECIDED
    needed = finding.needed
    if needed is None:
        return Message("not decided yet.")
    if needed.half is None:
        return Message("not decided yet, and with this margin it may never be.")
    ratings = needed.half * verdict.required
    if finding.size is not None and finding.n + needed.half > finding.size:
        return Message(
            "not decided yet; about {n} more ratings, more than the questions left can give: add questions.",
            n=_about(ratings),
        )
    if needed.most is None or (finding.size is not None and finding.n + needed.most > finding.size):
        return Message("not decided yet; about {n} more ratings, perhaps far more.", n=_about(ratings))
    return Message(
        "not decided yet; about {n} more ratings ({most} to be rather sure).",
        n=_about(ratings),
        most=_about(needed.most * verdict.required),
    )


def _about(n: int) -> str:
    """A forecast is no count: two digits."""
    if n < 100:
        return str(n)
    step = 10 ** (len(str(n)) - 2)
    return f"{round(n / step) * step:,}"
