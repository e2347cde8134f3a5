"""Where a passage is from, and how it begins, in words."""

from __future__ import annotations

from app.domain.evidence import Passage
from app.ui.text import t


def place(passage: Passage) -> str:
    """Document and page."""
    if passage.page is None:
        return passage.document
    return t("{document}, p. {page}", document=passage.document, page=passage.page)


def preview(text: str, characters: int) -> str:
    """The beginning on one line."""
    line = " ".join(text[: characters * 2].split())
    return line if len(line) <= characters and len(text) <= characters * 2 else line[:characters].rstrip() + " …"
