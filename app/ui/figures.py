"""What a pane shows below an answer, as plain data: the phases of its time, and its figures."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import Protocol

from app.domain.answers import Answer, Status, Timing, Usage
from app.domain.message import Message


class Words(Protocol):
    """What this needs of app.i18n's Translator."""

    def message(self, message: Message) -> str: ...

    def usd(self, amount: Decimal) -> str: ...

    def seconds(self, seconds: float) -> str: ...

    def number(self, value: int | float) -> str: ...


@dataclass(frozen=True, slots=True)
class Segment:
    """One phase of the bar: its share of the whole (0–1) and how strong its colour is (0–1)."""

    label: str
    share: float
    opacity: float


@dataclass(frozen=True, slots=True)
class Figure:
    text: str
    hint: str = ""


@dataclass(frozen=True, slots=True)
class Figures:
    """`waiting`: nothing has arrived yet; `segments` may not fill the bar: the rest is not accounted for."""

    segments: tuple[Segment, ...]
    figures: tuple[Figure, ...]
    waiting: bool = False


# How strongly each phase of the server's time is coloured.
PHASES: Mapping[str, float] = {"queued": 0.2, "load": 0.35, "prefill": 0.6, "decode": 1.0}


def _phase(name: str, seconds: float, words: Words) -> str:
    time = words.seconds(seconds)
    match name:
        case "queued":
            return words.message(Message("queue {time}", time=time))
        case "load":
            return words.message(Message("load {time}", time=time))
        case "prefill":
            return words.message(Message("prefill {time}", time=time))
        case "decode":
            return words.message(Message("decode {time}", time=time))
        case "waiting":
            return words.message(Message("waiting {time}", time=time))
        case "first":
            return words.message(Message("first token {time}", time=time))
        case _:
            return words.message(Message("after the first token {time}", time=time))


def figures_of(answer: Answer, words: Words, *, hidden: bool = False, tokens: int | None = None) -> Figures:
    """The bar and the figures of an answer as it stands.

    `tokens` are the pieces that arrived so far, for the speed while it runs. Hidden: nothing about
    time, tokens and money, which give a model away.
    """
    waiting = not answer.status.over and answer.timing.first_token is None
    if hidden:
        return Figures((), (Figure(words.message(_state(answer.status))),), waiting)
    segments = _segments(answer.timing, words)
    if not answer.status.over:
        return Figures(segments, tuple(_running(answer, words, tokens)), waiting)
    return Figures(segments, tuple(_finished(answer, words)))


def _state(status: Status) -> Message:
    match status:
        case Status.WAITING:
            return Message("waiting")
        case Status.RUNNING:
            return Message("answering …")
        case Status.DONE:
            return Message("complete")
        case Status.CANCELLED:
            return Message("stopped")
        case Status.INTERRUPTED:
            return Message("interrupted")
        case _:
            return Message("not complete")


def _segments(timing: Timing, words: Words) -> tuple[Segment, ...]:
    """The server's own phases where it reports them; else first token and the rest, as measured here."""
    values = {"queued": timing.queued, "load": timing.load, "prefill": timing.prefill, "decode": timing.decode}
    known = {name: seconds for name, seconds in values.items() if seconds is not None and seconds > 0}
    whole = max(timing.total or 0.0, sum(known.values()))
    if whole <= 0:
        return ()
    if known:
        return tuple(
            Segment(_phase(name, known[name], words), known[name] / whole, opacity)
            for name, opacity in PHASES.items()
            if name in known
        )
    if timing.first_token is None:
        return (Segment(_phase("waiting", whole, words), 1.0, 0.35),)
    first = min(timing.first_token, whole)
    return (
        Segment(_phase("first", first, words), first / whole, 0.5),
        Segment(_phase("rest", whole - first, words), (whole - first) / whole, 1.0),
    )


def _running(answer: Answer, words: Words, tokens: int | None) -> list[Figure]:
    timing = answer.timing
    if timing.first_token is None:
        if timing.total is None:  # nothing was sent yet: it waits for its turn, or its model is loading
            return [Figure(words.message(Message("waiting")))]
        return [Figure(words.message(Message("waiting {time}", time=words.seconds(timing.total))))]
    shown = [_first_token(timing.first_token, words)]
    rate = timing.tokens_per_second(tokens) if tokens else None
    if rate is not None:
        shown.append(Figure(words.message(Message("~{rate} tok/s", rate=_rate(rate, words)))))
    if timing.total is not None:
        shown.append(Figure(words.seconds(timing.total), words.message(Message("so far"))))
    return shown


def _first_token(seconds: float, words: Words) -> Figure:
    return Figure(
        words.message(Message("first token {time}", time=words.seconds(seconds))),
        words.message(Message("From sending the request to the first piece of text or thinking, measured here.")),
    )


def _finished(answer: Answer, words: Words) -> list[Figure]:
    timing, usage = answer.timing, answer.usage
    shown: list[Figure] = []
    if timing.first_token is not None:
        shown.append(_first_token(timing.first_token, words))
    if usage is not None:
        about = "~" if usage.source == "estimated" else ""
        if (rate := timing.tokens_per_second(usage.output)) is not None:
            shown.append(Figure(words.message(Message("{about}{rate} tok/s", about=about, rate=_rate(rate, words)))))
        shown.append(
            Figure(
                words.message(
                    Message(
                        "{about}{input} → {about}{output} tok",
                        about=about,
                        input=words.number(usage.input),
                        output=words.number(usage.output),
                    )
                ),
                _tokens_hint(usage, words),
            )
        )
        shown.append(_cost(answer, about, words))
    if timing.total is not None:
        shown.append(Figure(words.seconds(timing.total), words.message(Message("From sending to the last token."))))
    return shown


def _rate(rate: float, words: Words) -> str:
    """Two digits are enough where it is thousands: nobody measures those to the token."""
    places = 1 if rate < 10 else 0 if rate < 1000 else 2 - len(str(int(rate)))
    return words.number(round(rate, places))


def _tokens_hint(usage: Usage, words: Words) -> str:
    parts = [
        Message("Tokens in and out, as the server counted them.")
        if usage.source == "reported"
        else Message("The server reported no tokens: they were counted here.")
    ]
    if usage.cached_input:
        parts.append(Message("{n} of the prompt came from the cache.", n=words.number(usage.cached_input)))
    if usage.reasoning:
        parts.append(Message("{n} of the output were thinking.", n=words.number(usage.reasoning)))
    return " ".join(words.message(part) for part in parts)


def _cost(answer: Answer, about: str, words: Words) -> Figure:
    if answer.cost_usd is None:
        return Figure(
            words.message(Message("unpriced")),
            words.message(Message("No price is known for this model: add one to prices.toml.")),
        )
    if answer.cost_usd == 0:
        return Figure(
            words.message(Message("no fee")),
            words.message(Message("A local model has no fee; the machine it runs on is not counted here.")),
        )
    return Figure(about + words.usd(answer.cost_usd))
