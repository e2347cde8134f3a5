"""The passages that every contestant was given."""

from __future__ import annotations

from html import escape

import streamlit as st

from app.domain.documents import Fusion
from app.domain.evidence import Evidence, Passage, Retrieval
from app.ui.highlight import passage_html
from app.ui.passages import document_link, place, preview, score_html, warning_html
from app.ui.text import speech, t
from components.search.settings import fusion_name, mode_name

# With more passages than this each shows its beginning and opens on a click.
_OPEN = 3


def evidence_view(evidence: Evidence, *, key: str, question: str = "") -> None:
    """The passages by number, as they are cited: document, page, score, text with the words of the question marked."""
    if not evidence:
        st.caption(t("No sources were given."))
        return
    is_open = " open" if len(evidence.passages) <= _OPEN else ""
    rows = "".join(_row(n, p, is_open, question) for n, p in enumerate(evidence.passages, start=1))
    with st.container(key=f"{key}-evidence", gap="xsmall"):
        if evidence.retrieval is not None:
            st.caption(_how(evidence.retrieval))
        st.html(f'<div class="us-evidence">{rows}</div>')


def _how(found: Retrieval) -> str:
    """``Hybrid · best 8 · found in 42ms``."""
    words = speech()
    parts = [mode_name(found.mode)]
    if found.fusion and found.fusion != Fusion.RRF:
        parts.append(fusion_name(found.fusion))
    if found.mmr:
        parts.append(t("Varied passages"))
    parts += [t("best {n}", n=words.number(found.k)), t("found in {time}", time=words.seconds(found.seconds))]
    return " · ".join(parts)


def _row(number: int, passage: Passage, is_open: str, question: str) -> str:
    return (
        f'<details{is_open}><summary><span class="us-cite">{number}</span> <strong>{escape(place(passage))}</strong>'
        f"{score_html(passage.score)}{warning_html(passage.text)}"
        f' <span class="us-preview">{escape(preview(passage.text, 90))}</span></summary>'
        f"{passage_html(passage.text, question)}{document_link(passage)}</details>"
    )
