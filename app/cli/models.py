"""`models`: what can be asked, what a model takes, and fetching one."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from app.cli import output
from app.cli.session import container

if TYPE_CHECKING:
    from app.domain.models import ModelInfo

app = typer.Typer(help="What can be asked here; fetch a model.", rich_markup_mode=None, invoke_without_command=True)

Json = Annotated[bool, typer.Option("--json", help="As JSON.")]
WAIT = 10.0  # seconds that a slow server gets to list its models


@app.callback()
def models(context: typer.Context) -> None:
    if context.invoked_subcommand is None:
        listed()


@app.command("list")
def listed(
    provider: Annotated[str | None, typer.Option(metavar="NAME", help="Only this provider's.")] = None,
    every: Annotated[bool, typer.Option("--all", help="Also models that do not chat, such as embeddings.")] = False,
    as_json: Json = False,
) -> None:
    """List the models that the providers here offer."""
    from app.domain.message import Message

    with container() as box:
        found = box.directory.look(WAIT, fresh=True)
        shown = [m for m in found.models if (every or m.chat) and provider in (None, m.ref.provider)]
        for name, error in found.errors.items():
            if provider in (None, name):
                output.note(f"{name}: {output.text(error.message)} {output.text(error.remedy)}")
        for name in found.pending:
            output.note(output.text(Message("{name} has not answered yet.", name=name)))
        if as_json:
            output.emit_json([_as_dict(m) for m in shown])
            return
        if not shown:
            output.note(output.text(Message("No model is here; `python -m app doctor` says how to connect one.")))
            return
        output.table(
            [
                output.text(Message("Model")),
                output.text(Message("Size")),
                output.text(Message("Quantisation")),
                output.text(Message("Context")),
                output.text(Message("Runs")),
                output.text(Message("Retires")),
            ],
            [
                [
                    str(m.ref),
                    output.speech().size(m.size),
                    m.quantization or "—",
                    f"{m.context_window:,}" if m.context_window else "—",
                    output.text(Message("here") if m.local else Message("elsewhere")),
                    m.retires.isoformat() if m.retires else "—",
                ]
                for m in shown
            ],
            right=(1, 3),
        )


@app.command()
def show(model: Annotated[str, typer.Argument(metavar="MODEL", help="provider:name")], as_json: Json = False) -> None:
    """Say what a model accepts, how much it can read, and what it costs."""
    from datetime import UTC, datetime

    from app.domain.message import Message
    from app.domain.models import ModelRef

    ref = ModelRef.parse(model)
    with container() as box:
        provider = box.directory.provider(ref)
        takes = box.engine.call(provider.capabilities(ref.name), WAIT)
        found = box.directory.look(WAIT)
        info = found.info(ref)
        price = box.prices.price(ref, datetime.now(UTC), local=takes.local)
    retires = takes.retires or (info.retires if info else None)
    told: dict[str, object] = {
        "model": str(ref),
        "local": takes.local,
        "context_window": takes.context_window or (info.context_window if info else None),
        "max_output": takes.max_output,
        "thinking": takes.thinking,
        "json_schema": takes.json_schema,
        "tools": takes.tools,
        "retires": retires.isoformat() if retires else None,
        "size": info.size if info else None,
        "quantization": info.quantization if info else None,
        "family": info.family if info else None,
        "parameters": info.parameters if info else None,
        "refused": {field: str(reason) for field, reason in takes.refused.items()},
        "price_usd_per_million": None
        if price is None
        else {
            "input": format(price.input, "f"),
            "cached_input": None if price.cached_input is None else format(price.cached_input, "f"),
            "output": format(price.output, "f"),
            "source": price.source,
            "as_of": price.as_of.isoformat() if price.as_of else None,
        },
    }
    if as_json:
        output.emit_json(told)
        return
    prices = told.pop("price_usd_per_million")
    told.pop("refused")
    output.table([], [[k.replace("_", " "), _word(v)] for k, v in told.items()])
    if isinstance(prices, dict):
        line = Message(
            "Price per million tokens: ${input} in, ${output} out ({source}, {date})",
            input=prices["input"],
            output=prices["output"],
            source=prices["source"],
            date=prices["as_of"] or "—",
        )
        output.say(output.text(line))
    else:
        output.say(output.text(Message("Price: unpriced")))
    for field, reason in takes.refused.items():
        output.say(output.text(Message("Not taken: {field}. {reason}", field=field, reason=output.text(reason))))


@app.command()
def get(
    name: Annotated[str, typer.Argument(metavar="NAME", help="smollm2 (a file for this machine) or ollama:NAME.")],
    yes: Annotated[bool, typer.Option("--yes", "-y", help="Do not ask first.")] = False,
) -> None:
    """Fetch a model: a file from the catalogue, or one that an Ollama server pulls."""
    from app.cli.fetching import fetch_file, pull

    with container() as box:
        provider, colon, rest = name.partition(":")
        if colon and provider != "gguf":
            raise typer.Exit(pull(box, provider, rest))
        raise typer.Exit(fetch_file(box, rest if colon else name, ask=not yes))


def _as_dict(model: ModelInfo) -> dict[str, object]:
    return {
        "model": str(model.ref),
        "size": model.size,
        "quantization": model.quantization,
        "family": model.family,
        "parameters": model.parameters,
        "digest": model.digest,
        "context_window": model.context_window,
        "retires": model.retires.isoformat() if model.retires else None,
        "local": model.local,
        "chat": model.chat,
    }


def _word(value: object) -> str:
    if value is None:
        return "—"
    if isinstance(value, bool):
        return "yes" if value else "no"
    return f"{value:,}" if isinstance(value, int) else str(value)
