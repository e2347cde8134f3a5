"""`results` and `verdict`: what a batch shows, and what to do."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal

import typer

from app.cli import output
from app.cli.session import container

if TYPE_CHECKING:
    from app.bootstrap import Container
    from app.domain.batches import BatchRecord, TermsSet, VerdictTerms
    from app.domain.errors import UserError
    from app.domain.message import Message
    from app.domain.verdicts import Finding, Verdict
    from app.services.results.service import Results

NOT_MET = 3
Json = Annotated[bool, typer.Option("--json", help="As JSON.")]
Wanted = Literal["replace", "keep"]


def results(
    batch: Annotated[str, typer.Argument(metavar="[BATCH]", help="The batch [default: the newest].")] = "",
    as_json: Json = False,
) -> None:
    """What a batch shows: preferences, speed, cost and measures of every contestant, and the verdict."""
    from app.cli.results_report import print_results
    from app.services.results.json_form import results_to_dict

    with container() as box:
        found = box.results.of(_batch(box, batch).id)
    if as_json:
        output.emit_json(results_to_dict(found))
        return
    print_results(found)


def verdict(
    record: Annotated[
        Path | None, typer.Argument(metavar="[RECORD]", help="A decision record to compute again (JSON or HTML).")
    ] = None,
    batch: Annotated[str, typer.Option(metavar="BATCH", help="The batch [default: the newest].")] = "",
    challenger: Annotated[
        str | None, typer.Option(metavar="MODEL", help="Who might take over [default: as the batch says].")
    ] = None,
    incumbent: Annotated[
        str | None, typer.Option(metavar="MODEL", help="Who would be replaced [default: as the batch says].")
    ] = None,
    margin: Annotated[
        float | None, typer.Option(metavar="SHARE", help="How much worse is still all right, 0.10 for ten points.")
    ] = None,
    require: Annotated[
        Wanted | None, typer.Option(help="Exit with 3 unless every category's verdict is this one: for CI.")
    ] = None,
    save: Annotated[
        Path | None, typer.Option("--record", metavar="FILE", help="Write the decision record: FILE.html or FILE.json.")
    ] = None,
    as_json: Json = False,
) -> None:
    """REPLACE, KEEP or UNDECIDED, by category; or compute a decision record again."""
    if record is not None:
        if batch or save is not None:
            raise _of_its_own()
        _again(record, challenger, incumbent, margin, require, as_json)
        return
    with container() as box:
        asked = _batch(box, batch)
        found = box.results.of(
            asked.id,
            challenger=_position(_names(asked), challenger),
            incumbent=_position(_names(asked), incumbent),
            margin=_margin(margin),
        )
        history = box.batches.terms(asked.id)
        if save is not None:
            _write(save, box, found)
    labels = [label for _, label in _names(asked)]
    notices = _notices(history, found.batch.terms, labels)
    _refuse_a_look(require, asked.terms == found.batch.terms)
    _show(found.verdict, found.challenger.label, found.incumbent.label, as_json, notices=notices)
    _demand(found.verdict, require)


def _again(
    path: Path,
    challenger: str | None,
    incumbent: str | None,
    margin: float | None,
    require: Wanted | None,
    as_json: bool,
) -> None:
    from app.domain.errors import UserError
    from app.domain.message import Message
    from app.services.decision.record import contestants_of, history_of, read_record, recomputed, terms_of

    try:
        given = read_record(path.name, path.read_bytes())
    except OSError as error:
        raise UserError(
            Message("{name} cannot be read ({detail}).", name=path.name, detail=error.strerror or "?"),
            Message("Check the path and try again."),
        ) from None
    names, agreed = contestants_of(given), terms_of(given)
    asked = {
        "challenger": _position(names, challenger),
        "incumbent": _position(names, incumbent),
        "margin": _margin(margin),
    }
    terms = terms_of(given, **{name: value for name, value in asked.items() if value is not None})
    if terms.challenger == terms.incumbent:
        raise UserError(
            Message("A verdict is about two contestants of the batch."),
            Message("Choose another challenger or another incumbent."),
        )
    again = recomputed(given, None if terms == agreed else terms)
    notices = _notices(history_of(given), terms, [label for _, label in names])
    _refuse_a_look(require, terms == agreed)
    _show(again.verdict, names[terms.challenger][1], names[terms.incumbent][1], as_json, again.differences, notices)
    if again.differences:
        output.complain(
            Message(
                "The record says something else than its votes: {places}.", places=", ".join(again.differences[:5])
            ),
            Message("It was changed after it was made, or was made by another version of the statistics."),
        )
        raise SystemExit(1)
    if terms == agreed and not as_json:
        output.note(output.text(Message("Computed again from its votes, it says the same.")))
    _demand(again.verdict, require)


def _notices(history: Sequence[TermsSet], shown: VerdictTerms, labels: Sequence[str]) -> list[Message]:
    """What to know of a verdict before it is believed: terms changed after votes, terms never agreed on."""
    from app.services.decision.terms import only_a_look, warning

    return [said for said in (warning(history, labels), only_a_look(history, shown, labels)) if said is not None]


def _refuse_a_look(require: Wanted | None, agreed: bool) -> None:
    from app.domain.errors import UserError
    from app.domain.message import Message

    if require is not None and not agreed:
        raise UserError(
            Message("Only a verdict by the terms agreed on can be required."),
            Message("Leave out --margin, --challenger and --incumbent, or --require."),
        )


def _show(
    found: Verdict,
    challenger: str,
    incumbent: str,
    as_json: bool,
    differences: tuple[str, ...] | None = None,
    notices: Sequence[Message] = (),
) -> None:
    from app.cli.results_report import print_verdict
    from app.services.decision.words import sentences
    from app.services.results.json_form import plain

    if as_json:
        data: dict[str, object] = {"challenger": challenger, "incumbent": incumbent, "verdict": plain(found)}
        data["sentences"] = [str(s) for s in sentences(found, challenger, incumbent)]
        data["notices"] = [str(n) for n in notices]
        if differences is not None:
            data["differences"] = list(differences)
        output.emit_json(data)
        return
    for notice in notices:
        output.note(output.text(notice))
    print_verdict(found, challenger, incumbent)


def _demand(found: Verdict, wanted: Wanted | None) -> None:
    if wanted is None:
        return
    from app.domain.message import Message
    from app.services.decision.words import category_name

    other: list[Finding] = [f for f in found.categories or (found.overall,) if f.decision.value != wanted]
    if other:
        names = ", ".join(output.text(category_name(f.category)) for f in other)
        output.note(output.text(Message("The verdict is not {wanted} for: {names}", wanted=wanted, names=names)))
        raise SystemExit(NOT_MET)


def _batch(box: Container, name: str) -> BatchRecord:
    from app.domain.errors import UserError
    from app.domain.message import Message

    if name:
        return box.batches.get(name)
    newest = box.batches.list(1)
    if not newest:
        raise UserError(
            Message("There is no batch yet."),
            Message("Run one: `python -m app batch run --questions NAME --model MODEL --model MODEL`"),
        )
    return newest[0]


def _names(batch: BatchRecord) -> tuple[tuple[str, str], ...]:
    from app.services.results.contestants import labels_of

    models = (str(c.model) for c in batch.plan.contestants)
    return tuple(zip(models, labels_of(batch.plan.contestants), strict=True))


def _position(names: Sequence[tuple[str, str]], model: str | None) -> int | None:
    """Where the contestant of (model, label) stands that is called `model`."""
    from app.domain.errors import UserError
    from app.domain.message import Message

    if model is None:
        return None
    labels = [label for _, label in names]
    named = [n for n, either in enumerate(names) if model in either]
    if model in labels:
        named = [labels.index(model)]
    if len(named) != 1:
        raise UserError(
            Message("“{model}” is not one contestant of this batch.", model=model[:80]),
            Message("Choose one of {names}.", names=", ".join(labels)),
        )
    return named[0]


def _margin(margin: float | None) -> float | None:
    from app.domain.errors import UserError
    from app.domain.message import Message

    if margin is not None and not 0 <= margin < 1:
        raise UserError(
            Message("“{value}” is not a margin.", value=f"{margin:g}"), Message("Write a share: 0.10 for ten points.")
        )
    return margin


def _of_its_own() -> UserError:
    from app.domain.errors import UserError
    from app.domain.message import Message

    return UserError(
        Message("A record is computed from what is in it: --batch and --record do not go with it."),
        Message("Leave them out, or leave out the record to ask a batch."),
    )


def _write(path: Path, box: Container, found: Results) -> None:
    from app.cli.writing import write
    from app.domain.message import Message
    from app.services.decision.record import record_to_json

    record = box.records.of(found)
    if path.suffix.lower() == ".json":
        data = record_to_json(record)
    else:
        from app.services.decision.html_page import record_to_html

        data = record_to_html(record, output.text)
    write(path, [data], option="--record")
    output.note(output.text(Message("Decision record: {path}", path=str(path))))
