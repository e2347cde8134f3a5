"""`index`: files and folders into a collection."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from app.cli import output
from app.cli.asking import agreed
from app.cli.session import container

if TYPE_CHECKING:
    from app.bootstrap import Container
    from app.domain.documents import Chunking, TokeniserName
    from app.domain.embedding import EmbeddingCost
    from app.services.documents.job import IndexingJob

Embedding = Annotated[
    str | None,
    typer.Option("--embedding", "-e", metavar="MODEL", help="builtin:use-multilingual, ollama:nomic-embed-text, …"),
]
Size = Annotated[int | None, typer.Option("--chunk-size", metavar="N", help="Longest passage [default: 900].")]
Overlap = Annotated[
    int | None, typer.Option("--chunk-overlap", metavar="N", help="Most that two passages share [default: 120].")
]
Unit = Annotated[
    str | None, typer.Option("--chunk-unit", metavar="UNIT", help="characters or tokens [default: characters].")
]
Tokeniser = Annotated[
    str | None, typer.Option(metavar="NAME", help="How keyword search reads Korean: stems or kiwi [default: stems].")
]
Yes = Annotated[bool, typer.Option("--yes", "-y", help="Do not ask first where embedding costs money.")]
Json = Annotated[bool, typer.Option("--json", help="The result as one JSON object.")]
STOP_WAIT = 3.0  # seconds that a cancelled indexing gets to end by itself


def index(
    path: Annotated[list[Path], typer.Argument(metavar="PATH…", help="Files, and folders to search through.")],
    collection: Annotated[str, typer.Option("--collection", "-c", metavar="NAME", help="Made when there is none.")],
    embedding: Embedding = None,
    chunk_size: Size = None,
    chunk_overlap: Overlap = None,
    chunk_unit: Unit = None,
    tokeniser: Tokeniser = None,
    yes: Yes = False,
    as_json: Json = False,
) -> None:
    """Index files into a collection; a changed file is indexed anew, an unchanged one costs nothing.

    Exit code 1 when a file failed; the others are indexed. Ctrl-C keeps the documents that are whole.
    Where embedding costs money, what it will cost is said and asked before.
    """
    from app.domain.models import ModelRef
    from app.services.documents.named import sources

    files = sources([p.expanduser() for p in path])
    model = ModelRef.parse(embedding) if embedding else None
    reading = tokeniser_name(tokeniser)
    with container() as box:
        box.indexing.check(reading)
        cut = chunking(box, collection, chunk_size, chunk_overlap, chunk_unit)
        estimate = agreed(
            lambda before: box.indexing.estimate(files, collection, embedding=model, chunking=cut, before=before), yes
        )
        job = box.indexing.start(files, collection, embedding=model, chunking=cut, tokeniser=reading)
        code = follow(box, job, as_json, estimate)
    raise typer.Exit(code)


def follow(box: Container, job: IndexingJob, as_json: bool, estimate: EmbeddingCost | None = None) -> int:
    """Show how it goes, then what became of each document. The exit code: 0, 1 when one failed, 130 stopped."""
    from app.cli.indexing_report import JobProgress, print_job
    from app.services.documents.json_form import indexing_to_dict

    stopped = False
    with JobProgress(job) as progress:
        try:
            progress.follow()
        except KeyboardInterrupt:
            stopped = True
            job.cancel()
            progress.follow(at_most=STOP_WAIT)
            if not job.over:
                box.indexing.close()  # a server that hangs is not waited for
    state = job.state()
    if as_json:
        output.emit_json(indexing_to_dict(state, estimate))
    else:
        print_job(state)
    return 130 if stopped else 1 if state.failed else 0


def chunking(
    box: Container, collection: str, size: int | None, overlap: int | None, unit: str | None
) -> Chunking | None:
    """What was given, over the collection's own chunking; None when nothing was. Raises UserError."""
    from app.domain.documents import Chunking
    from app.domain.errors import UserError
    from app.domain.message import Message

    if size is None and overlap is None and unit is None:
        return None
    known = [c for c in box.passages.collections() if c.name == collection] if box.documents_begun() else []
    own = known[0].collection.chunking if known else Chunking()
    if unit not in (None, "characters", "tokens"):
        raise UserError(
            Message("“{text}” is no unit of passages.", text=str(unit)[:80]),
            Message("Choose one of {names}.", names="characters, tokens"),
        )
    size = own.size if size is None else size
    overlap = min(own.overlap, size // 4) if overlap is None else overlap
    return Chunking(size, overlap, "tokens" if (unit or own.unit) == "tokens" else "characters")


def tokeniser_name(name: str | None) -> TokeniserName | None:
    """Raises UserError for one that does not exist or is not installed."""
    from app.domain.documents import TokeniserName
    from app.domain.errors import UserError
    from app.domain.message import Message

    if name is None:
        return None
    try:
        return TokeniserName(name)
    except ValueError:
        raise UserError(
            Message("There is no way to read Korean called “{name}”.", name=name[:80]),
            Message("Choose one of {names}.", names=", ".join(TokeniserName)),
        ) from None
