"""A comparison as text for a person at a terminal."""

from __future__ import annotations

from collections.abc import Sequence

from app.cli import output
from app.domain.answers import Answer
from app.domain.comparisons import AnswerRecord, ComparisonRecord
from app.domain.message import Message
from app.domain.ratings import Outcome, Rating, Stars


def name_of(comparison: ComparisonRecord, record: AnswerRecord) -> str:
    """The answer's number by the side shown, and its model unless that is hidden."""
    number = f"[{record.side + 1}]"
    if comparison.hidden:
        return f"{number} {output.text(Message('hidden until the vote'))}"
    sampling = ", ".join(f"{k} {v}" for k, v in record.contestant.sampling.given().items())
    same = sum(a.contestant.model == record.contestant.model for a in comparison.answers) > 1
    return f"{number} {record.contestant.model}" + (f" ({sampling})" if same and sampling else "")


def state_of(answer: Answer, hidden: bool = False) -> str:
    """Where the answer stands, in a few words; while `hidden`, nothing that tells models apart."""
    parts = [_status(answer)]
    if not hidden:
        if answer.timing.first_token is not None:
            parts.append(
                output.text(Message("first token {time}", time=output.speech().seconds(answer.timing.first_token)))
            )
        if answer.timing.total is not None:
            parts.append(output.speech().seconds(answer.timing.total))
    return " · ".join(parts)


def print_comparison(record: ComparisonRecord, *, prompt: bool = False) -> None:
    """The answers in full in the order shown, then a table of what each took, then what to do next."""
    if prompt:
        output.say(output.text(Message("Prompt:")))
        output.say(record.comparison.prompt)
        output.say()
    for answer in record.by_side:
        _print_answer(record, answer)
    if not record.hidden:
        _print_table(record)
    output.say()
    line = Message("Comparison {id}", id=record.id)
    output.say(output.text(line))
    if len(record.ratable) > 1:
        choice = "left|right|tie|both-bad" if len(record.ratable) == 2 else "best:N|tie|both-bad"
        output.note(output.text(Message("Rate it: {command}", command=f"python -m app rate {record.id} {choice}")))
    elif record.hidden and not record.running:
        command = f"python -m app reveal {record.id}"
        output.note(
            output.text(Message("Too few complete answers for a vote. See who is who: {command}", command=command))
        )


def _print_answer(comparison: ComparisonRecord, record: AnswerRecord) -> None:
    answer = record.answer
    output.say(f"── {name_of(comparison, record)} · {_status(answer)}")
    if comparison.hidden:
        # Thinking, notices, refused fields and the words of an error tell models apart.
        output.say(answer.text.strip("\n"))
        output.say()
        return
    for notice in answer.notices:
        output.say(f"   ({output.text(notice)})")
    if answer.thinking.strip():
        output.say(output.text(Message("Thinking:")))
        output.say("".join(f"  │ {line}\n" for line in answer.thinking.strip().splitlines()).rstrip("\n"))
    if answer.text.strip():
        output.say(answer.text.strip("\n"))
    if answer.error is not None:
        output.say(f"! {output.text(answer.error.message)}")
        output.say(f"  {output.text(answer.error.remedy)}")
    for field, reason in answer.not_sent.items():
        output.say(output.text(Message("Not sent: {field}. {reason}", field=field, reason=output.text(reason))))
    output.say()


def _print_table(record: ComparisonRecord) -> None:
    rows = []
    for shown in record.by_side:
        answer, usage = shown.answer, shown.answer.usage
        mark = "" if usage is None or usage.source == "reported" else "~"
        speed = answer.timing.tokens_per_second(usage.output) if usage else None
        rows.append(
            [
                name_of(record, shown),
                _status(answer),
                f"{mark}{usage.input}" if usage else "—",
                f"{mark}{usage.output}" if usage else "—",
                output.speech().seconds(answer.timing.first_token),
                output.speech().seconds(answer.timing.total),
                output.speech().number(speed, 0) if speed else "—",
                output.speech().usd(answer.cost_usd) if usage else "—",
            ]
        )
    header = [
        Message("Model"),
        Message("Status"),
        Message("In"),
        Message("Out"),
        Message("First token"),
        Message("Total"),
        Message("Tokens/s"),
        Message("Cost"),
    ]
    output.table([output.text(h) for h in header], rows, right=(2, 3, 4, 5, 6, 7))
    if any(a.answer.usage and a.answer.usage.source == "estimated" for a in record.answers):
        output.say(output.text(Message("~ estimated: the server reported no usage")))


def print_ratings(record: ComparisonRecord, ratings: Sequence[Rating], stars: Sequence[Stars]) -> None:
    """What was said about the answers, one line a rater and pair."""
    number = {a.id: f"[{a.side + 1}]" for a in record.answers}
    for rating in ratings:
        winner = {Outcome.LEFT: rating.left, Outcome.RIGHT: rating.right}.get(rating.outcome)
        if winner is not None:
            loser = rating.right if winner == rating.left else rating.left
            said = output.text(Message("{winner} is better than {loser}", winner=number[winner], loser=number[loser]))
        else:
            said = output.text(Message("tie") if rating.outcome is Outcome.TIE else Message("both bad"))
        parts = [rating.rater, said, output.text(Message("blind")) if rating.blind else "", ", ".join(rating.tags)]
        output.say(" · ".join(p for p in (*parts, rating.comment) if p))
    for given in stars:
        output.say(f"{given.rater} · {number[given.answer]} {'★' * given.stars}{'☆' * (5 - given.stars)}")


# A literal for each word, so that a translator finds it.
STATUS_WORDS = {
    "waiting": Message("waiting"),
    "running": Message("running"),
    "done": Message("done"),
    "truncated": Message("truncated"),
    "refused": Message("refused"),
    "failed": Message("failed"),
    "cancelled": Message("stopped"),
    "interrupted": Message("interrupted"),
}


def _status(answer: Answer) -> str:
    return output.text(STATUS_WORDS[answer.status.value])
