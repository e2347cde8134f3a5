"""What a verdict rests on, in a decision record: contestants, terms, people, method, evidence, votes."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from html import escape
from itertools import islice
from typing import Any

from app.domain.batches import TermsSet, VerdictTerms
from app.domain.message import Message
from app.domain.verdicts import Verdict
from app.services.decision.html_text import NOTHING, Writer, code, moment, percent, small
from app.services.decision.svg import Point, scatter
from app.services.decision.terms import changes, described, only_a_look, warning

VOTES_SHOWN = 2_000
_QUESTIONS_SHOWN = 2_000

Json = Mapping[str, Any]


def contestants(write: Writer, results: Json, models: Sequence[Json]) -> str:
    """Figures down, contestants across."""
    people: Sequence[Json] = results["contestants"]
    pairs = list(zip(people, models, strict=True))
    lines: list[tuple[Message, Callable[[Json, Json], str]]] = [
        (Message("Digest"), lambda c, m: _or(m["digest"], code)),
        (Message("Quantisation"), lambda c, m: _or(m["quantization"], escape)),
        (Message("Parameters"), lambda c, m: _or(m["parameters"], escape)),
        (Message("Sampling sent"), lambda c, m: _sampling(write, c["sampling"])),
        (Message("Complete answers"), lambda c, m: f"{c['answers']['done']:,} / {c['answers']['answers']:,}"),
        (Message("Copied from the cache"), lambda c, m: f"{c['answers']['cached']:,}"),
        (Message("Preferred"), lambda c, m: _interval(c["quality"], percent)),
        (Message("Acceptable"), lambda c, m: _interval(c["acceptable"], percent)),
        (Message("Median time"), lambda c, m: _seconds(c, "p50")),
        (Message("95th percentile"), lambda c, m: _seconds(c, "p95")),
        (Message("Tokens/s"), lambda c, m: _interval(c["tokens_per_second"], lambda v: f"{v:,.1f}")),
        (Message("Input tokens"), lambda c, m: _interval(c["tokens"]["input"], lambda v: f"{v:,.0f}")),
        (Message("Output tokens"), lambda c, m: _interval(c["tokens"]["output"], lambda v: f"{v:,.0f}")),
        (Message("Answers with estimated tokens"), lambda c, m: f"{c['tokens']['estimated_answers']:,}"),
        (Message("Cost of all answers"), lambda c, m: write.usd(c["cost"]["usd"])),
        (Message("Cost of an answer"), lambda c, m: write.usd(c["cost"]["usd_per_answer"])),
        (Message("Cost of an acceptable answer"), lambda c, m: write.usd(c["cost"]["usd_per_acceptable_answer"])),
        (Message("USD per million tokens"), lambda c, m: _price(write, m)),
    ]
    head = ["", *(escape(c["label"]) for c in people)]
    rows = [[write.t(name), *(cell(c, m) for c, m in pairs)] for name, cell in lines]
    return write.table(Message("Contestants"), head, rows) + write.paragraph(
        Message(
            "Ranges are 95% intervals over questions. Speed and cost are of answers that were asked for here; what"
            " is unpriced is unknown, not free."
        ),
        "note",
    )


def paretos(write: Writer, results: Json) -> str:
    """Quality against cost and against time; a contestant that lacks either figure is not drawn."""
    drawn = []
    kinds: tuple[tuple[Message, str, Callable[[Json], float | None], Callable[[float], str]], ...] = (
        (
            Message("Quality and cost of an answer"),
            "quality_and_cost",
            lambda c: c["cost"]["usd_per_answer"],
            write.usd,
        ),
        (
            Message("Quality and median time"),
            "quality_and_time",
            lambda c: c["seconds"].get("total", {}).get("p50", {}).get("value"),
            lambda v: f"{v:.2f} s",
        ),
    )
    for title, front, burden, say in kinds:
        known = [c for c in results["contestants"] if c["quality"] is not None and burden(c) is not None]
        if len(known) < 2:
            continue
        points = [
            Point(
                c["label"],
                float(burden(c) or 0),
                c["quality"]["value"],
                c["quality"]["low"],
                c["quality"]["high"],
                c["pareto"][front] is True,
            )
            for c in known
        ]
        figure = scatter(write.plain(title), points, [say(p.x) for p in points])
        drawn.append(f"<figure><h3>{write.t(title)}</h3>{figure}</figure>")
    if not drawn:
        return ""
    note = Message("Filled: no other contestant is better in both. Preferred share upwards, burden from left to right.")
    return f'<div class="grid2">{"".join(drawn)}</div>{write.paragraph(note, "note")}'


def terms(write: Writer, results: Json, history: Sequence[TermsSet], shown: VerdictTerms) -> str:
    """The terms asked by, when they were set, and every change with the votes there were at that moment."""
    labels = [str(c["label"]) for c in results["contestants"]]
    body = write.pairs([(name, write.t(value)) for name, value in described(shown, labels)])
    body += "".join(
        write.paragraph(told, "told")
        for told in (only_a_look(history, shown, labels), warning(history, labels))
        if told
    )
    lines = []
    if history:
        first = history[0]
        lines.append(Message("{when}: set, with {n} ratings cast.", when=moment(first.set_at), n=f"{first.votes:,}"))
    lines += [
        Message("{when}: changed, with {n} ratings cast.", when=moment(change.set_at), n=f"{change.votes:,}")
        for change in changes(history, labels)
    ]
    details = [(), *(change.words for change in changes(history, labels))]
    items = (
        f"<li>{write.t(line)}{''.join(f'<br>{write.t(word)}' for word in words)}</li>"
        for line, words in zip(lines, details, strict=False)
    )
    return f"{body}<h3>{write.t(Message('When they were set'))}</h3><ul>{''.join(items)}</ul>" if lines else body


def method(write: Writer, results: Json, verdict: Verdict, gold: Json | None) -> str:
    """How the verdict is reached, and by whom it was voted."""
    ratings, overall = results["ratings"], verdict.overall
    alpha = ratings["agreement"]["alpha"]
    rows = [
        (Message("Test"), f"{escape(overall.method)} ({escape(overall.source)})"),
        (
            Message("Several categories"),
            write.t(
                Message(
                    "{tests} tests at {each} each, {all} in all (Bonferroni)",
                    tests=verdict.tests,
                    each=f"{100 * verdict.alpha_each:.3g}%",
                    all=f"{100 * verdict.alpha:g}%",
                )
            ),
        ),
        (Message("Bounds for one look"), escape(overall.fixed.method) if overall.fixed else NOTHING),
        (Message("Ratings asked for a question"), f"{verdict.required:,}"),
        (
            Message("Ratings"),
            write.t(
                Message(
                    "{counted} of {all} count; {best} were the best of several, {open} were not blind",
                    counted=f"{ratings['counted']:,}",
                    all=f"{ratings['all']:,}",
                    best=f"{ratings['best_of_n']:,}",
                    open=f"{ratings['with_open_eyes']:,}",
                )
            ),
        ),
        (Message("Ratings by each rater"), ", ".join(f"{n:,}" for n in ratings["raters"].values()) or NOTHING),
        (
            Message("Agreement (Krippendorff's alpha)"),
            NOTHING if alpha is None else _interval(alpha, lambda v: f"{v:.2f}"),
        ),
        (Message("Votes for the left side"), percent(overall.left_share)),
        (Message("Gold pairs passed"), _gold(gold)),
        (Message("Seed of the forecast"), f"{verdict.seed}"),
    ]
    return write.pairs(rows)


def questions(write: Writer, record: Json) -> str:
    given: Sequence[Json] = record["questions"]
    evidence: Mapping[str, str] = record["evidence"]
    asked = [
        [escape(q["key"]), escape(q["text"]), escape(q["category"] or NOTHING), escape(q["language"] or NOTHING)]
        for q in given[:_QUESTIONS_SHOWN]
    ]
    head = [write.t(m) for m in (Message("Id"), Message("Question"), Message("Category"), Message("Language"))]
    digests = [[escape(item), code(digest)] for item, digest in islice(evidence.items(), VOTES_SHOWN)]
    return write.folded(
        Message("{n} questions", n=f"{len(given):,}"),
        write.table(Message("Questions"), head, asked),
        _rest(write, len(given) - len(asked)),
    ) + write.folded(
        Message("Digests of the evidence of {n} comparisons", n=f"{len(evidence):,}"),
        write.table(Message("Evidence"), [write.t(Message("Comparison")), write.t(Message("Digest"))], digests),
        _rest(write, len(evidence) - len(digests)),
    )


def votes(write: Writer, record: Json) -> str:
    """The first of them as a table; all are in the record's JSON."""
    cast, labels = record["votes"], [escape(c["label"]) for c in record["results"]["contestants"]]
    results = {1: Message("the first"), 0: Message("tie"), -1: Message("the second"), 2: Message("both bad")}
    words = {code: write.t(word) for code, word in results.items()}
    keys = [escape(q["key"]) for q in record["questions"]]
    left, right = write.t(Message("left")), write.t(Message("right"))
    columns = ("question", "first", "second", "rater", "result", "left", "best_of", "blind")
    rows = [
        [
            keys[question],
            labels[first],
            labels[second],
            f"{rater + 1}",
            words[result],
            left if side > 0 else right,
            f"{best or NOTHING}",
            "✓" if blind else NOTHING,
        ]
        for question, first, second, rater, result, side, best, blind in islice(
            zip(*(cast[name] for name in columns), strict=True), VOTES_SHOWN
        )
    ]
    total = len(cast["result"])
    head = [
        Message("Question"),
        Message("First"),
        Message("Second"),
        Message("Rater"),
        Message("Preferred"),
        Message("The first was shown"),
        Message("Best of"),
        Message("Blind"),
    ]
    return write.folded(
        Message("{n} votes", n=f"{total:,}"),
        write.table(Message("Votes"), [write.t(h) for h in head], rows),
        _rest(write, total - len(rows)),
    )


