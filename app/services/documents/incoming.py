"""Files on their way into a collection: which are new, which are known, and whose content is whose.

Files go in two passes. A file whose content another document holds waits for the second: only when
the others are stored is it certain that this content stays theirs. Two files may have swapped names.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Sequence

from app.domain.documents import Collection, Document, DocumentRecord, PassageStore, Stored
from app.domain.filenames import is_same_file
from app.domain.indexing import FileStatus, Source
from app.domain.loading import Loader
from app.domain.message import Message
from app.services.documents.job import READ_SHARE, IndexingJob
from app.services.documents.named import digest_of
from app.services.documents.pipeline import Prepared, Through, already

Cut = Callable[[IndexingJob, int, Document, Collection], Prepared]
"""Cuts the document at a place of a job into passages. Raises UserError when there are none."""


class Incoming:
    """The files of one job, by their place in it. `run` does it all, in the threads of whoever calls."""

    def __init__(
        self,
        job: IndexingJob,
        files: Sequence[Source],
        collection: Collection,
        store: PassageStore,
        loader: Loader,
        cut: Cut,
    ) -> None:
        self._job, self._files, self._collection = job, files, collection
        self._store, self._loader, self._cut = store, loader, cut
        self._stored = self._by_digest()
        self._digests: dict[int, tuple[str, int]] = {}
        self._ours: dict[str, int] = {}  # by digest, the file that brings it
        self._later: list[int] = []
        self._waiting: defaultdict[str, list[int]] = defaultdict(list)  # those of `_later`, by name and by path

    def run(self, through: Through) -> None:
        through(self._read, range(len(self._files)))
        if self._later and not self._job.stopped:
            self._stored = self._by_digest()
            for index in self._later:
                for known_by in {self._files[index].name, self._files[index].origin}:
                    self._waiting[known_by].append(index)
            through(self._read_later, self._later)
        if any(file.status is FileStatus.INDEXED or file.replaced for file in self._job.state().files):
            self._store.finish(self._collection.name)

    def _by_digest(self) -> dict[str, DocumentRecord]:
        return {record.digest: record for record in self._store.documents(self._collection.name)}

    def _read(self, index: int) -> Prepared | None:
        self._job.update(index, FileStatus.READING)
        source = self._files[index]
        digest, _ = self._digests[index] = digest_of(source.path, self._job.cancelled)
        holder = self._stored.get(digest)
        if holder is not None and _is_version(source, holder):
            self._known(index, holder)
            return None
        if holder is not None or digest in self._ours:
            self._job.update(index, FileStatus.WAITING)
            self._later.append(index)
            return None
        return self._load(index)

    def _read_later(self, index: int) -> Prepared | None:
        self._job.update(index, FileStatus.READING)
        source, (digest, _) = self._files[index], self._digests[index]
        twin = self._ours.get(digest)
        if twin is not None and self._job.file(twin).status is FileStatus.FAILED:
            bad = self._job.file(twin)
            self._job.end_file(index, FileStatus.FAILED, bad.reason, bad.remedy)
            return None
        holder = self._stored.get(digest)
        if holder is not None and self._is_changing(holder):
            return self._load(index, moved=holder.name)
        found = self._store.recognise(self._collection.name, source.name, source.origin, digest)
        if found is None:
            return self._load(index)
        self._known(index, found.record, found)
        return None

    def _is_changing(self, record: DocumentRecord) -> bool:
        """Whether a file of this job is a newer version of that document, still on its way."""
        return any(
            _is_version(self._files[index], record)
            and self._digests[index][0] != record.digest
            and not self._job.file(index).status.over
            for index in (*self._waiting[record.name], *self._waiting[record.origin])
        )

    def _known(self, index: int, record: DocumentRecord, found: Stored | None = None) -> None:
        if found is not None:
            self._job.update(index, replaced=found.replaced)
        if _is_version(self._files[index], record):
            self._job.update(index, name=record.name)
            reason = Message("It has not changed since it was indexed.")
        else:
            reason = already(record.name, replaced=found is not None and found.replaced)
        self._job.end_file(index, FileStatus.DUPLICATE, reason)

    def _load(self, index: int, moved: str = "") -> Prepared:
        job, source, (digest, size) = self._job, self._files[index], self._digests[index]
        self._ours[digest] = index

        def on_page(done: int, pages: int) -> None:
            job.update(index, fraction=READ_SHARE * done / max(pages, 1))

        loaded = self._loader.load(source.path, source.name, on_page=on_page, cancelled=job.cancelled)
        job.update(index, notices=loaded.notices)
        document = Document(
            source.name,
            digest,
            loaded.format.media_type,
            size,
            loaded.text,
            loaded.page_starts,
            loaded.headings,
            source.origin,
        )
        prepared = self._cut(job, index, document, self._collection)
        prepared.moved = moved
        return prepared


def _is_version(source: Source, record: DocumentRecord) -> bool:
    return is_same_file(source.name, source.origin, record.name, record.origin)
