"""Documents, their passages, and the ports to what stores and embeds them."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Literal, Protocol, runtime_checkable

import numpy as np
import numpy.typing as npt

from app.domain.errors import UserError
from app.domain.loading import Heading
from app.domain.models import ModelRef

Vector = npt.NDArray[np.float32]
"""One embedding: shape (dimension,)."""
Vectors = npt.NDArray[np.float32]
"""Embeddings of several texts: shape (texts, dimension)."""

Unit = Literal["characters", "tokens"]


@dataclass(frozen=True, slots=True)
class Chunking:
    """How documents are cut: `size` and `overlap` in `unit`; 900/120 characters is the reference for prose."""

    size: int = 900
    overlap: int = 120
    unit: Unit = "characters"


class TokeniserName(StrEnum):
    """How keyword search reads text. One per collection: its passages and its questions must agree."""

    STEMS = "stems"
    KIWI = "kiwi"


@dataclass(frozen=True, slots=True)
class Collection:
    """What is chosen when a collection is made. `dimension` is that of the vectors of `embedding`."""

    name: str
    embedding: ModelRef
    dimension: int
    chunking: Chunking = Chunking()
    tokeniser: TokeniserName = TokeniserName.STEMS


@dataclass(frozen=True, slots=True)
class CollectionRecord:
    """A stored collection. `bytes` is what its passages and indexes take on disk.

    `schema`.`table` is what a LangChain PGVectorStore can open (id column ``langchain_id``, content
    ``content``, embedding ``embedding``); `indexed` says that an approximate index (HNSW) is there.
    """

    id: int
    collection: Collection
    created_at: datetime
    documents: int
    passages: int
    characters: int
    bytes: int
    schema: str
    table: str
    indexed: bool = False

    @property
    def name(self) -> str:
        return self.collection.name


@dataclass(frozen=True, slots=True)
class Chunk:
    """A passage before it is stored: the document's own characters `start`:`end`, on `page` (from 1).

    `heading` is the path of headings above it ("Leave › Sick leave"): embedded and searched with the
    text, shown beside it, and no part of it.
    """

    text: str
    start: int
    end: int
    page: int | None = None
    heading: str = ""

    @property
    def in_context(self) -> str:
        """What is embedded and searched."""
        return f"{self.heading}\n{self.text}" if self.heading else self.text


@dataclass(frozen=True, slots=True)
class Document:
    """A file that was read: what is known of it and all of its text.

    `digest` is the SHA-256 of the file's bytes, `size` their number. `page_starts[i]` is where page
    i + 1 begins in `text`; empty for formats without pages. `pages` counts those, empty ones too.
    `origin` is the file's absolute path; empty for an upload, which only its name identifies.
    """

    name: str
    digest: str
    media_type: str
    size: int
    text: str = field(repr=False)
    page_starts: tuple[int, ...] = ()
    headings: tuple[Heading, ...] = field(default=(), repr=False)
    origin: str = ""

    @property
    def pages(self) -> int | None:
        return len(self.page_starts) or None


@dataclass(frozen=True, slots=True)
class DocumentRecord:
    """A stored document; `id` is unique in its store. Only whole documents are ever stored."""

    id: int
    collection: str
    name: str
    digest: str
    media_type: str
    size: int
    pages: int | None
    passages: int
    characters: int
    indexed_at: datetime
    origin: str = ""


@dataclass(frozen=True, slots=True)
class StoredPassage:
    """A passage as stored; `document` is the document's name."""

    id: int
    document_id: int
    document: str
    text: str
    start: int
    end: int
    page: int | None = None
    heading: str = ""


class Put(StrEnum):
    """What became of a document that was put: stored, stored in place of an older one, or there already."""

    STORED = "stored"
    REPLACED = "replaced"
    DUPLICATE = "duplicate"


@dataclass(frozen=True, slots=True)
class Stored:
    """`record` is the document that is now in the collection: for a duplicate, the one that was there.

    Its name is another than was asked for where that is another file's. `replaced`: an older version
    of what was put is gone; of a duplicate too, which must not be found by what it said before.
    """

    outcome: Put
    record: DocumentRecord
    replaced: bool = False


class Mode(StrEnum):
    DENSE = "dense"
    KEYWORD = "keyword"
    HYBRID = "hybrid"


class Fusion(StrEnum):
    """How two rankings become one: by rank with equal weights, or by the weighted sum of normalised scores."""

    RRF = "rrf"
    SUM = "sum"


@dataclass(frozen=True, slots=True)
class Candidate:
    """A passage that one or both searches found. `dense` is the cosine similarity, `keyword` the BM25 score."""

    id: int
    dense: float | None = None
    keyword: float | None = None


