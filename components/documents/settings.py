"""How a collection is made: its embedding model, how its documents are cut, how Korean is read."""

from __future__ import annotations

from collections.abc import Sequence

import streamlit as st

from app.domain.documents import Chunking, Collection, TokeniserName, Unit
from app.ui.document_actions import Settings
from app.ui.text import speech, t


def embedding_choice(embeddings: Sequence[str], current: str, *, key: str) -> str:
    """One of the models listed, or any other that is typed."""
    state = f"{key}-embedding"
    typed = st.session_state.get(state)
    options = list(dict.fromkeys([*embeddings, current, *([str(typed)] if typed else [])]))
    chosen = st.selectbox(
        t("Embedding model"),
        options,
        index=options.index(current),
        accept_new_options=True,
        help=t("Turns text into vectors. Another one that Ollama or OpenAI has can be typed: ollama:nomic-embed-text"),
        key=state,
    )
    return str(chosen or current)


def chunking_choice(current: Chunking, *, key: str) -> Chunking:
    size, overlap, unit = st.columns(3, vertical_alignment="bottom")
    units = {name: _unit(name) for name in ("characters", "tokens")}
    with unit:
        chosen_unit = st.selectbox(
            t("Measured in"),
            list(units),
            index=list(units).index(current.unit),
            format_func=units.__getitem__,
            key=f"{key}-unit",
        )
    with size:
        chosen_size = st.number_input(
            t("Passage size"), min_value=50, max_value=20_000, value=current.size, step=50, key=f"{key}-size"
        )
    with overlap:
        chosen_overlap = st.number_input(
            t("Overlap"),
            min_value=0,
            max_value=10_000,
            value=current.overlap,
            step=10,
            help=t("The most that two neighbouring passages share; half the size at most."),
            key=f"{key}-overlap",
        )
    kind: Unit = "tokens" if chosen_unit == "tokens" else "characters"
    return Chunking(int(chosen_size), min(int(chosen_overlap), int(chosen_size) // 2), kind)


def tokeniser_choice(offered: Sequence[TokeniserName], current: TokeniserName, *, key: str) -> TokeniserName:
    """Not drawn while there is only one."""
    if len(offered) < 2:
        return current
    chosen = st.segmented_control(
        t("Korean words by"),
        list(offered),
        default=current,
        required=True,
        format_func=lambda name: t("list of particles") if name is TokeniserName.STEMS else "kiwipiepy",
        key=f"{key}-tokeniser",
    )
    return chosen or current


def all_settings(
    embeddings: Sequence[str], tokenisers: Sequence[TokeniserName], current: Settings, *, key: str
) -> Settings:
    embedding = embedding_choice(embeddings, current.embedding, key=key)
    chunking = chunking_choice(current.chunking, key=key)
    return Settings(embedding, chunking, tokeniser_choice(tokenisers, current.tokeniser, key=key))


def settings_of(collection: Collection) -> Settings:
    return Settings(str(collection.embedding), collection.chunking, collection.tokeniser)


def settings_words(collection: Collection) -> str:
    """``builtin:use-multilingual · passages of 900 characters, 120 shared``."""
    cut, words = collection.chunking, speech()
    sizes = t(
        "passages of {size} {unit}, {overlap} shared",
        size=words.number(cut.size),
        unit=_unit(cut.unit),
        overlap=words.number(cut.overlap),
    )
    parts = [str(collection.embedding), sizes]
    if collection.tokeniser is TokeniserName.KIWI:
        parts.append("kiwipiepy")
    return " · ".join(parts)


def _unit(unit: str) -> str:
    return t("characters") if unit == "characters" else t("tokens")
