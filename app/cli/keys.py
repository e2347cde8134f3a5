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


class Keys:
    """The keys pressed, in small letters, arrows by name; it ends with the input. This one reads lines."""

    def __iter__(self) -> Iterator[str]:
        return self

    def __next__(self) -> str:
        if line := sys.stdin.readline():
            return name(line.strip())
        raise StopIteration

    def forget(self) -> None:
        """Drop what a person pressed until now: it was not meant for what they see from now on."""


class _Terminal(Keys):
    def __init__(self, descriptor: int) -> None:
        self._descriptor = descriptor
        self._text = ""

    def __next__(self) -> str:
        if not self._text:
            self._text = os.read(self._descriptor, 64).decode("utf-8", "replace")
        text = self._text
        if not text:
            raise StopIteration
        if text[:2] in ("\x1b[", "\x1bO"):
            self._text = text[3:]
            return _ARROWS.get(text[2:3], "")
        self._text = text[1:]
        return name(text[0])

    def forget(self) -> None:
        import termios

        self._text = ""
        termios.tcflush(self._descriptor, termios.TCIFLUSH)


class _Windows(Keys):
    def __next__(self) -> str:
        from msvcrt import getwch  # type: ignore[attr-defined, unused-ignore]

        key = getwch()
        if key == "\x03":
            raise KeyboardInterrupt
        return _WINDOWS.get(getwch(), "") if key in ("\x00", "\xe0") else name(key)

    def forget(self) -> None:
        from msvcrt import getwch, kbhit  # type: ignore[attr-defined, unused-ignore]

        while kbhit():
            getwch()


@contextmanager
def keys() -> Iterator[Keys]:
    """Keys for as long as it lasts; the terminal is then as it was."""
    if not sys.stdin.isatty():
        yield Keys()
    elif os.name == "nt":
        yield _Windows()
    else:
        import termios
        import tty

        descriptor = sys.stdin.fileno()
        before = termios.tcgetattr(descriptor)
        try:
            # Each key at once and unseen; Ctrl-C stays what it is.
            tty.setcbreak(descriptor)
            yield _Terminal(descriptor)
        finally:
            termios.tcsetattr(descriptor, termios.TCSADRAIN, before)


def name(typed: str) -> str:
    """A key as it is compared: small, Latin."""
    key = typed.lower()
    return _HANGUL.get(key, key)