@dataclass(frozen=True, slots=True)
class Wanted:
    """What a store is asked for: the nearest to `vector`, the best for `words`, or both; `depth` of each.

    `documents` limits the search to these document ids; empty: all.
    """

    depth: int
    vector: Vector | None = field(default=None, repr=False)
    words: str | None = None
    documents: tuple[int, ...] = ()


class Tokeniser(Protocol):
    """Cuts text into the terms of keyword search. Safe to call from any thread."""

    def terms(self, text: str) -> Sequence[str]:
        """Of a passage, in order, repeated as often as they occur."""
        ...

    def question(self, text: str) -> Sequence[str]:
        """Of a question: distinct, without the words that only make it one."""
        ...


@runtime_checkable
class WordByWord(Tokeniser, Protocol):
    """A tokeniser that never looks across a blank: a text has the terms of its words, one after another."""

    def of_word(self, word: str) -> Sequence[str]:
        """The terms of what stands between blanks (`str.split`)."""
        ...


class Unstorable(UserError):
    """The store is well, but this document cannot be put into it."""


class Outdated(UserError):
    """A collection changed while it was indexed anew: what would take its place is not the same documents."""


Tokenisers = Callable[[TokeniserName], Tokeniser]
"""The tokeniser of a name. Raises UserError for one that is not installed."""


class PassageStore(Protocol):
    """Collections, documents and passages. Safe to call from any thread; blocks: never on an event loop.

    Every method raises UserError for an unknown collection or document, and when the server cannot
    be used. Names are compared in NFC.
    """

    def create(self, collection: Collection) -> CollectionRecord:
        """Make a collection, or return the one of this name when it has the same settings; else UserError."""
        ...

    def collection(self, name: str) -> CollectionRecord: ...

    def settings(self, name: str) -> Collection:
        """What the collection was made with: costs next to nothing, and may be some seconds old."""
        ...

    def collections(self) -> Sequence[CollectionRecord]:
        """All collections by name."""
        ...

    def delete_collection(self, name: str) -> None: ...

    def rename(self, name: str, to: str, *, replace: bool = False) -> CollectionRecord:
        """Give a collection another name; with `replace` the one that had it is deleted in the same moment.

        Raises Outdated when that one does not hold exactly the same documents: nothing is lost.
        """
        ...

    def put(
        self, collection: str, document: Document, chunks: Sequence[Chunk], vectors: Vectors, *, moved: str = ""
    ) -> Stored:
        """Store a document with its passages at once: a process that is killed leaves all of it or nothing.

        An older version of the same file (`filenames.is_same_file`) is replaced. A document of the
        same content is a duplicate and stays, unless its name is `moved`: then its content has
        moved to this one. Raises Unstorable for a document that cannot be stored, and UserError
        when `vectors` has not the collection's dimension.
        """
        ...

    def recognise(self, collection: str, name: str, origin: str, digest: str) -> Stored | None:
        """The document of this content, if there is one, as `put` would say; None when it has to be put."""
        ...

    def finish(self, collection: str) -> None:
        """Bring the indexes into shape after many puts and deletions: build HNSW when it pays. Harmless at any time."""
        ...

    def documents(self, collection: str) -> Sequence[DocumentRecord]:
        """All documents by name."""
        ...

    def document(self, collection: str, name: str) -> DocumentRecord: ...

    def read(self, document_id: int) -> Document:
        """The document with its text, as it was put: to show it, or to index it again."""
        ...

    def passages(self, document_id: int) -> Sequence[StoredPassage]:
        """The passages of a document in its order."""
        ...

    def delete_document(self, document_id: int) -> None: ...

    def search(self, collection: str, wanted: Wanted) -> Sequence[Candidate]:
        """What dense and keyword search find, in no particular order."""
        ...

    def fetch(self, collection: str, ids: Sequence[int]) -> Sequence[StoredPassage]:
        """These passages, in this order; those that were deleted meanwhile are left out."""
        ...

    def vectors(self, collection: str, ids: Sequence[int]) -> Mapping[int, Vector]:
        """The embeddings of these passages by id."""
        ...

    def close(self) -> None:
        """Let go of the server; an embedded one stops with its last user. Idempotent."""
        ...


class Embedder(Protocol):
    """An embedding model. Blocks; safe to call from any thread. Raises ProviderError or UserError."""

    @property
    def model(self) -> ModelRef: ...

    @property
    def dimension(self) -> int:
        """Of its vectors; may ask the model the first time."""
        ...

    @property
    def local(self) -> bool:
        """Whether texts stay on machines of the team's own."""
        ...

    def embed(self, texts: Sequence[str]) -> Vectors:
        """Passages, in this order."""
        ...

    def embed_query(self, text: str) -> Vector: ...


Embedders = Callable[[ModelRef], Embedder]
"""The embedder of a model. Raises UserError for one that is not known."""
