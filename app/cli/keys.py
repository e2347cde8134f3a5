"""One key at a time from the person at the terminal; a line at a time from a pipe."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager

_ARROWS = {"A": "up", "B": "down", "C": "right", "D": "left"}
_WINDOWS = {"H": "up", "P": "down", "M": "right", "K": "left"}
# What the key gives while a Korean keyboard is switched on.
_HANGUL = dict(zip("ㅁㅠㅊㄷㄱㅅㅌㅕㅜㄴㅂ", "abcertxunsq", strict=True))


@contextmanager
def keys() -> Iterator[Iterator[str]]:
    """The keys pressed, in small letters, arrows by name; it ends with the input."""
    if not sys.stdin.isatty():
        yield (name(line.strip()) for line in sys.stdin)
    elif os.name == "nt":
        yield _of_windows()
    else:
        import termios
        import tty

        descriptor = sys.stdin.fileno()
        before = termios.tcgetattr(descriptor)
        try:
            # Each key at once and unseen; Ctrl-C stays what it is.
            tty.setcbreak(descriptor)
            yield _of_terminal(descriptor)
        finally:
            termios.tcsetattr(descriptor, termios.TCSADRAIN, before)


def name(typed: str) -> str:
    """A key as it is compared: small, Latin."""
    key = typed.lower()
    return _HANGUL.get(key, key)


def _of_terminal(descriptor: int) -> Iterator[str]:
    while raw := os.read(descriptor, 64):
        text = raw.decode("utf-8", "replace")
        while text:
            if text[:2] in ("\x1b[", "\x1bO"):
                key, text = _ARROWS.get(text[2:3], ""), text[3:]
            else:
                key, text = name(text[0]), text[1:]
            yield key


def _of_windows() -> Iterator[str]:
    from msvcrt import getwch  # type: ignore[attr-defined, unused-ignore]

    while True:
        key = getwch()
        if key == "\x03":
            raise KeyboardInterrupt
        yield _WINDOWS.get(getwch(), "") if key in ("\x00", "\xe0") else name(key)
