"""`collections`: what is indexed, deleting it, and indexing it anew under another embedding."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Annotated

import typer

from app.cli import output
from app.cli.asking import agreed, sure
from app.cli.index import Embedding, Json, Overlap, Size, Tokeniser, Unit, Yes, chunking, follow, tokeniser_name
from app.cli.session import container

if TYPE_CHECKING:
    from app.bootstrap import Container
    from app.domain.documents import CollectionRecord

app = typer.Typer(help="What is indexed, and under which embedding.", rich_markup_mode=None)
Name = Annotated[str, typer.Argument(metavar="NAME")]


@app.callback(invoke_without_command=True)
def collections(context: typer.Context, as_json: Json = False) -> None:
    if context.invoked_subcommand is None:
        listed(as_json)


@app.command("list")
def listed(as_json: Json = False) -> None:
    """List the collections."""
    from app.domain.message import Message
    from app.services.documents.json_form import collection_to_dict

    with container() as box:
        # Where nothing was ever indexed, no server is started to say so.
        found = box.passages.collections() if box.documents_begun() else []
    if as_json:
        output.emit_json({"collections": [collection_to_dict(c) for c in found]})
    elif found:
        _table(found)
    else:
        output.note(
            output.text(
                Message("There is no collection yet: {command}", command="python -m app index PATH --collection NAME")
            )
        )


@app.command()
def show(name: Name, as_json: Json = False) -> None:
    """Show one collection with its documents."""
    from app.domain.message import Message
    from app.services.documents.json_form import collection_to_dict, documents_to_list

    with container() as box:
        record = _known(box, name)
        documents = box.passages.documents(record.name)
    if as_json:
        output.emit_json({**collection_to_dict(record), "documents": documents_to_list(documents)})
        return
    speech, made = output.speech(), record.collection
    _table([record])
    size, overlap = made.chunking.size, made.chunking.overlap
    unit = output.text(Message("characters") if made.chunking.unit == "characters" else Message("tokens"))
    output.say()
    output.say(
        output.text(Message("Passages of {size} {unit}, overlap {overlap}", size=size, unit=unit, overlap=overlap))
    )
    output.say(output.text(Message("Table {table}", table=f"{record.schema}.{record.table}")))
    output.say()
    heads = (Message("Document"), Message("Pages"), Message("Passages"), Message("Size"), Message("Indexed"))
    rows = [
        [
            output.shorten(d.name, 60),
            "—" if d.pages is None else speech.number(d.pages),
            speech.number(d.passages),
            speech.size(d.size),
            speech.when(d.indexed_at),
        ]
        for d in documents
    ]
    if rows:
        output.table([output.text(h) for h in heads], rows, right=(1, 2, 3))


@app.command()
def delete(
    name: Name,
    document: Annotated[str | None, typer.Option(metavar="NAME", help="Only this document of it.")] = None,
    yes: Annotated[bool, typer.Option("--yes", "-y", help="Do not ask first.")] = False,
    as_json: Json = False,
) -> None:
    """Delete a collection, or one document of it. The files themselves stay where they are."""
    from app.domain.message import Message

    with container() as box:
        record = _known(box, name)
        found = box.passages.document(record.name, document) if document else None
        if not yes:
            what = found.name if found else record.name
            passages = output.speech().number(found.passages if found else record.passages)
            sure(output.text(Message("Delete {name} with its passages ({n})?", name=what, n=passages)))
        if found:
            box.passages.delete_document(found.id)
            box.passages.finish(record.name)  # a server that stops with us has no time to do it by itself
        else:
            box.passages.delete_collection(record.name)
    if as_json:
        output.emit_json({"collection": record.name, "document": found.name if found else None, "deleted": True})
    else:
        output.say(output.text(Message("Deleted: {name}", name=found.name if found else record.name)))


@app.command()
def reindex(
    name: Name,
    embedding: Embedding = None,
    to: Annotated[
        str | None, typer.Option(metavar="NAME", help="Into another collection, beside this one, to compare the two.")
    ] = None,
    chunk_size: Size = None,
    chunk_overlap: Overlap = None,
    chunk_unit: Unit = None,
    tokeniser: Tokeniser = None,
    yes: Yes = False,
    as_json: Json = False,
) -> None:
    """Index a collection's documents anew, without their files; the old index serves until all is done."""
    from app.domain.models import ModelRef

    model, reading = ModelRef.parse(embedding) if embedding else None, tokeniser_name(tokeniser)
    with container() as box:
        box.indexing.check(reading)
        record = _known(box, name)
        cut = chunking(box, record.name, chunk_size, chunk_overlap, chunk_unit)
        estimate = agreed(
            lambda before: box.indexing.estimate_anew(record.name, embedding=model, chunking=cut, before=before), yes
        )
        job = box.indexing.reindex(record.name, embedding=model, chunking=cut, tokeniser=reading, to=to)
        code = follow(box, job, as_json, estimate)
    raise typer.Exit(code)


def _known(box: Container, name: str) -> CollectionRecord:
    """Raises UserError when there is none of this name."""
    from app.domain.errors import UserError
    from app.domain.message import Message

    if box.documents_begun():
        return box.passages.collection(name)
    raise UserError(
        Message("There is no collection “{name}”.", name=name[:200]),
        Message("Make one: {command}", command="python -m app index PATH --collection NAME"),
    )


def _table(records: Sequence[CollectionRecord]) -> None:
    from app.domain.message import Message

    speech = output.speech()
    heads = (
        Message("Collection"),
        Message("Embedding"),
        Message("Documents"),
        Message("Passages"),
        Message("Size"),
        Message("Made"),
    )
    output.table(
        [output.text(h) for h in heads],
        [
            [
                output.shorten(r.name, 40),
                f"{r.collection.embedding} ({r.collection.dimension})",
                speech.number(r.documents),
                speech.number(r.passages),
                speech.size(r.bytes),
                speech.when(r.created_at),
            ]
            for r in records
        ],
        right=(2, 3, 4),
    )
