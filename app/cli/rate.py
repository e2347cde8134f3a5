"""`rate`: say which answer is better; `reveal`: see who is who where nobody can."""

from __future__ import annotations

import getpass
import os
from typing import TYPE_CHECKING, Annotated

import typer

from app.cli import output
from app.cli.session import container

if TYPE_CHECKING:
    from app.bootstrap import Container
    from app.domain.comparisons import ComparisonRecord
    from app.domain.ratings import Vote

CHOICE = "left, right, tie, both-bad, or best:N among three or four."


def rate(
    comparison: Annotated[
        str | None, typer.Argument(metavar="ID", help="The comparison; the beginning of its id will do.")
    ] = None,
    choice: Annotated[str | None, typer.Argument(metavar="CHOICE", help=CHOICE)] = None,
    by: Annotated[
        str | None, typer.Option("--by", "--rater", metavar="NAME", help="Your name [default: the system's user]")
    ] = None,
    batch: Annotated[
        str | None, typer.Option("--batch", "-b", metavar="ID", help="A batch's pairs, blind, one key a vote.")
    ] = None,
    sheet: Annotated[
        str | None, typer.Option("--export-sheet", metavar="FILE", help="With --batch: your pairs as CSV to fill in.")
    ] = None,
    votes: Annotated[
        str | None, typer.Option("--import", metavar="FILE", help="Store the votes of a CSV file or a filled-in sheet.")
    ] = None,
    stars: Annotated[str, typer.Option(metavar="N=STARS", help="1 to 5 for each answer by its number: 1=4,2=5")] = "",
    tag: Annotated[
        list[str] | None, typer.Option(metavar="TAG", help="wrong, incomplete, unsupported, … Repeatable.")
    ] = None,
    comment: Annotated[str, typer.Option(metavar="TEXT", help="Why, in your words.")] = "",
    as_json: Annotated[
        bool, typer.Option("--json", help="The rated comparison, a batch's progress or the import as JSON.")
    ] = False,
) -> None:
    """Say which answer is better: of one comparison, of a batch pair by pair, or by a file of votes.

    A vote on one comparison reveals it; one in a batch does not. A second vote corrects the first.
    """
    from app.cli import rate_files, rate_queue

    _one_job(comparison, choice, batch, votes, sheet)
    with container() as box:
        if votes is not None:
            rate_files.import_votes(box, votes, by or _me(), as_json=as_json)
        elif batch is not None and sheet is not None:
            rate_files.export_sheet(box, batch, by or _me(), sheet)
        elif batch is not None and as_json:
            output.emit_json(rate_queue.progress_to_dict(box, batch, by or _me()))
        elif batch is not None:
            rate_queue.rate_batch(box, batch, by or _me())
        elif comparison is not None and choice is not None:
            _rate_one(box, comparison, choice, by or _me(), stars, tuple(tag or ()), comment, as_json)


def _rate_one(
    box: Container,
    comparison: str,
    choice: str,
    rater: str,
    stars: str,
    tags: tuple[str, ...],
    comment: str,
    as_json: bool,
) -> None:
    from app.cli.report import name_of
    from app.domain.message import Message
    from app.services.comparing.json_form import comparison_to_dict

    record = box.comparing.get(comparison)
    vote = _vote(record, choice, rater, stars, tags, comment)
    record = box.rating.vote(record.id, vote)
    if as_json:
        output.emit_json(comparison_to_dict(record))
        return
    output.say(output.text(Message("Stored, by {name}.", name=vote.rater)))
    for answer in record.by_side:
        output.say(name_of(record, answer))


