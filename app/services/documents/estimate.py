"""What an indexing would cost, said before anything is sent."""

from __future__ import annotations

import threading
from collections.abc import Iterator, Sequence
from contextlib import suppress

from app.domain.documents import Collection, Document, PassageStore
from app.domain.errors import UnderstudyError
from app.domain.indexing import Chunker, Source
from app.domain.loading import Loader
from app.services.documents.named import digest_of


def texts_of_files(
    files: Sequence[Source], wanted: Collection, store: PassageStore | None, loader: Loader, chunker: Chunker
) -> Iterator[str]:
    """What would be embedded of the files that are new. A file that cannot be read costs nothing.

    `store` is None where the collection does not exist yet.
    """
    known = {record.digest for record in store.documents(wanted.name)} if store is not None else set()
    never = threading.Event()
    for file in files:
        digest, size = digest_of(file.path, never)
        if digest in known:
            continue
        known.add(digest)
        with suppress(UnderstudyError):
            loaded = loader.load(file.path, file.name)
            yield from _texts(
                Document(file.name, digest, "", size, loaded.text, loaded.page_starts, loaded.headings), wanted, chunker
            )


def texts_of_collection(old: str, wanted: Collection, store: PassageStore, chunker: Chunker) -> Iterator[str]:
    """What would be embedded of a collection's documents."""
    for record in store.documents(old):
        with suppress(UnderstudyError):  # deleted meanwhile
            yield from _texts(store.read(record.id), wanted, chunker)


def _texts(document: Document, wanted: Collection, chunker: Chunker) -> list[str]:
    chunks = chunker(document.text, document.page_starts, document.headings, wanted.chunking, wanted.embedding)
    return [chunk.in_context for chunk in chunks]
