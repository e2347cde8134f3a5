"""What a person asks for on the Documents page, and how it is done.

Everything that changes something ends with the page drawn anew; what cannot be done is held and
explained above the list.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import cast

import streamlit as st
from streamlit.runtime.uploaded_file_manager import UploadedFile

from app.bootstrap import Container
from app.domain.documents import Chunking, TokeniserName
from app.domain.errors import UnderstudyError
from app.domain.indexing import Preview, Source
from app.domain.models import ModelRef
from app.services.documents.job import IndexingJob
from app.ui import links, state
from app.ui.text import t

SAMPLES = "samples"


@dataclass(frozen=True, slots=True)
class Settings:
    """How a collection is made."""

    embedding: str
    chunking: Chunking = Chunking()
    tokeniser: TokeniserName = TokeniserName.STEMS


@dataclass(frozen=True, slots=True)
class Add:
    """Index these uploads; `settings` None takes the collection's own."""

    uploads: tuple[Source, ...]
    collection: str
    settings: Settings | None = None


@dataclass(frozen=True, slots=True)
class AddSamples:
    pass


@dataclass(frozen=True, slots=True)
class Reindex:
    """In place, or beside the old one as `to`."""

    collection: str
    settings: Settings
    to: str | None = None


@dataclass(frozen=True, slots=True)
class DeleteCollection:
    name: str


@dataclass(frozen=True, slots=True)
class DeleteDocument:
    collection: str
    id: int


@dataclass(frozen=True, slots=True)
class Open:
    """Show the overview, a collection, or a document of it."""

    collection: str | None = None
    document: str | None = None


@dataclass(frozen=True, slots=True)
class CompareOn:
    """Go to the Compare page with this collection chosen."""

    collection: str


@dataclass(frozen=True, slots=True)
class Dismiss:
    """Take the report of an indexing that has ended off the page."""

    job: str


Action = Add | AddSamples | Reindex | DeleteCollection | DeleteDocument | Open | CompareOn | Dismiss


def carry_out(container: Container, action: Action | None) -> None:
    """Do it and draw the page anew; return when nothing was asked for."""
    if action is None:
        return
    if isinstance(action, CompareOn):
        state.set_open(None)
        state.set_adopted(None)
        st.session_state[state.key(state.SOURCES, "collection")] = action.collection
        st.switch_page(links.COMPARE)
    try:
        with st.spinner(t("Working …")):
            _do(container, action)
    except UnderstudyError as problem:
        st.session_state["documents_problem"] = problem
    st.rerun()


def _do(container: Container, action: Action) -> None:
    match action:
        case Add(uploads, collection, settings):
            job = container.indexing.start(
                uploads,
                collection,
                embedding=ModelRef.parse(settings.embedding) if settings else None,
                chunking=settings.chunking if settings else None,
                tokeniser=settings.tokeniser if settings else None,
            )
            watch(job)
            forget_uploads()
        case AddSamples():
            watch(container.indexing.start(container.indexing.samples(), SAMPLES))
        case Reindex(collection, settings, to):
            watch(
                container.indexing.reindex(
                    collection,
                    embedding=ModelRef.parse(settings.embedding),
                    chunking=settings.chunking,
                    tokeniser=settings.tokeniser,
                    to=to,
                )
            )
        case DeleteCollection(name):
            container.passages.delete_collection(name)
            show(Open())
        case DeleteDocument(collection, document):
            container.passages.delete_document(document)
            show(Open(collection))
        case Open():
            show(action)
        case Dismiss(job):
            watched().discard(job)


def release() -> UnderstudyError | None:
    """Why the last thing could not be done, once."""
    return cast("UnderstudyError | None", st.session_state.pop("documents_problem", None))


def show(place: Open) -> None:
    """Put a place of the page into the URL, where a reload and a link find it."""
    query = {links.COLLECTION: place.collection, links.DOCUMENT: place.document}
    st.query_params.from_dict({name: value for name, value in query.items() if value is not None})


# Jobs that this session saw: their reports stay until they are dismissed.


def watched() -> set[str]:
    return cast("set[str]", st.session_state.setdefault("documents_watched", set()))


def watch(job: IndexingJob) -> None:
    watched().add(job.id)


def jobs(container: Container) -> list[IndexingJob]:
    """What runs, whoever started it, and what ended under this session's eyes; newest first."""
    seen = watched()
    found = [job for job in container.indexing.jobs() if not job.over or job.id in seen]
    for job in found:
        watch(job)
    return found


# Uploads: kept on disk as soon as they are here, so that a preview and the indexing read the same file.


def uploader_key() -> str:
    """A new one for every batch: the browser's list is empty again, and its memory free."""
    batch = int(st.session_state.setdefault("documents_batch", 0))
    return f"documents-files-{batch}"


def keep(container: Container, files: Sequence[UploadedFile]) -> tuple[Source, ...]:
    """The uploaded files as sources; those taken off the list are deleted. Raises UserError when the disk is full."""
    kept = cast("dict[str, Source]", st.session_state.setdefault("documents_kept", {}))
    ids = {file.file_id: file for file in files}
    for gone in kept.keys() - ids.keys():
        kept.pop(gone).path.unlink(missing_ok=True)
    for file_id, file in ids.items():
        if file_id not in kept:
            kept[file_id] = container.indexing.upload(file.name, file)
    return tuple(kept[file_id] for file_id in ids)


def forget_uploads() -> None:
    """They belong to a job now."""
    st.session_state["documents_kept"] = {}
    st.session_state["documents_batch"] = int(st.session_state.get("documents_batch", 0)) + 1


def preview(container: Container, source: Source, settings: Settings) -> Preview | UnderstudyError:
    """What indexing would make of an upload; remembered for as long as nothing is changed."""
    asked = (source, settings)
    last = cast("tuple[object, Preview | UnderstudyError] | None", st.session_state.get("documents_preview"))
    if last is not None and last[0] == asked:
        return last[1]
    found: Preview | UnderstudyError
    try:
        with st.spinner(t("Reading {name} …", name=source.name)):
            found = container.indexing.preview(source, settings.chunking, ModelRef.parse(settings.embedding))
    except UnderstudyError as problem:
        found = problem
    st.session_state["documents_preview"] = (asked, found)
    return found
