"""Indexing as it goes: what is to be read, how far each file has come, and what became of it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from typing import Protocol

from app.domain.documents import Chunk, Chunking
from app.domain.embedding import EmbeddingCost
from app.domain.loading import Heading
from app.domain.message import Message
from app.domain.models import ModelRef


@dataclass(frozen=True, slots=True)
class Source:
    """A file to index, under the name that it has in the collection. A temporary one is deleted when it is done.

    `origin` is its absolute path; empty for what was uploaded, which only its name identifies.
    """

    path: Path
    name: str
    temporary: bool = False
    origin: str = ""


class FileStatus(StrEnum):
    """Where a file stands. The first four pass; the others are final."""

    WAITING = "waiting"
    READING = "reading"
    EMBEDDING = "embedding"
    STORING = "storing"
    INDEXED = "indexed"
    DUPLICATE = "duplicate"
    FAILED = "failed"
    CANCELLED = "cancelled"

    @property
    def over(self) -> bool:
        return self in (FileStatus.INDEXED, FileStatus.DUPLICATE, FileStatus.FAILED, FileStatus.CANCELLED)


@dataclass(frozen=True, slots=True)
class FileProgress:
    """One file of an indexing.

    `fraction` runs from 0 to 1. `pages` is None for formats without pages and for what was not read.
    `reason` and `remedy` say why it failed, or of what it is a duplicate; `notices` what could not be
    read of a file that was. `replaced`: an older version under this name gave way.
    """

    name: str
    size: int = 0
    status: FileStatus = FileStatus.WAITING
    fraction: float = 0.0
    pages: int | None = None
    passages: int = 0
    reason: Message | None = None
    remedy: Message | None = None
    notices: tuple[Message, ...] = ()
    replaced: bool = False


@dataclass(frozen=True, slots=True)
class IndexingState:
    """An indexing at one moment. `left` is an estimate in seconds, None while there is no telling.

    `problem` is what stopped all of it: the embedding model or the store cannot be used. `cost` is
    what the passages embedded so far have cost. `version` grows with every change.
    """

    collection: str
    files: tuple[FileProgress, ...]
    fraction: float
    seconds: float
    left: float | None
    over: bool
    cancelled: bool
    cost: EmbeddingCost
    problem: Message | None = None
    version: int = 0

    def count(self, status: FileStatus) -> int:
        return sum(file.status is status for file in self.files)

    @property
    def failed(self) -> bool:
        """Whether any file failed: the command line's exit status."""
        return self.problem is not None or any(file.status is FileStatus.FAILED for file in self.files)


@dataclass(frozen=True, slots=True)
class Preview:
    """What a chunking would make of a file; lengths in characters, `first` the first passages."""

    name: str
    pages: int | None
    characters: int
    passages: int
    shortest: int
    median: int
    longest: int
    first: tuple[Chunk, ...]
    cost: EmbeddingCost
    notices: tuple[Message, ...] = ()


class Chunker(Protocol):
    def __call__(
        self, text: str, page_starts: Sequence[int], headings: Sequence[Heading], chunking: Chunking, model: ModelRef
    ) -> Sequence[Chunk]:
        """The passages of a document, in order. Raises UserError for a chunking that cannot be."""
        ...
