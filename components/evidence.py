"""The passages that every contestant was given."""

from __future__ import annotations

from html import escape

import streamlit as st

from app.domain.evidence import Evidence
from app.ui.passages import place, preview
from app.ui.prose import plain_html
from app.ui.text import t

# With more passages than this each shows its beginning and opens on a click.
_OPEN = 3


def evidence_view(evidence: Evidence, *, key: str) -> None:
    """The passages by number, as they are cited: document, page, text."""
    if not evidence:
        st.caption(t("No sources were given."))
        return
    is_open = " open" if len(evidence.passages) <= _OPEN else ""
    rows = "".join(
        f'<details{is_open}><summary><span class="us-cite">{n}</span> <strong>{escape(place(p))}</strong>'
        f' <span class="us-preview">{escape(preview(p.text, 90))}</span></summary>{plain_html(p.text)}</details>'
        for n, p in enumerate(evidence.passages, start=1)
    )
    with st.container(key=f"{key}-evidence"):
        st.html(f'<div class="us-evidence">{rows}</div>')
