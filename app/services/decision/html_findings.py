"""The verdict in a decision record: its sentences, what each category shows, and the figures of both."""

from __future__ import annotations

from collections.abc import Sequence
from html import escape

from app.domain.message import Message
from app.domain.verdicts import Decision, Finding, Verdict
from app.services.decision.html_text import NOTHING, Writer, percent, points, small, span
from app.services.decision.rows import more, rows_of
from app.services.decision.svg import Interval, Parts, Path, bars, forest, sequence
from app.services.decision.words import WORDS, category_name, decided

_SEQUENCES = 12
_KINDS = ("win", "tie", "loss", "bad")
KIND_WORDS = (Message("won"), Message("tied"), Message("lost"), Message("both bad"))


def spoken(write: Writer, verdict: Verdict, challenger: str, incumbent: str) -> str:
    lines = (
        f"<li>{badge(write, decision)}<span>{write.t(sentence)}</span></li>"
        for decision, sentence in decided(verdict, challenger, incumbent)
    )
    return f'<ul class="sentences">{"".join(lines)}</ul>'


def badge(write: Writer, decision: Decision) -> str:
    return f'<span class="badge {decision.value}">{write.t(WORDS[decision])}</span>'


def findings(write: Writer, verdict: Verdict) -> str:
    """One row a category, and all of them below."""
    all_of_them = rows_of(verdict)
    head = [
        Message("Questions"),
        Message("Verdict"),
        Message("Won · tied · lost · both bad"),
        Message("Difference in points"),
        Message("Bounds, one look"),
        Message("Acceptable"),
        Message("Rated"),
        Message("About how many more ratings"),
    ]
    rows = [
        [
            write.t(category_name(f.category)),
            badge(write, f.decision),
            f"{f.wins:,} · {f.ties:,} · {f.losses:,} · {f.both_bad:,}",
            f"{points(f.difference)}{small(span(f.low, f.high)) if f.n else ''}",
            NOTHING if f.fixed is None else span(f.fixed.low, f.fixed.high),
            f"{percent(f.acceptable)}{small(_shares(f)) if f.n else ''}",
            f"{f.n:,}{'' if f.size is None else f' / {f.size:,}'}",
            write.t(more(f, verdict)),
        ]
        for f in all_of_them
    ]
    note = write.paragraph(
        Message(
            "Counts are ratings, seen from the challenger. The difference is the share of questions won less the"
            " share lost. Below it stand bounds that hold at all looks together, however often somebody looked;"
            " beside it those of a design with one look at a fixed number of questions."
        ),
        "note",
    )
    strong = len(rows) - 1 if len(rows) > 1 else -1
    label = Message("The verdict by category")
    return write.table(label, [write.t(h) for h in head], rows, numbers=(2, 3, 4, 5, 6), strong=strong) + note


def figures(write: Writer, verdict: Verdict) -> str:
    shown = [f for f in rows_of(verdict) if f.n]
    if not shown:
        return ""
    name = {id(f): write.plain(category_name(f.category)) for f in shown}
    margin = f"\u2212{100 * verdict.margin:g}"
    differences = forest(
        write.plain(Message("Difference in points, by category")),
        [
            Interval(
                name[id(f)],
                f.difference,
                f.low,
                f.high,
                None if f.fixed is None else (f.fixed.low, f.fixed.high),
                points(f.difference),
            )
            for f in shown
        ],
        -verdict.margin,
        write.plain(Message("margin {points}", points=margin)),
    )
    acceptable = forest(
        write.plain(Message("Acceptable answers of the challenger, by category")),
        [
            Interval(name[id(f)], f.acceptable, f.acceptable_low, f.acceptable_high, None, percent(f.acceptable))
            for f in shown
        ],
        verdict.bar,
        write.plain(Message("at least {share}", share=percent(verdict.bar))),
        share=True,
    )
    return "".join(
        (
            write.figure(
                differences,
                write.t(
                    Message(
                        "REPLACE needs the whole wide band to the right of the dashed line, KEEP the whole of it to"
                        " the left. Wide: bounds at all looks. Thin: one look."
                    )
                ),
            ),
            f"<h3>{write.t(Message('Acceptable answers of the challenger'))}</h3>",
            write.figure(
                acceptable,
                write.t(Message("REPLACE needs this too: two models that fail together are no reason to change.")),
            ),
            f"<h3>{write.t(Message('How the votes fell'))}</h3>",
            write.figure(_stacked(write, shown, name), _keys(write)),
            _sequences(write, verdict),
        )
    )


def _shares(finding: Finding) -> str:
    return f"{percent(finding.acceptable_low)} … {percent(finding.acceptable_high)}"


def _stacked(write: Writer, shown: Sequence[Finding], name: dict[int, str]) -> str:
    rows = []
    for f in shown:
        counts = (f.wins, f.ties, f.losses, f.both_bad)
        total = sum(counts) or 1
        parts = tuple((kind, n / total, f"{n:,}") for kind, n in zip(_KINDS, counts, strict=True))
        rows.append(Parts(name[id(f)], parts, f"{f.ratings:,}"))
    return bars(write.plain(Message("How the votes fell, by category")), rows)


def _keys(write: Writer) -> str:
    return "".join(
        f'<span class="key"><i class="{kind}"></i>{write.t(word)}</span>'
        for kind, word in zip(_KINDS, KIND_WORDS, strict=True)
    )


def _sequences(write: Writer, verdict: Verdict) -> str:
    shown = [f for f in rows_of(verdict) if len(f.looks) > 1]
    if not shown:
        return ""
    drawn = []
    for f in shown[:_SEQUENCES]:
        name = write.plain(category_name(f.category))
        title = write.plain(Message("Bounds question by question: {name}", name=name))
        path = Path([(look.n, look.mean, look.low, look.high) for look in f.looks])
        drawn.append(f"<figure><h3>{escape(name)}</h3>{sequence(title, path, -verdict.margin)}</figure>")
    caption = write.paragraph(
        Message("Questions from left to right, the difference in points upwards: the band holds at all looks."), "note"
    )
    left_out = len(shown) - _SEQUENCES
    if left_out > 0:
        caption += write.paragraph(
            Message("{n} more categories are not drawn; their figures are in the record.", n=left_out), "note"
        )
    title = write.t(Message("How the bounds closed in"))
    return f'<h3>{title}</h3><div class="grid2">{"".join(drawn)}</div>{caption}'
