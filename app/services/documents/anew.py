"""A collection indexed anew from its stored text: beside the old one, or in its place."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import suppress

from app.domain.documents import Collection, DocumentRecord, Outdated, PassageStore
from app.domain.errors import UnderstudyError, UserError
from app.domain.indexing import FileStatus
from app.domain.message import Message
from app.services.documents.incoming import Cut
from app.services.documents.job import IndexingJob
from app.services.documents.pipeline import Prepared, Through, already

# What others store meanwhile is indexed in a further round, which is shorter than the one before.
ROUNDS = 10


class Anew:
    """`old` into `wanted`, which exists; by their places in the job, `documents` are those of `old`."""

    def __init__(
        self,
        job: IndexingJob,
        old: str,
        wanted: Collection,
        documents: Sequence[DocumentRecord],
        store: PassageStore,
        cut: Cut,
    ) -> None:
        self._job, self._old, self._wanted = job, old, wanted
        self._store, self._cut = store, cut
        self._documents = list(documents)
        self._there = self._contents()

    def beside(self, through: Through) -> None:
        through(self._read, range(len(self._documents)))
        if self._job.state().count(FileStatus.INDEXED):
            self._store.finish(self._wanted.name)

    def in_place(self, through: Through) -> None:
        """The old one serves until all is done, and stays when anything fails.

        Raises Outdated when others keep changing it for longer than all rounds take.
        """
        replaced = False
        try:
            begin = 0
            for left in reversed(range(ROUNDS)):
                through(self._read, range(begin, len(self._documents)))
                if self._job.stopped or self._job.state().count(FileStatus.FAILED):
                    return
                self._store.finish(self._wanted.name)
                try:
                    self._store.rename(self._wanted.name, self._old, replace=True)
                except Outdated:
                    if not left:
                        raise
                    begin = len(self._documents)
                    self._follow()
                else:
                    replaced = True
                    return
        finally:
            if not replaced:
                with suppress(UnderstudyError):  # a server that is gone; the next time it is found and used
                    self._store.delete_collection(self._wanted.name)

    def _read(self, index: int) -> Prepared | None:
        found = self._documents[index]
        if (found.name, found.digest) in self._there:
            self._job.end_file(index, FileStatus.DUPLICATE, already(found.name))
            return None
        self._job.update(index, FileStatus.READING)
        try:
            document = self._store.read(found.id)
        except UserError:
            if any(d.id == found.id for d in self._store.documents(self._old)):
                raise
            self._job.end_file(index, FileStatus.CANCELLED, Message("It was deleted or replaced meanwhile."))
            return None
        return self._cut(self._job, index, document, self._wanted)

    def _follow(self) -> None:
        """Take out what the old one lost meanwhile, and add to the job what it gained."""
        now = self._store.documents(self._old)
        wanted = {(d.name, d.digest) for d in now}
        for extra in self._store.documents(self._wanted.name):
            if (extra.name, extra.digest) not in wanted:
                self._store.delete_document(extra.id)
        self._there = self._contents()
        for document in now:
            if (document.name, document.digest) not in self._there:
                self._documents.append(document)
                self._job.add(document.name, document.characters)

    def _contents(self) -> set[tuple[str, str]]:
        return {(d.name, d.digest) for d in self._store.documents(self._wanted.name)}
