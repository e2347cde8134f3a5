"""`rate --batch`: the queue in the terminal, one key a vote."""

from __future__ import annotations

import shutil
import sys
from typing import TYPE_CHECKING

from app.cli import output
from app.cli.wrapping import wrapped
from app.domain.message import Message

if TYPE_CHECKING:
    from app.bootstrap import Container
    from app.cli.keys import Keys
    from app.domain.ratings import Vote
    from app.services.rating.queueing import Task

WIDEST, NARROWEST = 100, 40
VOTES = {
    **dict.fromkeys(("1", "a", "left"), "left"),
    **dict.fromkeys(("2", "b", "right"), "right"),
    **dict.fromkeys(("3", "t", "up"), "tie"),
    **dict.fromkeys(("4", "x", "down"), "both_bad"),
}


def rate_batch(box: Container, batch: str, rater: str) -> None:
    """Pair after pair until none is left, or until the person quits."""
    from app.cli.keys import keys

    task = box.queue.next(batch, rater)
    with keys() as pressed:
        while task is not None:
            pressed.forget()
            _show(box, task)
            following = _answered(box, task, pressed)
            if following is None:
                return
            task = following[0]
    _status(box, batch, rater)
    if box.queue.progress(batch, rater).left:
        output.note(
            output.text(Message("The pairs that are left are on other raters' screens. Come back in ten minutes."))
        )
    else:
        output.note(output.text(Message("Nothing is left for you in this batch.")))


def _answered(box: Container, task: Task, pressed: Keys) -> tuple[Task | None] | None:
    """The next task once a key has said what to do with this one; None to quit."""
    for key in pressed:
        if key in VOTES:
            box.queue.vote(task, _vote(task, VOTES[key]))
            output.note(f"  → {output.text(_WORDS[VOTES[key]])}")
        elif key in ("s", "n"):
            box.queue.skip(task)
            output.note(f"  → {output.text(Message('skipped'))}")
        elif key == "u":
            before = box.queue.back(task.batch, task.rater, task)
            if before is not None:
                return (before,)
            output.note(f"  {output.text(Message('There is nothing before this pair.'))}")
            continue
        elif key in ("e", "r"):
            _more(task, key)
            continue
        elif key in ("q", "\x1b", "\x04"):
            break
        else:
            if key.strip():
                _help(task)
            continue
        return (box.queue.next(task.batch, task.rater),)
    return None


_WORDS = {
    "left": Message("A is better"),
    "right": Message("B is better"),
    "tie": Message("tie"),
    "both_bad": Message("both bad"),
}


def _vote(task: Task, word: str) -> Vote:
    from app.domain.ratings import Outcome, Vote

    sides = {"left": 0, "right": 1}
    if word in sides:
        return Vote(task.rater, best=task.record.by_side[sides[word]].id)
    return Vote(task.rater, outcome=Outcome(word))


def _show(box: Container, task: Task) -> None:
    columns = _columns()
    if output.is_terminal(sys.stdout):
        sys.stdout.write("\x1b[2J\x1b[3J\x1b[H")
    _status(box, task.batch, task.rater)
    output.say()
    for line in wrapped(task.question, columns):
        output.say(line)
    for letter, answer in zip("AB", task.record.by_side, strict=True):
        output.say()
        output.say(f"── {letter} ".ljust(columns, "─"))
        for line in wrapped(answer.answer.text.strip("\n"), columns):
            output.say(line)
    output.say()
    if task.ballot is not None:
        vote = task.ballot.vote
        word = vote.outcome.value if vote.outcome else ("left" if vote.best == task.record.by_side[0].id else "right")
        stands = Message("You said: {vote}. It stands until you vote again; s leaves it.", vote=_WORDS[word])
        output.say(output.text(stands))
    elif task.identical:
        output.say(output.text(Message("The two answers are identical.")))
    elif task.returned:
        output.say(output.text(Message("You skipped this pair before. Skipped again, it does not come back.")))
    _help(task)


def _help(task: Task) -> None:
    parts = [
        Message("1 A is better"),
        Message("2 B is better"),
        Message("t tie"),
        Message("x both bad"),
        Message("s skip"),
        Message("u undo"),
        Message("q quit"),
    ]
    if task.record.comparison.evidence:
        parts.insert(6, Message("e sources"))
    if task.reference:
        parts.insert(6, Message("r reference"))
    # A key stays beside what it does.
    words = "   ".join(output.text(part).replace(" ", "\u00a0") for part in parts)
    for line in wrapped(words, _columns()):
        output.note(line)


def _more(task: Task, key: str) -> None:
    columns = _columns()
    if key == "r" and task.reference:
        output.say(output.text(Message("Reference answer (it may sway your vote):")))
        for line in wrapped(task.reference, columns):
            output.say(line)
    if key == "e":
        for number, passage in enumerate(task.record.comparison.evidence.passages, start=1):
            output.say(f"[{number}] {passage.document}" + (f" · {passage.page}" if passage.page else ""))
            for line in wrapped(passage.text, columns - 4):
                output.say(f"    {line}")


def _columns() -> int:
    return max(NARROWEST, min(WIDEST, shutil.get_terminal_size((80, 24)).columns)) - 1


def _status(box: Container, batch: str, rater: str) -> None:
    record, progress = box.queue.batch(batch), box.queue.progress(batch, rater)
    share = output.speech().percent(progress.done / progress.places if progress.places else 0.0)
    line = Message(
        "{batch} · {mine} rated by you · {left} left · {share} of all",
        batch=record.name,
        mine=progress.mine,
        left=progress.left,
        share=share,
    )
    output.say(output.text(line))


def progress_to_dict(box: Container, batch: str, rater: str) -> dict[str, object]:
    """What `rate --batch ID --json` prints. The names are stable; docs/cli.md describes them."""
    record, progress = box.queue.batch(batch), box.queue.progress(batch, rater)
    return {
        "batch": record.id,
        "name": record.name,
        "rater": rater,
        "rated": progress.mine,
        "left": progress.left,
        "done": progress.done,
        "places": progress.places,
        "categories": [{"name": c.name, "done": c.done, "places": c.places} for c in progress.categories],
        "attention": {
            name: {"passed": found.passed, "total": found.total}
            for name, found in sorted(box.queue.attention(batch).items())
        },
    }
