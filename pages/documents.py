"""Documents: upload, watch them being indexed, see what is there, read a document with its passages."""

from __future__ import annotations

from functools import partial

import streamlit as st

from app.ui import document_actions, documents
from app.ui.container import get_container
from app.ui.document_actions import Action, AddSamples
from app.ui.text import t
from components.documents.add import documents_add
from components.documents.collection import collection_head
from components.documents.listing import collections_list, documents_list
from components.documents.progress import documents_progress
from components.documents.reader import documents_reader
from components.problem import problem

container = get_container()
action: Action | None = None

with st.container(key="documents-page"):
    screen = documents.open_screen(container)
    add = partial(
        documents_add,
        screen.collections,
        screen.embeddings,
        screen.tokenisers,
        keep=partial(document_actions.keep, container),
        look=partial(document_actions.preview, container),
        files_key=document_actions.uploader_key(),
        max_mb=container.settings.max_file_mb,
        key="documents",
    )
    if screen.problem is not None:
        problem(screen.problem)
    if screen.reading is not None:
        action = documents_reader(screen.reading, key="documents")
    elif screen.collection is not None:
        action = collection_head(screen.collection, screen.embeddings, screen.tokenisers, key="documents")
        action = documents_progress(screen.jobs, key="documents") or action
        action = add(into=screen.collection) or action
        action = documents_list(screen.documents, screen.collection.name, key="documents") or action
    else:
        with st.container(horizontal=True, vertical_alignment="center", key="documents-top"):
            st.title(t("Documents"), anchor=False)
            if screen.collections and st.button(t("Sample documents"), icon=":material/auto_stories:", key="samples"):
                action = AddSamples()
        action = add(into=None) or action
        action = documents_progress(screen.jobs, key="documents") or action
        action = collections_list(screen.collections, key="documents") or action
document_actions.carry_out(container, action)
