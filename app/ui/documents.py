"""The Documents page's side of the session: what is there, what is open, what is being indexed."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from importlib.util import find_spec

import streamlit as st

from app.bootstrap import Container
from app.domain.documents import CollectionRecord, Document, DocumentRecord, StoredPassage, TokeniserName
from app.domain.errors import UnderstudyError
from app.services.documents.embeddings import embedding_choices
from app.services.documents.job import IndexingJob
from app.ui import document_actions, links
from app.ui.text import t


@dataclass(frozen=True, slots=True)
class Reading:
    """A document that is open, with its passages; `place` is the stretch that a link led to."""

    record: DocumentRecord
    document: Document
    passages: Sequence[StoredPassage]
    place: tuple[int, int] | None = None


@dataclass(frozen=True, slots=True)
class Screen:
    """All that the page draws in one run. `collection` and `reading` are what is open, if anything is."""

    container: Container
    collections: tuple[CollectionRecord, ...]
    embeddings: tuple[str, ...]
    tokenisers: tuple[TokeniserName, ...]
    jobs: tuple[IndexingJob, ...]
    collection: CollectionRecord | None = None
    documents: Sequence[DocumentRecord] = ()
    reading: Reading | None = None
    problem: UnderstudyError | None = None


def open_screen(container: Container) -> Screen:
    """What is here and what the URL names; a problem is told instead of what it keeps from being shown."""
    problem = document_actions.release()
    collections: tuple[CollectionRecord, ...] = ()
    collection: CollectionRecord | None = None
    documents: Sequence[DocumentRecord] = ()
    reading: Reading | None = None
    try:
        # Where nothing was ever indexed, no server is started to say so.
        if container.documents_begun():
            with st.spinner(t("Opening the documents …"), show_time=True):
                collections = tuple(container.passages.collections())
        name = st.query_params.get(links.COLLECTION)
        if name:
            collection = next((c for c in collections if c.name == name), None) or container.passages.collection(name)
            documents = container.passages.documents(collection.name)
            reading = _reading(container, collection.name)
    except UnderstudyError as error:
        problem = problem or error
    embeddings = embedding_choices(container.directory.look(1.0), local_only=container.settings.local_only)
    return Screen(
        container,
        collections,
        tuple(str(ref) for ref in embeddings),
        (TokeniserName.STEMS, TokeniserName.KIWI) if find_spec("kiwipiepy") else (TokeniserName.STEMS,),
        tuple(document_actions.jobs(container)),
        collection,
        documents,
        reading,
        problem,
    )


def _reading(container: Container, collection: str) -> Reading | None:
    """The document that the URL names. Raises UserError when there is none."""
    name = st.query_params.get(links.DOCUMENT)
    if not name:
        return None
    record = container.passages.document(collection, name)
    return Reading(
        record,
        container.passages.read(record.id),
        container.passages.passages(record.id),
        links.read_place(st.query_params.get(links.PLACE)),
    )
