"""What Streamlit's uploader says of itself, in the session's language: it knows English alone."""

from __future__ import annotations

import json
from collections.abc import Sequence

import streamlit as st

from app.ui.text import speech, t


def uploader_words(key: str, *, max_mb: int, kinds: Sequence[str] = (), many: bool = False) -> None:
    """For the uploader with the widget key `key`; app/ui/documents.css puts them in the place of its own."""
    choose = t("Choose files") if many else t("Choose a file")
    limit = t("up to {size} each", size=speech().size(max_mb * 1_000_000))
    note = " · ".join((t("or drop them here") if many else t("or drop it here"), limit, *(k.upper() for k in kinds)))
    st.html(f"<style>.st-key-{key} {{ --us-choose: {_quoted(choose)}; --us-limit: {_quoted(note)}; }}</style>")


def _quoted(text: str) -> str:
    """As a string of a stylesheet."""
    return json.dumps(text, ensure_ascii=False).replace("<", "\\3c ")
