"""`history` and `show`: past comparisons."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Annotated

import typer

from app.cli import output
from app.cli.session import container

if TYPE_CHECKING:
    from app.domain.answers import Status
    from app.domain.comparisons import Summary

Json = Annotated[bool, typer.Option("--json", help="As JSON.")]
PROMPT_COLUMNS = 48


def history(
    text: Annotated[
        str, typer.Argument(metavar="[TEXT]", help="Only those whose prompt, answers or comments hold this.")
    ] = "",
    model: Annotated[
        str | None, typer.Option("--model", "-m", metavar="MODEL", help="Only those with this model.")
    ] = None,
    status: Annotated[
        str | None, typer.Option(metavar="STATUS", help="done, failed, refused, truncated, cancelled, …")
    ] = None,
    batch: Annotated[
        str | None, typer.Option("--batch", "-b", metavar="ID", help="The comparisons of this batch, and no others.")
    ] = None,
    rated: Annotated[bool | None, typer.Option("--rated/--unrated", help="Only with, or only without, a vote.")] = None,
    limit: Annotated[int, typer.Option(min=1, max=10_000, metavar="N", help="Lines at most.")] = 20,
    offset: Annotated[int, typer.Option(min=0, metavar="N", help="Leave out so many of the newest.")] = 0,
    as_json: Json = False,
) -> None:
    """List past comparisons, newest first; those of batches only where --batch names one."""
    from app.cli.report import STATUS_WORDS
    from app.domain.comparisons import Query
    from app.domain.message import Message

    query = Query(
        text=text, model=model, status=_status(status) if status else None, rated=rated, limit=limit, offset=offset
    )
    with container() as box:
        if batch is not None:
            query = replace(query, batch=box.batches.get(batch).id)
        page = box.history.search(query)
    if as_json:
        output.emit_json(
            {"total": page.total, "batch": query.batch, "comparisons": [_as_dict(line) for line in page.lines]}
        )
        return
    header = [Message("Id"), Message("When"), Message("Status"), Message("Votes"), Message("Prompt"), Message("Models")]
    rows = [
        [
            line.id,
            output.speech().when(line.created_at),
            output.text(STATUS_WORDS[line.status.value]),
            str(line.votes),
            output.shorten(line.prompt, PROMPT_COLUMNS),
            output.text(Message("hidden until the vote")) if line.hidden else ", ".join(line.models),
        ]
        for line in page.lines
    ]
    if rows:
        output.table([output.text(h) for h in header], rows, right=(3,))
    output.note(output.text(Message("{shown} of {total}", shown=len(rows), total=page.total)))


def show(
    comparison: Annotated[str, typer.Argument(metavar="ID", help="The beginning of the id will do.")],
    as_json: Json = False,
) -> None:
    """Show one comparison in full, with what was said about it."""
    from app.cli.report import print_comparison, print_ratings
    from app.services.comparing.json_form import comparison_to_dict

    with container() as box:
        found = box.history.get(comparison)
    if as_json:
        output.emit_json(comparison_to_dict(found.record))
        return
    print_comparison(found.record, prompt=True)
    print_ratings(found.record, found.standing, found.standing_stars)


def _status(word: str) -> Status:
    from app.domain.answers import Status
    from app.domain.errors import UserError
    from app.domain.message import Message

    try:
        return Status(word)
    except ValueError:
        raise UserError(
            Message("There is no status “{word}”.", word=word[:80]),
            Message("Choose one of {names}.", names=", ".join(s.value for s in Status)),
        ) from None


def _as_dict(line: Summary) -> dict[str, object]:
    return {
        "id": line.id,
        "created_at": line.created_at.isoformat(),
        "prompt": line.prompt,
        "models": [] if line.hidden else list(line.models),
        "status": line.status.value,
        "hidden": line.hidden,
        "votes": line.votes,
        "turn": line.turn,
    }