def _one_job(
    comparison: str | None, choice: str | None, batch: str | None, votes: str | None, sheet: str | None
) -> None:
    """Raises UserError where it is not clear what is to be rated."""
    from app.domain.errors import UserError
    from app.domain.message import Message

    jobs = (comparison is not None) + (batch is not None) + (votes is not None)
    if jobs == 1 and (comparison is None) == (choice is None) and (sheet is None or batch is not None):
        return
    raise UserError(
        Message("Rate one comparison, a batch, or import votes."),
        Message("For example: rate ID left; rate --batch ID; rate --batch ID --export-sheet FILE; rate --import FILE"),
    )


def reveal(
    comparison: Annotated[str, typer.Argument(metavar="ID", help="The comparison; the beginning of its id will do.")],
    by: Annotated[
        str | None, typer.Option("--by", "--rater", metavar="NAME", help="Your name [default: the system's user]")
    ] = None,
    as_json: Annotated[bool, typer.Option("--json", help="The revealed comparison as JSON.")] = False,
) -> None:
    """Show who is who in a blind comparison without a vote, as when its answers failed.

    A vote after it counts as not blind; of a batch's comparison the one who looked is not asked any more.
    """
    from app.cli.report import print_comparison
    from app.services.comparing.json_form import comparison_to_dict

    with container() as box:
        box.comparing.reveal(comparison, by or _me())
        record = box.comparing.get(comparison)
    if as_json:
        output.emit_json(comparison_to_dict(record))
    else:
        print_comparison(record)


def _me() -> str:
    try:
        return os.environ.get("UNDERSTUDY_RATER") or getpass.getuser()
    except (OSError, KeyError, ImportError):
        return ""


def _vote(record: ComparisonRecord, choice: str, rater: str, stars: str, tags: tuple[str, ...], comment: str) -> Vote:
    """Raises UserError for a choice that the comparison does not offer."""
    from app.domain.ratings import Outcome, Vote

    outcomes = {"tie": Outcome.TIE, "both-bad": Outcome.BOTH_BAD, "both_bad": Outcome.BOTH_BAD}
    given = _stars(record, stars)
    if choice in outcomes:
        return Vote(rater, outcome=outcomes[choice], stars=given, tags=tags, comment=comment)
    return Vote(rater, best=_best(record, choice), stars=given, tags=tags, comment=comment)


def _best(record: ComparisonRecord, choice: str) -> str:
    from app.domain.errors import UserError
    from app.domain.message import Message

    ratable = record.ratable
    if choice in ("left", "right"):
        if len(ratable) > 2:
            raise UserError(
                Message("Left and right mean two answers; here are {n}.", n=len(ratable)),
                Message("Name the best one by its number: best:1"),
            )
        if len(ratable) == 2:
            return ratable[0 if choice == "left" else 1].id
        # Too few to vote on: the rating service says it better.
        return record.by_side[0].id
    word, colon, number = choice.partition(":")
    if word == "best" and colon:
        return _numbered(record, number)
    raise UserError(
        Message("“{choice}” is not a vote.", choice=choice[:80]),
        Message("Choose left, right, tie, both-bad or best:N."),
    )


def _stars(record: ComparisonRecord, text: str) -> dict[str, int]:
    from app.domain.errors import UserError
    from app.domain.message import Message

    stars = {}
    for part in filter(None, (p.strip() for p in text.split(","))):
        number, equals, count = part.partition("=")
        if not equals or not count.strip().isdecimal():
            raise UserError(
                Message("“{text}” does not give stars.", text=part[:80]), Message("Write number=stars: --stars 1=4,2=5")
            )
        stars[_numbered(record, number)] = int(count)
    return stars


def _numbered(record: ComparisonRecord, number: str) -> str:
    """The id of the answer with this number, counted from 1 by the side shown."""
    from app.domain.errors import UserError
    from app.domain.message import Message

    number = number.strip()
    shown = record.by_side
    if not number.isdecimal() or not 1 <= int(number) <= len(shown):
        raise UserError(
            Message("There is no answer number “{number}”.", number=number[:20]),
            Message("The answers are numbered 1 to {n}, from the left.", n=len(shown)),
        )
    return shown[int(number) - 1].id
