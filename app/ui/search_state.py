"""How to search, as its widgets say: for the sources of a comparison, and for each side of a search."""

from __future__ import annotations

import streamlit as st

from app.domain.documents import Fusion, Mode
from app.domain.errors import UserError
from app.domain.models import ModelRef
from app.domain.searching import DEFAULT, SearchSettings

MOST = 50
_FIRST: dict[str, object] = {
    "mode": DEFAULT.mode.value,
    "k": DEFAULT.k,
    "fusion": DEFAULT.fusion.value,
    "keyword-weight": DEFAULT.keyword_weight,
    "mmr": DEFAULT.mmr,
    "expansion": None,
    "extraction": None,
}


def search_key(owner: str, field: str) -> str:
    """The widget key of a field of the search of `owner`."""
    return f"{field}-{owner}"


def prepare_search(owner: str, **first: object) -> None:
    """First values, before the widgets are drawn; `first` are other ones than the defaults."""
    for field, value in {**_FIRST, **first}.items():
        st.session_state.setdefault(search_key(owner, field), value)


def read_search(owner: str) -> SearchSettings:
    """What the widgets of `owner` say."""

    def chosen(field: str) -> object:
        return st.session_state.get(search_key(owner, field), _FIRST[field])

    weight = float(str(chosen("keyword-weight")))
    return SearchSettings(
        mode=Mode(str(chosen("mode"))),
        k=int(str(chosen("k") or DEFAULT.k)),
        fusion=Fusion(str(chosen("fusion"))),
        keyword_weight=weight,
        dense_weight=round(1 - weight, 2),
        mmr=bool(chosen("mmr")),
        expansion=_model(chosen("expansion")),
        extraction=_model(chosen("extraction")),
    )


def _model(name: object) -> ModelRef | None:
    try:
        return ModelRef.parse(str(name)) if name else None
    except UserError:
        return None
