"""The container for the length of one command."""

from __future__ import annotations

import signal
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from app.bootstrap import Container


@contextmanager
def container() -> Iterator[Container]:
    """Everything that a command can ask for; closed at the end, whatever happens.

    A SIGTERM ends the command as Ctrl-C does: what arrived is kept and child processes end.
    """
    from app.bootstrap import build
    from app.cli.output import conceal

    before = signal.signal(signal.SIGTERM, _interrupt)
    try:
        box = build()
        conceal(box.settings.secrets())
        try:
            yield box
        finally:
            # A second Ctrl-C must not leave a server or a model's process behind.
            signal.signal(signal.SIGTERM, signal.SIG_IGN)
            interrupting = signal.signal(signal.SIGINT, signal.SIG_IGN)
            try:
                box.close()
            finally:
                signal.signal(signal.SIGINT, interrupting)
    finally:
        signal.signal(signal.SIGTERM, before)


def _interrupt(_: int, __: FrameType | None) -> None:
    raise KeyboardInterrupt
