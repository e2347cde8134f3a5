"""Puts a document together from its parts, and keeps account of where each page and heading begins."""

from __future__ import annotations

from app.domain.errors import UserError
from app.domain.loading import FileFormat, Heading, LoadedDocument, LoadingLimits
from app.domain.message import Message
from app.retrieval.loaders.tidying import one_line, tidy

_GAP = "\n\n"


class Gathered:
    """A document while it is being read. `add` in reading order; blank parts leave no trace."""

    def __init__(self, limits: LoadingLimits) -> None:
        self._limits = limits
        self._parts: list[str] = []
        self._length = 0
        self._pages: list[int] = []
        self._headings: list[Heading] = []
        self.notices: list[Message] = []

    @property
    def length(self) -> int:
        return self._length

    def page(self) -> None:
        """What follows is on the next page; to be called for an empty one too."""
        # The gap before a page's first paragraph belongs to the page: nothing else begins in it.
        self._pages.append(self._length)

    def add(self, text: str, *, gap: str = _GAP, tidied: bool = False) -> int:
        """Append a paragraph; returns where it begins."""
        text = text if tidied else tidy(text)
        if not text:
            return self._length
        if self._length:
            self._parts.append(gap)
            self._length += len(gap)
        start = self._length
        self._parts.append(text)
        self._length += len(text)
        if self._length > self._limits.characters:
            raise UserError(
                Message(
                    "There is more text in it than the {limit} characters that one document may have.",
                    limit=f"{self._limits.characters:,}",
                ),
                Message("Split it into several files."),
            )
        return start

    def heading(self, text: str, level: int, *, shown: bool = True) -> None:
        """A heading; `shown` False when its words stand in the text already or should not stand there."""
        text = one_line(text)[:200]
        if not text:
            return
        start = self.add(text, tidied=True) if shown else self._length
        self.mark(start, level, text)

    def mark(self, start: int, level: int, text: str) -> None:
        """Note a heading whose words stand at `start` already."""
        self._headings.append(Heading(start, level, one_line(text)[:200]))

    def document(self, kind: FileFormat) -> LoadedDocument:
        """The whole. Raises UserError when there is no text in it."""
        text = "".join(self._parts)
        if not text.strip():
            raise UserError(
                Message("There is no text in it."), Message("Open it and see whether it is the file you meant.")
            )
        headings = tuple(sorted(self._headings, key=lambda h: h.start))
        return LoadedDocument(kind, text, tuple(self._pages), headings, tuple(self.notices))
