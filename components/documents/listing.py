"""The collections, and the documents of one: a line opens what it names."""

from __future__ import annotations

from collections.abc import Sequence
from html import escape

import streamlit as st

from app.domain.documents import CollectionRecord, DocumentRecord
from app.ui.document_actions import Action, Open
from app.ui.prose import plain
from app.ui.text import speech, t, tn
from components.documents.settings import settings_words

PAGE_SIZE = 50


def collections_list(records: Sequence[CollectionRecord], *, key: str) -> Action | None:
    opened: Action | None = None
    with st.container(key=f"{key}-collections", gap=None):
        for record in records:
            with st.container(key=f"documents-line-{record.id}", gap=None):
                if st.button(plain(record.name), type="tertiary", key=f"{key}-collection-{record.id}"):
                    opened = Open(record.name)
                st.html(line(_about_collection(record)))
    return opened


def documents_list(records: Sequence[DocumentRecord], collection: str, *, key: str) -> Action | None:
    """With a box to find a name in, once there are more than fit on a screen."""
    opened: Action | None = None
    shown, first = list(records), 0
    if len(records) > PAGE_SIZE:
        shown, first = _found(records, key)
    with st.container(key=f"{key}-documents", gap=None):
        for record in shown[first : first + PAGE_SIZE]:
            with st.container(key=f"documents-line-{record.id}", gap=None):
                if st.button(plain(record.name), type="tertiary", key=f"{key}-document-{record.id}"):
                    opened = Open(collection, record.name)
                st.html(line(about_document(record)))
    return opened


def _found(records: Sequence[DocumentRecord], key: str) -> tuple[list[DocumentRecord], int]:
    """The documents whose name holds what was typed, and where the page begins."""
    with st.container(horizontal=True, vertical_alignment="bottom", key=f"{key}-find"):
        wanted = st.text_input(t("Find a document"), icon=":material/search:", key=f"{key}-text").strip().casefold()
        shown = [r for r in records if wanted in r.name.casefold()]
        pages = max(1, -(-len(shown) // PAGE_SIZE))
        page = 1
        if pages > 1:
            page = int(
                st.number_input(
                    t("Page of {n}", n=speech().number(pages)),
                    min_value=1,
                    max_value=pages,
                    width=140,
                    key=f"{key}-page-{pages}",
                )
            )
    return shown, (page - 1) * PAGE_SIZE


def line(parts: Sequence[str]) -> str:
    return f'<div class="us-line">{"".join(f"<span>{escape(part)}</span>" for part in parts)}</div>'


def _about_collection(record: CollectionRecord) -> list[str]:
    words = speech()
    return [
        tn("{n} document", "{n} documents", record.documents),
        tn("{n} passage", "{n} passages", record.passages),
        words.size(record.bytes),
        settings_words(record.collection),
        words.when(record.created_at),
    ]


def about_document(record: DocumentRecord) -> list[str]:
    words = speech()
    pages = [tn("{n} page", "{n} pages", record.pages)] if record.pages is not None else []
    return [
        *pages,
        tn("{n} passage", "{n} passages", record.passages),
        words.size(record.size),
        words.when(record.indexed_at),
    ]
