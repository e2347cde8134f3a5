"""The commands put together, and the one place where what went wrong becomes a line and an exit code."""

from __future__ import annotations

import os
import sys
from collections.abc import Sequence
from typing import Annotated

import typer

from app.cli import (
    batch,
    collection,
    compare,
    doctor,
    export,
    history,
    index,
    models,
    output,
    ownership,
    questions,
    rate,
    results,
    search,
)

WRONG_USAGE = 2
STOPPED = 130

app = typer.Typer(
    name="understudy",
    help="Can a local model take over? The same prompt and the same passages, side by side, rated blind.",
    epilog="Results go to stdout, progress to stderr. Exit codes: 0 all well, 1 something failed, 2 wrong usage,"
    " 3 a required verdict is not met.",
    no_args_is_help=True,
    add_completion=False,
    rich_markup_mode=None,
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
)


@app.callback()
def root(
    lang: Annotated[
        str | None, typer.Option(metavar="LANG", help="Language of messages: en or ko [default: the system's]")
    ] = None,
) -> None:
    output.speak(lang)


app.command("compare")(compare.compare)
app.add_typer(models.app, name="models")
app.command("index")(index.index)
app.command("search")(search.search)
app.add_typer(collection.app, name="collections")
app.add_typer(questions.app, name="questions")
app.add_typer(batch.app, name="batch")
app.command("rate")(rate.rate)
app.command("reveal")(rate.reveal)
app.command("results")(results.results)
app.command("verdict")(results.verdict)
app.command("ownership")(ownership.ownership)
app.command("history")(history.history)
app.command("show")(history.show)
app.command("export")(export.export)
app.command("doctor")(doctor.doctor)


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command and return its exit code: 0, 1 (something failed), 2 (wrong usage), 130 (Ctrl-C).

    `verdict --require` has one more: 3, the verdict is another one.
    """
    output.prepare_streams()
    try:
        app(args=arguments, prog_name="python -m app")
    except SystemExit as exc:
        return exc.code if isinstance(exc.code, int) else 1
    except KeyboardInterrupt:
        return STOPPED
    except BrokenPipeError:
        # Whoever read our output has gone (`… | head`); Python would complain about it once more at exit.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 1
    except Exception as exc:
        return _failed(exc)
    return 0


def _of_the_machine(exc: BaseException) -> bool:
    """Whether a full disk or a database in trouble is behind it: nothing that was typed is wrong then."""
    from errno import EDQUOT, EIO, ENOSPC

    while (cause := exc.__cause__ or exc.__context__) is not None:
        if isinstance(cause, OSError) and cause.errno in (ENOSPC, EDQUOT, EIO):
            return True
        if any(kind.__module__.startswith("sqlalchemy.") for kind in type(cause).__mro__):
            return True
        exc = cause
    return False


def _failed(exc: Exception) -> int:
    from app.domain.errors import UnderstudyError, UserError

    if isinstance(exc, UnderstudyError):
        output.complain(exc.message, exc.remedy)
        return WRONG_USAGE if isinstance(exc, UserError) and not _of_the_machine(exc) else 1
    from app.domain.message import Message

    if os.environ.get("UNDERSTUDY_DEBUG"):
        from traceback import format_exception

        output.note(output.hide("".join(format_exception(exc))))

    output.complain(
        Message("Something broke inside Understudy: {detail}", detail=f"{type(exc).__name__}: {exc}"[:500]),
        Message("Set UNDERSTUDY_DEBUG=1 and run it again to see where; please report it."),
    )
    return 1
