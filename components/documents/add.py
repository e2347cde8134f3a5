"""Upload documents: which files, into which collection, how they are cut, and what that would give."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import streamlit as st
from streamlit.runtime.uploaded_file_manager import UploadedFile

from app.domain.documents import CollectionRecord, TokeniserName
from app.domain.errors import UnderstudyError
from app.domain.indexing import Preview, Source
from app.ui.document_actions import Action, Add, AddSamples, Settings
from app.ui.prose import plain
from app.ui.text import t, tn
from components.documents.preview import preview_view
from components.documents.settings import all_settings, settings_of, settings_words
from components.problem import problem
from components.uploader import uploader_words

NEW = "documents"
Keep = Callable[[Sequence[UploadedFile]], tuple[Source, ...]]
Look = Callable[[Source, Settings], Preview | UnderstudyError]


def documents_add(
    collections: Sequence[CollectionRecord],
    embeddings: Sequence[str],
    tokenisers: Sequence[TokeniserName],
    *,
    into: CollectionRecord | None,
    keep: Keep,
    look: Look,
    files_key: str,
    max_mb: int,
    key: str,
) -> Action | None:
    """Draw it. `into` is the collection when it is settled; `keep` stores uploads, `look` previews one."""
    with st.container(border=True, key=f"{key}-add"):
        uploader_words(files_key, max_mb=max_mb, many=True)
        files = st.file_uploader(
            t("Add documents: PDF, DOCX, PPTX, XLSX, CSV, HTML, Markdown, text"),
            accept_multiple_files=True,
            max_upload_size=max_mb,
            key=files_key,
        )
        try:
            sources = keep(files)
        except UnderstudyError as error:
            problem(error)
            return None
        if not sources:
            return None if into or collections else _first_steps(key)
        with st.container(horizontal=True, vertical_alignment="bottom", key=f"{key}-where"):
            name, known = _where(collections, into, key)
            start = st.button(
                tn("Index {n} file", "Index {n} files", len(sources)),
                type="primary",
                icon=":material/library_add:",
                disabled=not name,
                key=f"{key}-start",
            )
        settings = _settings(known, embeddings, tokenisers, key)
        if st.toggle(t("Preview the passages"), key=f"{key}-preview"):
            chosen = sources[0]
            if len(sources) > 1:
                chosen = st.selectbox(t("File"), sources, format_func=lambda s: s.name, key=f"{key}-file")
            share = files[sources.index(chosen)].size / max(1, sum(file.size for file in files))
            preview_view(look(chosen, settings), share=share, key=key)
        if start:
            return Add(sources, name, None if known else settings)
    return None


def _first_steps(key: str) -> Action | None:
    st.caption(
        t(
            "Your models answer from these: for each question the passages that fit are found once, every model is"
            " given the same, and what an answer cites opens here. Documents indexed together are a collection."
        )
    )
    with st.container(horizontal=True, vertical_alignment="center", key=f"{key}-first"):
        st.caption(t("No documents at hand?"), width="content")
        pressed = st.button(
            t("Try it on sample documents, English and Korean"),
            type="tertiary",
            icon=":material/auto_stories:",
            key=f"{key}-samples",
        )
    return AddSamples() if pressed else None


def _where(
    collections: Sequence[CollectionRecord], into: CollectionRecord | None, key: str
) -> tuple[str, CollectionRecord | None]:
    """The name of the collection, and the collection if there is one of that name."""
    if into is not None:
        return into.name, into
    state = f"{key}-collection"
    typed = st.session_state.get(state)
    names = [c.name for c in collections] or [NEW]
    chosen = st.selectbox(
        t("Collection"),
        [*names, str(typed)] if typed and typed not in names else names,
        accept_new_options=True,
        help=t("Choose one, or type a name to make a new one."),
        key=state,
    )
    name = str(chosen or "").strip()
    return name, next((c for c in collections if c.name == name), None)


def _settings(
    known: CollectionRecord | None, embeddings: Sequence[str], tokenisers: Sequence[TokeniserName], key: str
) -> Settings:
    if known is not None:
        st.caption(t("As the collection was made: {settings}", settings=plain(settings_words(known.collection))))
        return settings_of(known.collection)
    with st.expander(t("Settings of the new collection"), type="compact", key=f"{key}-settings"):
        return all_settings(embeddings, tokenisers, Settings(embeddings[0]), key=key)
