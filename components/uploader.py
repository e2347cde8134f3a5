"""What Streamlit's uploader says of itself, in the session's language: it knows English alone."""

from __future__ import annotations

import json
from collections.abc import Sequence

import streamlit as st

from app.ui.text import speech, t


def uploader_words(key: str, *, max_mb: int, kinds: Sequence[str] = (), many: bool = False) -> None:
    """For the uploader with the widget key `key`; app/ui/documents.css puts them in the place of its own."""
    size = speech().size(max_mb * 1_000_000)
    if many:
        choose, drop, limit = t("Choose files"), t("or drop them here"), t("up to {size} each", size=size)
    else:
        choose, drop, limit = t("Choose a file"), t("or drop it here"), t("up to {size}", size=size)
    note = " · ".join((drop, limit, *([", ".join(kinds).upper()] if kinds else [])))
    st.html(f"<style>.st-key-{key} {{ --us-choose: {_quoted(choose)}; --us-limit: {_quoted(note)}; }}</style>")


def _quoted(text: str) -> str:
    """As a string of a stylesheet."""
    return json.dumps(text, ensure_ascii=False).replace("<", "\\3c ")
