"""`search`: the passages of a collection that answer a question."""

from __future__ import annotations

from enum import StrEnum
from typing import TYPE_CHECKING, Annotated, TypeVar

import typer

from app.cli import output
from app.cli.session import container

if TYPE_CHECKING:
    from app.domain.searching import SearchResult

Choice = TypeVar("Choice", bound=StrEnum)

MODES = "dense, keyword or hybrid."
TEXT_COLUMNS = 300


def search(
    query: Annotated[str, typer.Argument(metavar="QUERY", help="A question or some words.")],
    collection: Annotated[str, typer.Option("--collection", "-c", metavar="NAME", help="Where to search.")],
    mode: Annotated[str, typer.Option(metavar="MODE", help=MODES)] = "hybrid",
    k: Annotated[int, typer.Option("--k", "-k", min=1, max=1000, metavar="N", help="Passages wanted.")] = 8,
    fusion: Annotated[
        str, typer.Option(metavar="WAY", help="How hybrid joins the two: rrf, or sum (0.45 keyword, 0.55 dense).")
    ] = "rrf",
    mmr: Annotated[bool, typer.Option("--mmr", help="Spread the passages: the best of 24 that differ.")] = False,
    expand: Annotated[
        str | None, typer.Option(metavar="MODEL", help="A chat model that adds four ways to ask the question.")
    ] = None,
    extract: Annotated[
        str | None, typer.Option(metavar="MODEL", help="A chat model that picks the part that answers.")
    ] = None,
    document: Annotated[
        list[str] | None, typer.Option(metavar="NAME", help="Only in this document. Repeatable.")
    ] = None,
    as_json: Annotated[bool, typer.Option("--json", help="The result as one JSON object.")] = False,
) -> None:
    """Find the passages of a collection that answer a question, best first."""
    from app.domain.documents import Fusion, Mode
    from app.domain.models import ModelRef
    from app.domain.searching import SearchSettings
    from app.services.documents.json_form import search_to_dict

    settings = SearchSettings(
        mode=_one_of(Mode, mode),
        k=k,
        fusion=_one_of(Fusion, fusion),
        mmr=mmr,
        expansion=ModelRef.parse(expand) if expand else None,
        extraction=ModelRef.parse(extract) if extract else None,
        documents=tuple(document or ()),
    )
    with container() as box:
        found = box.searching.search(query, collection, settings)
    for notice in found.notices:
        output.note(output.hide(output.text(notice)))
    if as_json:
        output.emit_json(search_to_dict(found))
    else:
        _print(found)


def _one_of(kind: type[Choice], word: str) -> Choice:
    from app.domain.errors import UserError
    from app.domain.message import Message

    try:
        return kind(word)
    except ValueError:
        raise UserError(
            Message("“{word}” is none of the choices.", word=word[:80]),
            Message("Choose one of {names}.", names=", ".join(kind)),
        ) from None


def _print(found: SearchResult) -> None:
    from app.domain.message import Message

    for hit in found.hits:
        p, scores = hit.passage, [f"{hit.score:.3f}"]
        if hit.dense is not None:
            scores.append(output.text(Message("dense {score}", score=f"{hit.dense:.2f}")))
        if hit.keyword is not None:
            scores.append(output.text(Message("keyword {score}", score=f"{hit.keyword:.1f}")))
        place = p.document
        if p.page is not None:
            place = output.text(Message("{document}, p. {page}", document=p.document, page=p.page))
        output.say(f"{hit.rank}. {place}  ({' · '.join(scores)})")
        if p.heading:
            output.say(f"   {p.heading}")
        output.say("   " + output.shorten(hit.extract or p.text, TEXT_COLUMNS))
        output.say()
    count, seconds = len(found.hits), output.speech().seconds(found.seconds)
    output.note(output.text(Message("{n} passages in {seconds}", n=count, seconds=seconds)))