def _rest(write: Writer, left: int) -> str:
    if left <= 0:
        return ""
    return write.paragraph(Message("and {n} more, in this file's JSON.", n=f"{left:,}"), "note")


def _or(value: object, show: Callable[[str], str]) -> str:
    return NOTHING if value is None or value == "" else show(str(value))


def _sampling(write: Writer, given: Json) -> str:
    if not given:
        return write.t(Message("nothing: the server's defaults"))
    return "<br>".join(f"{escape(name)} {escape(_value(value))}" for name, value in given.items())


def _value(value: object) -> str:
    return ", ".join(map(str, value)) if isinstance(value, list) else str(value)


def _interval(given: Json | None, show: Callable[[float], str]) -> str:
    if given is None:
        return NOTHING
    bounds = "" if given["low"] is None or given["high"] is None else f"{show(given['low'])} … {show(given['high'])}"
    return show(given["value"]) + (small(bounds) if bounds else "")


def _seconds(contestant: Json, quantile: str) -> str:
    total = contestant["seconds"].get("total")
    return NOTHING if total is None else _interval(total[quantile], lambda v: f"{v:,.2f} s")


def _price(write: Writer, model: Json) -> str:
    price = model["usd_per_million_tokens"]
    if price is None:
        return write.t(Message("unpriced"))
    told = f"{write.usd(price['input'])} / {write.usd(price['output'])}"
    if model["price_source"] == "local":
        return told + small(write.t(Message("local: no fee")))
    dated = model["price_list_of"]
    return told + small(write.t(Message("price list of {date}", date=str(dated))) if dated else "")


def _gold(gold: Json | None) -> str:
    if not gold or not gold["total"]:
        return NOTHING
    return f"{percent(gold['passed'] / gold['total'])} ({gold['passed']:,} / {gold['total']:,})"
