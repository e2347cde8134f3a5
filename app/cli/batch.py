"""`batch`: a question set put to contestants, run, paused, resumed, looked at."""

from __future__ import annotations

from typing import Annotated

import typer

from app.cli import output
from app.cli.batch_following import begin, follow, show
from app.cli.index import Json
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

app = typer.Typer(help="A question set put to contestants.", no_args_is_help=True, rich_markup_mode=None)
Id = Annotated[str, typer.Argument(metavar="ID", help="The batch's id, or the beginning of it.")]
Budget = Annotated[
    str | None, typer.Option("--budget-usd", metavar="USD", help="Pause before more than this is spent.")
]
Yes = Annotated[bool, typer.Option("--yes", "-y", help="Do not ask first.")]
WHO = "by its number (1 is the first --model) or its name"


@app.command()
def run(
    questions: Annotated[str, typer.Option("--questions", "-q", metavar="NAME", help="The question set.")],
    model: Annotated[
        list[str], typer.Option("--model", "-m", metavar="MODEL", help="provider:name; repeat it, up to four times.")
    ],
    version: Annotated[int | None, typer.Option(metavar="N", help="Of the set [default: the latest].")] = None,
    system: Annotated[str, typer.Option(metavar="TEXT", help="System prompt.")] = "",
    collection: Annotated[
        str, typer.Option("--collection", "-c", metavar="NAME", help="Each question's sources come from here.")
    ] = "",
    k: Annotated[int, typer.Option("--k", min=1, max=100, metavar="N", help="Passages from the collection.")] = 8,
    mode: Annotated[str, typer.Option(metavar="MODE", help="Search: dense, keyword or hybrid.")] = "hybrid",
    repeats: Annotated[int, typer.Option(metavar="N", help="How often each question is asked.")] = 1,
    budget_usd: Budget = None,
    concurrency: Annotated[int, typer.Option(metavar="N", help="Requests at once to one endpoint.")] = 4,
    one_at_a_time: Annotated[
        bool, typer.Option("--one-at-a-time", help="Local models one after another; cloud ones beside them.")
    ] = False,
    cache: Annotated[bool, typer.Option("--cache", help="Take what the same request was answered before.")] = False,
    raters: Annotated[int, typer.Option(metavar="N", help="People who rate each pair.")] = 1,
    gold_every: Annotated[int, typer.Option(metavar="N", help="A pair with a known outcome among so many.")] = 0,
    incumbent: Annotated[str, typer.Option(metavar="WHO", help=f"The model that you have, {WHO}.")] = "1",
    challenger: Annotated[str, typer.Option(metavar="WHO", help=f"The one that could take over, {WHO}.")] = "2",
    margin: Annotated[
        float, typer.Option(metavar="SHARE", help="How much worse is still all right, 0.10 for ten points.")
    ] = 0.10,
    acceptable: Annotated[
        float, typer.Option(metavar="SHARE", help="Of the challenger's answers, how many must be acceptable.")
    ] = 0.70,
    these_questions: Annotated[
        bool, typer.Option("--these-questions", help="The verdict is about these questions, not about ones like them.")
    ] = False,
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
    yes: Yes = False,
    as_json: Json = False,
) -> None:
    """Put every question to every model and store the answers.

    Says first what it will take. Ctrl-C pauses (answers under way are waited for), a second one leaves
    at once; `batch resume` goes on either way. Exit code 1 when an answer failed or the batch paused.
    """
    from app.cli.batch_inputs import search_settings, share, usd, who
    from app.cli.inputs import contestants
    from app.domain.batches import BatchPlan, VerdictTerms

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
    cast = contestants(model, sampling, own or [])
    terms = VerdictTerms(
        incumbent=who(incumbent, cast) if len(cast) > 1 else 0,
        challenger=who(challenger, cast) if len(cast) > 1 else 1,
        margin=share(margin),
        acceptable=share(acceptable),
        design="these_questions" if these_questions else "questions_like_these",
    )
    with container() as box:
        plan = BatchPlan(
            question_set=questions,
            version=box.questions.get(questions, version).version,
            contestants=cast,
            repeats=repeats,
            system=system,
            collection=collection,
            search=search_settings(mode, k),
            budget_usd=usd(budget_usd),
            concurrency=concurrency,
            start="one_at_a_time" if one_at_a_time else "together",
            cache=cache,
            raters=raters,
            gold_every=gold_every,
        )
        code = begin(box, plan, terms, yes, as_json)
    raise typer.Exit(code)


@app.command()
def resume(batch: Id, budget_usd: Budget = None, as_json: Json = False) -> None:
    """Go on with a batch that was paused or interrupted; what was answered is never asked again."""
    from app.cli.batch_inputs import usd

    with container() as box:
        record = box.batches.resume(batch, usd(budget_usd))
        code = follow(box, record.id, as_json)
    raise typer.Exit(code)


@app.command()
def retry(batch: Id, budget_usd: Budget = None, as_json: Json = False) -> None:
    """Ask the answers again that failed in a batch that is done and not rated yet; nothing else is asked."""
    from app.cli.batch_inputs import usd

    with container() as box:
        record = box.batches.retry(batch, usd(budget_usd))
        code = follow(box, record.id, as_json)
    raise typer.Exit(code)


@app.command()
def pause(batch: Id, as_json: Json = False) -> None:
    """Ask nothing more for now, wherever it runs; answers under way are waited for."""
    with container() as box:
        box.batches.pause(batch)
        show(box, batch, as_json)


@app.command()
def stop(batch: Id, as_json: Json = False) -> None:
    """End a batch for good, wherever it runs; what was answered is kept."""
    with container() as box:
        box.batches.stop(batch)
        show(box, batch, as_json)


@app.command()
def status(batch: Id, as_json: Json = False) -> None:
    """How a batch stands, what failed and why."""
    with container() as box:
        show(box, batch, as_json)


@app.command("list")
def listed(
    limit: Annotated[int, typer.Option("--limit", "-n", min=1, metavar="N", help="So many of the newest.")] = 20,
    as_json: Json = False,
) -> None:
    """List the batches, the newest first."""
    from app.domain.message import Message
    from app.services.batches.json_form import batch_to_dict
    from app.services.batches.words import STATE_WORDS

    with container() as box:
        found = box.batches.list(limit)
    if as_json:
        output.emit_json({"batches": [batch_to_dict(record) for record in found]})
        return
    if not found:
        command = "python -m app batch run --questions NAME --model MODEL --model MODEL"
        output.note(output.text(Message("There is no batch yet: {command}", command=command)))
        return
    speech = output.speech()
    heads = (
        Message("Batch"),
        Message("Made"),
        Message("Questions"),
        Message("Models"),
        Message("Status"),
        Message("Answers"),
    )
    rows = [
        [
            r.id,
            speech.when(r.created_at),
            output.shorten(r.name, 30),
            output.shorten(", ".join(str(c.model) for c in r.plan.contestants), 50),
            output.text(STATE_WORDS[r.state]),
            f"{speech.number(r.progress.answers - r.progress.left)}/{speech.number(r.progress.answers)}",
        ]
        for r in found
    ]
    output.table([output.text(h) for h in heads], rows, right=(5,))
