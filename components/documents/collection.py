"""The head of a collection: what it is, indexing it anew, deleting it."""

from __future__ import annotations

from collections.abc import Sequence

import streamlit as st

from app.domain.documents import CollectionRecord, TokeniserName
from app.ui.document_actions import Action, CompareOn, DeleteCollection, Open, Reindex
from app.ui.prose import plain
from app.ui.text import speech, t, tn
from components.documents.listing import line
from components.documents.settings import all_settings, settings_of, settings_words


def collection_head(
    record: CollectionRecord, embeddings: Sequence[str], tokenisers: Sequence[TokeniserName], *, key: str
) -> Action | None:
    action: Action | None = None
    with st.container(horizontal=True, vertical_alignment="center", key=f"{key}-head"):
        if st.button(t("All collections"), icon=":material/arrow_back:", type="tertiary", key=f"{key}-back"):
            action = Open()
        st.space("stretch")
        if st.button(
            t("Ask about these documents"),
            type="primary",
            icon=":material/compare_arrows:",
            disabled=not record.passages,
            key=f"{key}-compare",
        ):
            action = CompareOn(record.name)
        with st.popover(t("Index anew"), icon=":material/autorenew:", key=f"{key}-reindex"):
            action = _reindex(record, embeddings, tokenisers, key) or action
        with st.popover(t("Delete"), icon=":material/delete:", key=f"{key}-delete"):
            if sure(
                t("The collection and its passages are deleted; your files stay where they are."),
                t("Delete {name}", name=plain(record.name)),
                key=f"{key}-delete-sure",
            ):
                action = DeleteCollection(record.name)
    st.title(plain(record.name), anchor=False)
    words = speech()
    st.html(
        line(
            [
                tn("{n} document", "{n} documents", record.documents),
                tn("{n} passage", "{n} passages", record.passages),
                words.size(record.bytes),
                settings_words(record.collection),
                words.when(record.created_at),
            ]
        )
    )
    return action


def _reindex(
    record: CollectionRecord, embeddings: Sequence[str], tokenisers: Sequence[TokeniserName], key: str
) -> Action | None:
    own = settings_of(record.collection)
    st.caption(t("From the stored text, without the files. Another embedding model can be compared with this one."))
    # A key of its own for each collection, or the settings of the last one opened would stay.
    settings = all_settings(embeddings, tokenisers, own, key=f"{key}-anew-{record.id}")
    beside = st.toggle(t("Into another collection, beside this one"), value=True, key=f"{key}-beside")
    name = ""
    if beside:
        model = settings.embedding.partition(":")[2] or settings.embedding
        name = st.text_input(
            t("Its name"), value=f"{record.name} · {model}", key=f"{key}-beside-name-{record.id}-{model}"
        ).strip()
    else:
        st.caption(t("The old index serves until the new one is whole, and stays when a document fails."))
    pressed = st.button(
        t("Index anew"), type="primary", disabled=beside and not name, key=f"{key}-anew-start", width="stretch"
    )
    return Reindex(record.name, settings, name if beside else None) if pressed else None


def sure(what: str, label: str, *, key: str) -> bool:
    """What is about to be lost, and the button that loses it."""
    st.caption(what)
    return st.button(label, type="primary", icon=":material/delete:", key=key, width="stretch")
