"""Text broken into lines that fit a terminal, where Hangul takes two columns."""

from __future__ import annotations

from app.cli import output


def wrapped(text: str, columns: int) -> list[str]:
    """Lines at most `columns` wide (Hangul takes two), broken between words where there are any."""
    lines = []
    for paragraph in output.printable(text).split("\n"):
        line, used, begun = "", 0, False
        for word in paragraph.split(" "):
            wide = output.width(word)
            if begun and used + 1 + wide > columns:
                lines.append(line)
                line, used = "", 0
            elif begun:
                line, used = line + " ", used + 1
            begun = True
            while used + wide > columns:
                head = _fitting(word, columns - used)
                lines.append(line + head)
                word, line, used = word[len(head) :], "", 0
                wide = output.width(word)
            line, used = line + word, used + wide
        lines.append(line)
    return lines


def _fitting(word: str, columns: int) -> str:
    """As much of the word as there is room for, one character at least."""
    used = 0
    for n, character in enumerate(word):
        used += output.width(character)
        if used > columns:
            return word[: max(n, 1)]
    return word
