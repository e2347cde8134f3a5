"""`compare`: one prompt to several contestants at once."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from app.cli import output
from app.cli.sampling_options import (
    MaxTokens,
    Own,
    Penalty,
    Preset,
    Reasoning,
    Seed,
    Stop,
    Temperature,
    TopK,
    TopP,
    sampling_of,
)
from app.cli.session import container

if TYPE_CHECKING:
    from app.domain.comparisons import Comparison
    from app.domain.message import Message

FILE = "Text file with sources, - for stdin; every contestant gets the same. Repeatable."
COLLECTION = "Search this collection once; every contestant gets the same passages."


def compare(
    model: Annotated[
        list[str], typer.Option("--model", "-m", metavar="MODEL", help="provider:name; repeat it, up to four times.")
    ],
    prompt: Annotated[str, typer.Option("--prompt", "-p", metavar="TEXT", help="The question; - reads it from stdin.")],
    system: Annotated[str, typer.Option(metavar="TEXT", help="System prompt.")] = "",
    context: Annotated[list[str] | None, typer.Option(metavar="FILE", help=FILE)] = None,
    collection: Annotated[str | None, typer.Option("--collection", "-c", metavar="NAME", help=COLLECTION)] = None,
    k: Annotated[int, typer.Option("--k", min=1, max=100, metavar="N", help="Passages from the collection.")] = 8,
    after: Annotated[str | None, typer.Option(metavar="ID", help="Follow up this comparison.")] = None,
    preset: Preset = None,
    temperature: Temperature = None,
    top_p: TopP = None,
    top_k: TopK = None,
    max_tokens: MaxTokens = None,
    seed: Seed = None,
    frequency_penalty: Penalty = None,
    presence_penalty: Penalty = None,
    repeat_penalty: Penalty = None,
    stop: Stop = None,
    reasoning: Reasoning = None,
    own: Own = None,
    blind: Annotated[bool, typer.Option("--blind", help="Hide which model wrote what until the vote.")] = False,
    one_at_a_time: Annotated[
        bool, typer.Option("--one-at-a-time", help="Start each contestant when the one before is done: fair timing.")
    ] = False,
    as_json: Annotated[bool, typer.Option("--json", help="The result as one JSON object.")] = False,
) -> None:
    """Ask one prompt of one to four models, side by side.

    Ctrl-C stops the contestants; what has arrived is kept, and the exit code is 130.
    """
    from app.cli.inputs import contestants, evidence, read_text
    from app.domain.comparisons import Comparison

    sampling = sampling_of(
        preset,
        temperature=temperature,
        top_p=top_p,
        top_k=top_k,
        max_tokens=max_tokens,
        seed=seed,
        frequency_penalty=frequency_penalty,
        presence_penalty=presence_penalty,
        repeat_penalty=repeat_penalty,
        stop=stop,
        reasoning=reasoning,
    )
    asked = Comparison(
        prompt=read_text("-", "the prompt") if prompt == "-" else prompt,
        contestants=contestants(model, sampling, own or []),
        system=system,
        evidence=evidence(context or []),
        blind=blind,
        start="one_at_a_time" if one_at_a_time else "together",
    )
    raise typer.Exit(_run(asked, after, as_json, collection, k))


def _run(asked: Comparison, after: str | None, as_json: bool, collection: str | None, k: int) -> int:
    """Ask, follow and print. The exit code: 0 all done, 1 not all, 130 stopped."""
    from app.cli.progress import Progress
    from app.cli.report import print_comparison
    from app.domain.answers import Status
    from app.domain.searching import SearchSettings
    from app.services.comparing.json_form import comparison_to_dict
    from app.services.comparing.sources import Sources, grounded

    with container() as box:
        if problem := box.prices.problem():
            output.complain(problem.message, problem.remedy)
        notices: tuple[Message, ...] = ()
        if collection is not None:
            sources = Sources(collection, SearchSettings(k=k))
            asked, found = grounded(box.searching.search, asked, sources)
            notices = found.notices
        record = box.comparing.start(asked, after, notices)
        stopped = False
        with Progress(box, record) as progress:
            try:
                progress.follow()
            except KeyboardInterrupt:
                stopped = True
                box.comparing.stop(record.id)
                progress.follow(at_most=5.0)
        record = box.comparing.get(record.id)
        if as_json:
            output.emit_json(comparison_to_dict(record))
        else:
            print_comparison(record)
    if stopped:
        return 130
    return 0 if all(a.answer.status is Status.DONE for a in record.answers) else 1
