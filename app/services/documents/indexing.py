"""Files and folders into a collection, a collection under another embedding: what a page or a command asks for."""

from __future__ import annotations

import logging
import statistics
import threading
import time
import unicodedata
from collections import OrderedDict
from collections.abc import Callable, Iterable, Sequence
from dataclasses import replace
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from typing import BinaryIO

from app.domain.documents import (
    Chunking,
    Collection,
    CollectionRecord,
    Document,
    Embedder,
    Embedders,
    PassageStore,
    TokeniserName,
    Tokenisers,
)
from app.domain.embedding import EmbeddingCost, estimated_cost
from app.domain.errors import UnderstudyError, UserError
from app.domain.filenames import safe_name
from app.domain.indexing import Chunker, Preview, Source
from app.domain.loading import READ, Loader
from app.domain.message import Message
from app.domain.models import ModelRef
from app.domain.pricing import PriceBook, TokenCounter
from app.services.documents.anew import Anew
from app.services.documents.cost import Spending
from app.services.documents.estimate import texts_of_collection, texts_of_files
from app.services.documents.incoming import Incoming
from app.services.documents.job import READ_SHARE, IndexingJob
from app.services.documents.named import discard, distinct, size_of
from app.services.documents.pipeline import Pipeline, Prepared, Read, Through, internal
from app.services.documents.uploads import keep

log = logging.getLogger(__name__)

DEFAULT_EMBEDDING = ModelRef("builtin", "use-multilingual")
_KEPT = 20  # finished jobs that can still be looked at


