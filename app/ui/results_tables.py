"""The Results page's tables and lines as plain data, in the reader's language."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal

from app.domain.intervals import Interval
from app.domain.message import Message
from app.domain.verdicts import Decision, Finding
from app.services.decision.rows import more, rows_of
from app.services.decision.words import WORDS, category_name, decided
from app.services.plots.style import Words, points
from app.services.results.contestants import ContestantResult
from app.services.results.service import Results
from app.services.results.slices import Slice

NOTHING = "–"


@dataclass(frozen=True, slots=True)
class Cell:
    """A text, with a smaller one below; as a badge in the colour of `decision`, as a number to the right."""

    text: str
    small: str = ""
    decision: Decision | None = None


@dataclass(frozen=True, slots=True)
class Table:
    """`numbers` are the columns aligned to the right, `strong` whether the last row is set apart."""

    head: tuple[str, ...]
    rows: tuple[tuple[Cell, ...], ...]
    numbers: frozenset[int]
    strong: bool = False


@dataclass(frozen=True, slots=True)
class Sentence:
    decision: Decision
    badge: str
    where: str
    saying: str


def sentences(results: Results, words: Words) -> tuple[Sentence, ...]:
    """What to do, for which questions."""
    made = []
    for decision, message in decided(results.verdict, results.challenger.label, results.incumbent.label):
        where, saying = message.params["where"], message.params["saying"]
        assert isinstance(where, Message) and isinstance(saying, Message)
        made.append(Sentence(decision, words.message(WORDS[decision]), words.message(where), words.message(saying)))
    return tuple(made)


def findings(results: Results, words: Words) -> Table:
    """A row a category and one for all: the verdict, the counts, the difference, how many more."""
    shown = rows_of(results.verdict)
    head = (
        Message("Questions"),
        Message("Verdict"),
        Message("Difference"),
        Message("Won"),
        Message("Tied"),
        Message("Lost"),
        Message("Both bad"),
        Message("Rated"),
        Message("More ratings"),
    )
    return Table(
        tuple(words.message(m) for m in head),
        tuple(
            (
                Cell(words.message(category_name(f.category))),
                Cell(words.message(WORDS[f.decision]), decision=f.decision),
                Cell(points(f.difference, words), _span(f, words)),
                *(Cell(words.number(n)) for n in (f.wins, f.ties, f.losses, f.both_bad)),
                Cell(words.number(f.n), "" if f.size is None else f"/ {words.number(f.size)}"),
                Cell(words.message(more(f, results.verdict))),
            )
            for f in shown
        ),
        frozenset(range(2, 9)),
        strong=len(shown) > 1,
    )


def contestants(results: Results, words: Words, *, lengths: bool = True) -> Table:
    """A column a contestant: how it was liked, how fast it was, what it cost, and with `lengths` how much it wrote."""
    people = results.contestants

    def row(name: Message, cells: Sequence[Cell]) -> tuple[Cell, ...]:
        return (Cell(words.message(name)), *cells)

    rows = [
        row(Message("Preferred"), [_share(c.quality, words) for c in people]),
        row(Message("Acceptable"), [_share(c.acceptable, words) for c in people]),
        row(Message("Complete answers"), [_complete(c, words) for c in people]),
        row(Message("Median time"), [_phase(c, "total", "p50", words) for c in people]),
        row(Message("95th percentile"), [_phase(c, "total", "p95", words) for c in people]),
        row(Message("To the first token"), [_phase(c, "first_token", "p50", words) for c in people]),
        row(Message("Tokens/s"), [_mean(c.tokens_per_second, words, 1) for c in people]),
        *([row(Message("Output tokens"), [_mean(c.output_tokens, words, 0) for c in people])] if lengths else []),
        row(Message("Cost of all answers"), [Cell(_usd(c.usd, words), _unpriced(c, words)) for c in people]),
        row(Message("Cost of an answer"), [Cell(_usd(c.usd_per_answer, words)) for c in people]),
        row(Message("Cost of an acceptable answer"), [Cell(_usd(c.usd_per_acceptable, words)) for c in people]),
    ]
    return Table(("", *(c.label for c in people)), tuple(rows), frozenset(range(1, len(people) + 1)))


_MEASURES = {
    "characters": Message("Characters"),
    "words": Message("Words"),
    "language_matches": Message("In the question's language"),
    "foreign_script": Message("Letters of another script"),
    "refusal": Message("Refused"),
    "abstention": Message("“The sources do not say”"),
    "cites": Message("Cites a source"),
    "citations_valid": Message("All citations name a source"),
    "retrieval_hit": Message("Expected page among the sources"),
    "closeness": Message("Closeness to the reference (chrF, 0–100)"),
    "valid_json": Message("Valid JSON where asked for"),
}


def measures(results: Results, words: Words) -> Table:
    """A row a measure, a column a contestant; only measures that some answer has."""
    by = [{m.name: m for m in c.measures} for c in results.contestants]
    names = [name for name in _MEASURES if any(name in of for of in by)]

    def cell(of: int, name: str) -> Cell:
        measured = by[of].get(name)
        if measured is None:
            return Cell(NOTHING)
        return _share(measured.value, words) if measured.share else _mean(measured.value, words, 0)

    return Table(
        ("", *(c.label for c in results.contestants)),
        tuple((Cell(words.message(_MEASURES[n])), *(cell(i, n) for i in range(len(by)))) for n in names),
        frozenset(range(1, len(by) + 1)),
    )


def parts(slices: Sequence[Slice], names: Sequence[str], words: Words) -> Table:
    """A row a part of the questions: counts of ratings and the difference with its interval for one look."""
    head = (
        Message("Questions"),
        Message("Won"),
        Message("Tied"),
        Message("Lost"),
        Message("Both bad"),
        Message("Difference"),
        Message("Rated"),
    )
    return Table(
        tuple(words.message(m) for m in head),
        tuple(
            (
                Cell(name),
                *(Cell(words.number(n)) for n in (s.wins, s.ties, s.losses, s.both_bad)),
                _difference(s.difference, words),
                Cell(words.number(s.rated), f"/ {words.number(s.questions)}"),
            )
            for name, s in zip(names, slices, strict=True)
        ),
        frozenset(range(1, 7)),
    )


def _span(finding: Finding, words: Words) -> str:
    return f"{points(finding.low, words)} … {points(finding.high, words)}" if finding.n else ""


def _difference(interval: Interval | None, words: Words) -> Cell:
    if interval is None:
        return Cell(NOTHING)
    if interval.low is None or interval.high is None:
        return Cell(points(interval.value, words))
    return Cell(points(interval.value, words), f"{points(interval.low, words)} … {points(interval.high, words)}")


def _share(interval: Interval | None, words: Words) -> Cell:
    if interval is None:
        return Cell(NOTHING)
    if interval.low is None or interval.high is None:
        return Cell(words.percent(interval.value))
    return Cell(words.percent(interval.value), f"{100 * interval.low:.0f}–{words.percent(interval.high)}")


def _mean(interval: Interval | None, words: Words, places: int) -> Cell:
    if interval is None:
        return Cell(NOTHING)
    if interval.low is None or interval.high is None:
        return Cell(words.number(interval.value, places))
    low, high = (words.number(bound, places) for bound in (interval.low, interval.high))
    return Cell(words.number(interval.value, places), "" if low == high else f"{low}–{high}")


def _phase(contestant: ContestantResult, phase: str, which: str, words: Words) -> Cell:
    found = next((p for p in contestant.phases if p.name == phase), None)
    if found is None:
        return Cell(NOTHING)
    interval = found.p50 if which == "p50" else found.p95
    if interval.low is None or interval.high is None or interval.low == interval.high:
        return Cell(words.seconds(interval.value))
    return Cell(words.seconds(interval.value), f"{words.seconds(interval.low)}–{words.seconds(interval.high)}")


def _complete(contestant: ContestantResult, words: Words) -> Cell:
    about = [
        (contestant.failed, Message("failed {n}", n=words.number(contestant.failed))),
        (contestant.truncated, Message("cut off {n}", n=words.number(contestant.truncated))),
        (contestant.refused, Message("refused {n}", n=words.number(contestant.refused))),
        (contestant.cached, Message("copied {n}", n=words.number(contestant.cached))),
        (contestant.stopped, Message("stopped {n}", n=words.number(contestant.stopped))),
        (contestant.unfinished, Message("still to come {n}", n=words.number(contestant.unfinished))),
    ]
    small = ", ".join(words.message(message) for n, message in about if n)
    return Cell(f"{words.number(contestant.done)} / {words.number(contestant.answers)}", small)


def _usd(amount: Decimal | float | None, words: Words) -> str:
    if amount is None:
        return words.message(Message("unpriced"))
    if amount == 0:
        return words.message(Message("no fee"))
    return words.usd(amount if isinstance(amount, Decimal) else Decimal(str(amount)))


def _unpriced(contestant: ContestantResult, words: Words) -> str:
    if contestant.usd is None or not contestant.unpriced:
        return ""
    return words.message(Message("{n} answers unpriced", n=words.number(contestant.unpriced)))
