"""`doctor`: what is here, what is missing, and how to connect it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from app.cli import output
from app.cli.session import container

if TYPE_CHECKING:
    from app.bootstrap import Container
    from app.domain.store import DocumentsState
    from app.services.comparing.directory import Found

PACKAGES = ("streamlit", "openai", "ollama", "xllamacpp", "sqlalchemy", "genai-prices", "tiktoken")
BASELINES = "builtin"
WAIT = 10.0  # seconds for the servers to answer


def doctor(as_json: Annotated[bool, typer.Option("--json", help="As JSON.")] = False) -> None:
    """Say which models can be reached, which keys are set (never their values), and where things are kept.

    Exit code 1 when no language model can answer: the baselines alone do not count.
    """
    with container() as box:
        found = box.directory.look(WAIT, fresh=True)
        documents = box.documents()
        report = _report(box, found, documents)
        if as_json:
            output.emit_json(report)
        else:
            _print(box, found, documents, report)
    raise typer.Exit(0 if report["ok"] else 1)


def _report(box: Container, found: Found, documents: DocumentsState) -> dict[str, object]:
    """Everything as plain values; the names are stable (docs/cli.md)."""
    import platform

    from app import __version__

    settings, problem = box.settings, box.prices.problem()
    database = box.database()
    listed = box.prices.list_date()
    return {
        "ok": any(s.ready for s in found.statuses if s.provider != BASELINES),
        "providers": [
            {
                "provider": s.provider,
                "ready": s.ready,
                "address": s.address,
                "models": s.models,
                "summary": output.hide(str(s.summary)),
                "remedy": None if s.ready else output.hide(str(s.remedy)),
                "command": None if s.ready else s.command,
            }
            for s in found.statuses
        ],
        "pending": list(found.pending),
        "keys": [{"variable": v, "set": settings.secret(v) is not None} for v in settings.key_variables],
        "database": {"place": database.place, "kind": database.kind, "revision": database.revision},
        "documents": {
            "place": documents.place,
            "kind": documents.kind,
            "begun": documents.begun,
            "bytes": documents.bytes,
            "postgres": documents.postgres,
            "pgvector": documents.pgvector,
            "problem": documents.problem and output.hide(documents.problem),
        },
        "prices": {
            "list": box.prices.list_name(),
            "as_of": listed.isoformat() if listed else None,
            "file": str(settings.prices_file),
            "file_exists": bool(settings.prices_file and settings.prices_file.exists()),
            "problem": str(problem) if problem else None,
        },
        "folders": {"home": str(settings.home), "models": str(settings.models_folder)},
        "endpoints_file": str(settings.endpoints_file),
        "local_only": settings.local_only,
        "timeouts": {
            "connect": settings.connect_timeout,
            "first_token": settings.first_token_timeout,
            "idle": settings.idle_timeout,
        },
        "versions": {"understudy": __version__, "python": platform.python_version()}
        | {name: _version(name) for name in PACKAGES},
    }


def _version(package: str) -> str | None:
    from importlib.metadata import PackageNotFoundError, version

    try:
        return version(package)
    except PackageNotFoundError:
        return None


def _print(box: Container, found: Found, documents: DocumentsState, report: dict[str, object]) -> None:
    from app.domain.message import Message

    for status in found.statuses:
        output.say(f"{'✓' if status.ready else '✗'} {status.provider}: {output.hide(output.text(status.summary))}")
        if not status.ready:
            output.say(f"    {output.hide(output.text(status.remedy))}")
    for name in found.pending:
        output.say("… " + output.text(Message("{name} has not answered yet.", name=name)))
    output.say()
    rows = []
    for variable in box.settings.key_variables:
        is_set = box.settings.secret(variable) is not None
        rows.append([variable, output.text(Message("set") if is_set else Message("not set"))])
    database, listed, problem = box.database(), box.prices.list_date(), box.prices.problem()
    file = box.settings.prices_file
    rows += [
        [output.text(Message("Database")), f"{database.place} ({database.kind}, {database.revision})"],
        [output.text(Message("Documents")), output.hide(_about(documents))],
        [output.text(Message("Models folder")), str(box.settings.models_folder)],
        [output.text(Message("Prices")), f"{box.prices.list_name()} ({listed or '?'})"],
        [
            output.text(Message("Price file")),
            str(file) if file and file.exists() else output.text(Message("none ({path})", path=str(file))),
        ],
        [
            output.text(Message("Local-only mode")),
            output.text(Message("on") if box.settings.local_only else Message("off")),
        ],
    ]
    versions = report["versions"]
    if isinstance(versions, dict):
        shown = ", ".join(f"{name} {number}" for name, number in versions.items() if number)
        rows.append([output.text(Message("Versions")), shown])
    output.table([], rows)
    if documents.problem:
        remedy = Message(
            "Check that it runs and that PGVECTOR_URL is right, or unset PGVECTOR_URL to use the built-in one."
        )
        output.say(f"! {output.text(remedy)}")
    if problem:
        output.say(f"! {output.text(problem.message)} {output.text(problem.remedy)}")
    if not report["ok"]:
        hint = Message(
            "No language model can answer yet. The quickest: {command}", command="python -m app models get smollm2"
        )
        output.note(output.text(hint))


def _about(documents: DocumentsState) -> str:
    """Where documents are kept, in a line."""
    from app.domain.message import Message

    if documents.problem:
        return output.text(Message("{place}: cannot be reached ({why})", place=documents.place, why=documents.problem))
    if documents.kind == "embedded":
        said = Message("{place} (built-in PostgreSQL, {size})", place=documents.place, size=_size(documents))
    else:
        said = Message(
            "{place} (PostgreSQL {version}, pgvector {pgvector}, {size})",
            place=documents.place,
            version=documents.postgres or "?",
            pgvector=documents.pgvector or "—",
            size=_size(documents),
        )
    return output.text(said)


def _size(documents: DocumentsState) -> str:
    from app.domain.message import Message

    return output.speech().size(documents.bytes) if documents.begun else output.text(Message("nothing indexed yet"))
