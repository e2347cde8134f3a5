"""How an indexing is going, on stderr, and what became of each document, on stdout."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

from app.cli import output
from app.cli.overdrawing import Overdrawn, bar
from app.domain.indexing import FileProgress, FileStatus, IndexingState
from app.domain.message import Message

if TYPE_CHECKING:
    from app.services.documents.job import IndexingJob

EVERY = 0.2  # seconds between two looks
STATUS_WORDS = {
    FileStatus.WAITING: Message("waiting"),
    FileStatus.READING: Message("reading"),
    FileStatus.EMBEDDING: Message("embedding"),
    FileStatus.STORING: Message("storing"),
    FileStatus.INDEXED: Message("indexed"),
    FileStatus.DUPLICATE: Message("already there"),
    FileStatus.FAILED: Message("failed"),
    FileStatus.CANCELLED: Message("stopped"),
}


class JobProgress(Overdrawn):
    """In a terminal a bar with what is being done, elsewhere a line for each file that is over."""

    def __init__(self, job: IndexingJob) -> None:
        super().__init__()
        self._job = job
        self._told: set[int] = set()

    def follow(self, at_most: float | None = None) -> None:
        """Block until it is over, or `at_most` seconds have passed."""
        until = None if at_most is None else time.monotonic() + at_most
        over = False
        while not over:
            over = self._job.wait(EVERY)
            self._show(self._job.state())
            if until is not None and time.monotonic() > until:
                return

    def _show(self, state: IndexingState) -> None:
        if self.rewrites:
            self.draw(_lines(state))
            return
        for n, file in enumerate(state.files):
            if file.status.over and n not in self._told:
                self._told.add(n)
                output.note(f"{len(self._told)}/{len(state.files)} {file.name}: {about(file)}")


def _lines(state: IndexingState) -> list[str]:
    lines = [f"{output.text(STATUS_WORDS[f.status])}  {f.name}" for f in state.files if _moves(f)][:4]
    over = sum(f.status.over for f in state.files)
    line = f"{bar(state.fraction)} · {output.text(Message('{n} of {total} files', n=over, total=len(state.files)))}"
    if state.left is not None:
        line += " · " + output.text(Message("about {time} left", time=output.speech().seconds(state.left)))
    return [*lines, line]


def _moves(file: FileProgress) -> bool:
    return file.status in (FileStatus.READING, FileStatus.EMBEDDING, FileStatus.STORING)


def about(file: FileProgress) -> str:
    """What became of a file, in words."""
    parts = [output.text(STATUS_WORDS[file.status])]
    parts += [output.hide(output.text(m)) for m in (file.reason, file.remedy) if m is not None and m.template]
    return " · ".join([parts[0], " ".join(parts[1:])]) if parts[1:] else parts[0]


def print_job(state: IndexingState) -> None:
    """A line a document, the reasons below, and the sum."""
    speech = output.speech()
    heads = (Message("Document"), Message("Status"), Message("Pages"), Message("Passages"))
    rows = [
        [
            output.shorten(file.name, 60),
            output.text(STATUS_WORDS[file.status]),
            "—" if file.pages is None else speech.number(file.pages),
            speech.number(file.passages) if file.passages else "—",
        ]
        for file in state.files
    ]
    if rows:
        output.table([output.text(h) for h in heads], rows, right=(2, 3))
    for file in state.files:
        words = [m for m in (file.reason, file.remedy) if m is not None and m.template]
        if file.status is FileStatus.FAILED and words:
            output.say(f"! {file.name}: {output.hide(' '.join(output.text(m) for m in words))}")
        for notice in file.notices:
            output.say(f"  {file.name}: {output.text(notice)}")
    passages = sum(f.passages for f in state.files if f.status is FileStatus.INDEXED)
    summary = Message(
        "{name}: indexed {indexed}, already there {same}, failed {failed}; passages {passages}, {seconds}",
        name=state.collection,
        indexed=state.count(FileStatus.INDEXED),
        same=state.count(FileStatus.DUPLICATE),
        failed=state.count(FileStatus.FAILED),
        passages=speech.number(passages),
        seconds=speech.seconds(state.seconds),
    )
    output.say(output.text(summary))
    if state.cost.usd:
        output.say(output.text(Message("Embedding cost {usd}.", usd=speech.usd(state.cost.usd))))