class Indexing:
    """Every job has threads of its own and goes on whoever watches. Safe to call from any thread.

    `uploads` is a folder for what a browser sends; `samples` the folder of the sample documents.
    """

    def __init__(
        self,
        store: PassageStore,
        loader: Loader,
        chunker: Chunker,
        embedders: Embedders,
        tokens: TokenCounter,
        prices: PriceBook,
        *,
        uploads: Path,
        samples: Path,
        tokenisers: Tokenisers | None = None,
        hang_up: Callable[[], None] = lambda: None,
    ) -> None:
        """`tokenisers` says which can be had, `hang_up` ends requests to embedding servers under way."""
        self._store, self._loader, self._chunker, self._embedders = store, loader, chunker, embedders
        self._tokens, self._prices = tokens, prices
        self._uploads, self._samples = uploads, samples
        self._tokenisers, self._hang_up = tokenisers, hang_up
        self._jobs: OrderedDict[str, IndexingJob] = OrderedDict()
        self._lock = threading.Lock()
        self._threads: set[threading.Thread] = set()

    # What to index

    def upload(self, name: str, data: BinaryIO) -> Source:
        """Keep what a browser sent until it is indexed. Raises UserError when there is no room."""
        return keep(self._uploads, name, data)

    def samples(self) -> list[Source]:
        """The sample documents, English and Korean."""
        return [Source(path, safe_name(path.name)) for path in sorted(self._samples.iterdir()) if path.suffix in READ]

    def preview(self, source: Source, chunking: Chunking, embedding: ModelRef, *, shown: int = 5) -> Preview:
        """What indexing would make of a file, and what embedding it would cost. Raises UserError."""
        loaded = self._loader.load(source.path, source.name)
        chunks = self._chunker(loaded.text, loaded.page_starts, loaded.headings, chunking, embedding)
        embedder = self._embedders(embedding)
        lengths = [len(chunk.text) for chunk in chunks] or [0]
        return Preview(
            source.name,
            len(loaded.page_starts) or None,
            len(loaded.text),
            len(chunks),
            min(lengths),
            round(statistics.median(lengths)),
            max(lengths),
            tuple(chunks[:shown]),
            estimated_cost(
                (chunk.in_context for chunk in chunks),
                embedding,
                tokens=self._tokens,
                prices=self._prices,
                at=datetime.now(UTC),
                local=embedder.local,
            ),
            loaded.notices,
        )

    def estimate(
        self,
        files: Sequence[Source],
        collection: str,
        *,
        embedding: ModelRef | None = None,
        chunking: Chunking | None = None,
        before: Callable[[], None] = lambda: None,
    ) -> EmbeddingCost | None:
        """What `start` with the same would cost; None where embedding is free, and nothing is read.

        Else `before` is called, and the files that are new are read.
        """
        known, wanted = self._wanted(collection, embedding, chunking, None)
        store = None if known is None else self._store
        return self._cost(wanted, texts_of_files(distinct(files), wanted, store, self._loader, self._chunker), before)

    def estimate_anew(
        self,
        collection: str,
        *,
        embedding: ModelRef | None = None,
        chunking: Chunking | None = None,
        before: Callable[[], None] = lambda: None,
    ) -> EmbeddingCost | None:
        """What `reindex` with the same would cost; as `estimate`."""
        old = self._store.collection(collection)
        wanted = _changed(old.collection, old.name, embedding, chunking, None)
        return self._cost(wanted, texts_of_collection(old.name, wanted, self._store, self._chunker), before)

    # Doing it

    def check(self, tokeniser: TokeniserName | None) -> None:
        """Raises UserError for a way to read Korean that is not installed."""
        if tokeniser is not None and self._tokenisers is not None:
            self._tokenisers(tokeniser)

    def start(
        self,
        files: Sequence[Source],
        collection: str,
        *,
        embedding: ModelRef | None = None,
        chunking: Chunking | None = None,
        tokeniser: TokeniserName | None = None,
    ) -> IndexingJob:
        """Index files into a collection, which is made when there is none of that name.

        What is None is the collection's own, or the default for a new one. Returns at once, but for
        the embedding model being asked for its dimension. Raises UserError when the collection has
        other settings than these or needs what is not installed, and ProviderError when the
        embedding model cannot be used.
        """
        self.check(tokeniser)
        known, wanted = self._wanted(collection, embedding, chunking, tokeniser)
        self.check(wanted.tokeniser)
        embedder = self._embedders(wanted.embedding)
        if known is None:
            wanted = replace(wanted, dimension=embedder.dimension)
        record = self._store.create(wanted)
        files = distinct(files)
        job = IndexingJob(record.name, [f.name for f in files], [size_of(f.path) for f in files])
        incoming = Incoming(job, files, record.collection, self._store, self._loader, self._cut)
        self._launch(job, record.name, embedder, incoming.run, partial(discard, files))
        return job

    def reindex(
        self,
        collection: str,
        *,
        embedding: ModelRef | None = None,
        chunking: Chunking | None = None,
        tokeniser: TokeniserName | None = None,
        to: str | None = None,
    ) -> IndexingJob:
        """Index the documents of a collection anew, from their stored text, without their files.

        Into a collection named `to`, beside the old one, so that the two can be compared; or in
        place of the old one, which serves until all is done and stays when anything fails. What
        others store in it meanwhile is taken along.
        """
        self.check(tokeniser)
        old = self._store.collection(collection)
        target = unicodedata.normalize("NFC", to).strip() if to else f"{old.name} ⟳"
        wanted = _changed(old.collection, target, embedding, chunking, tokeniser)
        self.check(wanted.tokeniser)
        embedder = self._embedders(wanted.embedding)
        if wanted.embedding != old.collection.embedding:
            wanted = replace(wanted, dimension=embedder.dimension)
        left = self._find(target) if not to else None
        if left is not None and left.collection != wanted:
            self._store.delete_collection(target)  # of an earlier attempt with other settings
        record = self._store.create(wanted)
        documents = self._store.documents(old.name)
        names = [d.name for d in documents]
        job = IndexingJob(record.name if to else old.name, names, [d.characters for d in documents])
        anew = Anew(job, old.name, record.collection, documents, self._store, self._cut)
        self._launch(job, record.name, embedder, anew.beside if to else anew.in_place)
        return job

    # Watching it

    def job(self, job_id: str) -> IndexingJob | None:
        with self._lock:
            return self._jobs.get(job_id)

    def jobs(self) -> list[IndexingJob]:
        """All that run and the last that ended, newest first."""
        with self._lock:
            return list(reversed(self._jobs.values()))

    def close(self, timeout: float = 5.0) -> None:
        """Cancel what runs, and end the process that reads files; `timeout` in seconds, for all of it."""
        until = time.monotonic() + timeout
        for job in self.jobs():
            job.cancel()
        self._loader.close()
        self._hang_up()
        for thread in list(self._threads):
            thread.join(max(0.0, until - time.monotonic()))

    def _launch(
        self,
        job: IndexingJob,
        collection: str,
        embedder: Embedder,
        steps: Callable[[Through], None],
        end: Callable[[], None] = lambda: None,
    ) -> None:
        with self._lock:
            self._jobs[job.id] = job
            ended = [key for key, j in self._jobs.items() if j.over]
            for key in ended[: max(0, len(self._jobs) - _KEPT)]:
                del self._jobs[key]

        def work() -> None:
            try:
                spending = Spending(job, embedder, self._tokens, self._prices)

                def through(read: Read, places: Sequence[int]) -> None:
                    Pipeline(job, collection, read, embedder, self._store, spending).run(places)

                try:
                    steps(through)
                finally:
                    end()
            except UnderstudyError as exc:
                job.stop(exc.message, exc.remedy)
            except Exception as exc:
                log.error("indexing ended badly: %s", type(exc).__name__, exc_info=exc)
                job.stop(*internal(exc))
            finally:
                job.finish()
                self._threads.discard(threading.current_thread())

        thread = threading.Thread(target=work, name=f"understudy-indexing-{job.id}", daemon=True)
        self._threads.add(thread)
        thread.start()

    def _cut(self, job: IndexingJob, index: int, document: Document, collection: Collection) -> Prepared:
        chunks = self._chunker(
            document.text, document.page_starts, document.headings, collection.chunking, collection.embedding
        )
        if not chunks:
            raise UserError(
                Message("There is no text in it."), Message("Open it and see whether it is the file you meant.")
            )
        job.update(index, fraction=READ_SHARE, pages=document.pages, passages=len(chunks))
        return Prepared(index, document, chunks)

    def _cost(self, wanted: Collection, texts: Iterable[str], before: Callable[[], None]) -> EmbeddingCost | None:
        if self._embedders(wanted.embedding).local:
            return None
        before()
        at, tokens, prices = datetime.now(UTC), self._tokens, self._prices
        return estimated_cost(texts, wanted.embedding, tokens=tokens, prices=prices, at=at, local=False)

    def _wanted(
        self, collection: str, embedding: ModelRef | None, chunking: Chunking | None, tokeniser: TokeniserName | None
    ) -> tuple[CollectionRecord | None, Collection]:
        """The collection of this name, and what is asked of it; a new one's dimension is still unknown (0)."""
        name = unicodedata.normalize("NFC", collection).strip()
        known = self._find(name)
        own = Collection(name, DEFAULT_EMBEDDING, 0) if known is None else known.collection
        return known, _changed(own, name, embedding, chunking, tokeniser)

    def _find(self, name: str) -> CollectionRecord | None:
        return next((c for c in self._store.collections() if c.name == name), None)


def _changed(
    own: Collection,
    name: str,
    embedding: ModelRef | None,
    chunking: Chunking | None,
    tokeniser: TokeniserName | None,
) -> Collection:
    return replace(
        own,
        name=name,
        embedding=embedding or own.embedding,
        chunking=chunking or own.chunking,
        tokeniser=tokeniser or own.tokeniser,
    )
