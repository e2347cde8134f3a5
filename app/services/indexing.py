"""Files and folders into a collection, a collection under another embedding: what a page or a command asks for."""

from __future__ import annotations

import logging
import os
import shutil
import statistics
import tempfile
import threading
import time
import unicodedata
from collections import OrderedDict
from collections.abc import Callable, Sequence
from contextlib import suppress
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
)
from app.domain.embedding import estimated_cost
from app.domain.errors import UnderstudyError, UserError
from app.domain.filenames import extension, safe_name
from app.domain.indexing import Chunker, FileStatus, Preview, Source
from app.domain.loading import READ, Loader
from app.domain.message import Message
from app.domain.models import ModelRef
from app.domain.pricing import PriceBook, TokenCounter
from app.services.indexing_cost import Spending
from app.services.indexing_job import READ_SHARE, IndexingJob
from app.services.indexing_pipeline import Pipeline, Prepared, Read, already, internal
from app.services.indexing_sources import digest_of, discard, distinct, size_of

log = logging.getLogger(__name__)

DEFAULT_EMBEDDING = ModelRef("builtin", "use-multilingual")
_KEPT = 20  # finished jobs that can still be looked at
_BLOCK = 1 << 20
_UPLOAD_SECONDS = 86_400.0


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
    ) -> None:
        self._store, self._loader, self._chunker, self._embedders = store, loader, chunker, embedders
        self._tokens, self._prices = tokens, prices
        self._uploads, self._samples = uploads, samples
        self._jobs: OrderedDict[str, IndexingJob] = OrderedDict()
        self._lock = threading.Lock()
        self._threads: set[threading.Thread] = set()

    # What to index

    def upload(self, name: str, data: BinaryIO) -> Source:
        """Keep what a browser sent until it is indexed. Raises UserError when there is no room."""
        path: str | None = None
        try:
            self._uploads.mkdir(parents=True, exist_ok=True)
            self._forget_uploads()
            handle, path = tempfile.mkstemp(dir=self._uploads, suffix=extension(name))
            with os.fdopen(handle, "wb") as file:
                shutil.copyfileobj(data, file, _BLOCK)
        except OSError as exc:
            if path is not None:
                Path(path).unlink(missing_ok=True)
            raise UserError(
                Message("The upload could not be kept: {detail}.", detail=exc.strerror or type(exc).__name__),
                Message("Make room on the disk that holds {folder}.", folder=str(self._uploads)),
            ) from None
        return Source(Path(path), safe_name(name), temporary=True)

    def _forget_uploads(self) -> None:
        """Those of a process that was killed: nobody indexes them any more."""
        for path in self._uploads.iterdir():
            with suppress(OSError):
                if time.time() - path.stat().st_mtime > _UPLOAD_SECONDS:
                    path.unlink()

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

    # Doing it

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
        other settings than these, and ProviderError when the embedding model cannot be used.
        """
        name = unicodedata.normalize("NFC", collection).strip()
        known = self._find(name)
        if known is None:
            model = embedding or DEFAULT_EMBEDDING
            dimension = self._embedders(model).dimension
            wanted = Collection(name, model, dimension, chunking or Chunking(), tokeniser or TokeniserName.STEMS)
        else:
            wanted = replace(
                known.collection,
                embedding=embedding or known.collection.embedding,
                chunking=chunking or known.collection.chunking,
                tokeniser=tokeniser or known.collection.tokeniser,
            )
        embedder = self._embedders(wanted.embedding)
        record = self._store.create(wanted)
        files = distinct(files)
        job = IndexingJob(record.name, [f.name for f in files], [size_of(f.path) for f in files])
        read = partial(self._read, job, files, record.collection, dict(self._store.digests(record.name)), {})
        self._launch(job, record.name, read, embedder, partial(discard, files))
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
        place of the old one, which serves until all is done and stays when anything fails.
        """
        old = self._store.collection(collection)
        target = unicodedata.normalize("NFC", to).strip() if to else f"{old.name} ⟳"
        model = embedding or old.collection.embedding
        embedder = self._embedders(model)
        wanted = Collection(
            target,
            model,
            embedder.dimension if model != old.collection.embedding else old.collection.dimension,
            chunking or old.collection.chunking,
            tokeniser or old.collection.tokeniser,
        )
        left = self._find(target) if not to else None
        if left is not None and left.collection != wanted:
            self._store.delete_collection(target)  # of an earlier attempt with other settings
        record = self._store.create(wanted)
        documents = self._store.documents(old.name)
        job = IndexingJob(
            record.name if to else old.name, [d.name for d in documents], [d.characters for d in documents]
        )
        digests = self._store.digests(record.name)

        def read(index: int) -> Prepared | None:
            found = documents[index]
            if found.digest in digests:
                job.end_file(index, FileStatus.DUPLICATE, already(digests[found.digest]))
                return None
            job.update(index, FileStatus.READING)
            return self._cut(job, index, self._store.read(found.id), wanted)

        def end() -> None:
            if to:
                return
            # Only what is proven whole takes the old one's place.
            whole = all(f.status in (FileStatus.INDEXED, FileStatus.DUPLICATE) for f in job.state().files)
            if job.stopped or not whole:
                self._store.delete_collection(target)
            else:
                self._store.rename(target, old.name, replace=True)

        self._launch(job, record.name, read, embedder, end)
        return job

    # Watching it

    def job(self, job_id: str) -> IndexingJob | None:
        with self._lock:
            return self._jobs.get(job_id)

    def jobs(self) -> list[IndexingJob]:
        """All that run and the last that ended, newest first."""
        with self._lock:
            return list(reversed(self._jobs.values()))

    def close(self, timeout: float = 10.0) -> None:
        """Cancel what runs, and end the process that reads files."""
        for job in self.jobs():
            job.cancel()
        self._loader.close()
        for thread in list(self._threads):
            thread.join(timeout)

    def _launch(
        self, job: IndexingJob, collection: str, read: Read, embedder: Embedder, end: Callable[[], None]
    ) -> None:
        with self._lock:
            self._jobs[job.id] = job
            ended = [key for key, j in self._jobs.items() if j.over]
            for key in ended[: max(0, len(self._jobs) - _KEPT)]:
                del self._jobs[key]

        def work() -> None:
            try:
                try:
                    spending = Spending(job, embedder, self._tokens, self._prices)
                    Pipeline(job, collection, read, embedder, self._store, spending).run(len(job.state().files))
                    if job.state().count(FileStatus.INDEXED):
                        self._store.finish(collection)
                finally:
                    end()
            except Exception as exc:
                log.error("indexing ended badly: %s", type(exc).__name__, exc_info=exc)
                job.stop(*((exc.message, exc.remedy) if isinstance(exc, UnderstudyError) else internal(exc)))
            finally:
                job.finish()
                self._threads.discard(threading.current_thread())

        thread = threading.Thread(target=work, name=f"understudy-indexing-{job.id}", daemon=True)
        self._threads.add(thread)
        thread.start()

    def _read(
        self,
        job: IndexingJob,
        files: Sequence[Source],
        collection: Collection,
        digests: dict[str, str],
        ours: dict[str, int],
        index: int,
    ) -> Prepared | None:
        """Read one file. `digests` are those of the collection, `ours` those of this job by place."""
        source = files[index]
        job.update(index, FileStatus.READING)
        digest, size = digest_of(source.path, job.cancelled)
        if digest in digests:
            same = digests[digest] == source.name
            reason = Message("It has not changed since it was indexed.") if same else already(digests[digest])
            job.end_file(index, FileStatus.DUPLICATE, reason)
            return None
        if digest in ours:
            twin = job.file(ours[digest])
            if twin.status is FileStatus.FAILED:
                job.end_file(index, FileStatus.FAILED, twin.reason, twin.remedy)
            else:
                job.end_file(index, FileStatus.DUPLICATE, already(twin.name))
            return None
        ours[digest] = index

        def on_page(done: int, pages: int) -> None:
            job.update(index, fraction=READ_SHARE * done / max(pages, 1))

        loaded = self._loader.load(source.path, source.name, on_page=on_page, cancelled=job.cancelled)
        job.update(index, notices=loaded.notices)
        document = Document(
            source.name, digest, loaded.format.media_type, size, loaded.text, loaded.page_starts, loaded.headings
        )
        return self._cut(job, index, document, collection)

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

    def _find(self, name: str) -> CollectionRecord | None:
        return next((c for c in self._store.collections() if c.name == name), None)
