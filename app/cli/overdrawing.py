"""Lines on stderr that are drawn over the ones before, in a terminal that can."""

from __future__ import annotations

import shutil
import sys
from collections.abc import Sequence
from types import TracebackType
from typing import Self

from app.cli import output

BAR = 24  # characters


class Overdrawn:
    """Use it as a context: what was drawn last is gone at its end."""

    def __init__(self) -> None:
        self.rewrites = output.is_terminal(sys.stderr)
        self._drawn = 0

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, exc: BaseException | None, tb: TracebackType | None) -> None:
        self._erase()

    def draw(self, lines: Sequence[str]) -> None:
        """Put these in the place of what was drawn before, each cut to the terminal's width."""
        width = max(40, shutil.get_terminal_size().columns) - 1
        self._erase()
        sys.stderr.write("".join(f"{output.shorten(output.printable(line), width)}\n" for line in lines))
        sys.stderr.flush()
        self._drawn = len(lines)

    def _erase(self) -> None:
        if self._drawn:
            # Up as many lines as were drawn, and clear from there on.
            sys.stderr.write(f"\x1b[{self._drawn}F\x1b[J")
            sys.stderr.flush()
            self._drawn = 0


def bar(share: float) -> str:
    """A bar of which so much is full, with the percentage."""
    full = round(BAR * share)
    return f"{'█' * full}{'░' * (BAR - full)} {output.speech().percent(share)}"
