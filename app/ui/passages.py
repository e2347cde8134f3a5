"""Where a passage is from, how it begins, how well it fits and whether to be wary of it, in words."""

from __future__ import annotations

from html import escape

from app.domain.evidence import Passage
from app.services.comparing.injection import suspicious
from app.ui.links import document_address
from app.ui.text import speech, t


def place(passage: Passage) -> str:
    """Document and page."""
    if passage.page is None:
        return passage.document
    return t("{document}, p. {page}", document=passage.document, page=passage.page)


def preview(text: str, characters: int) -> str:
    """The beginning on one line."""
    line = " ".join(text[: characters * 2].split())
    return line if len(line) <= characters and len(text) <= characters * 2 else line[:characters].rstrip() + " …"


def score_html(score: float | None) -> str:
    """How well it fits the question, to three digits; nothing for a passage that was not searched for."""
    if score is None:
        return ""
    shown = speech().number(float(f"{score:.3g}"), 4 if abs(score) < 0.1 else 3 if abs(score) < 10 else 1)
    return f' <span class="us-score" title="{escape(t("Score of the search"))}">{escape(shown)}</span>'


def warning_html(text: str) -> str:
    """A mark on a passage that reads like instructions to a model."""
    if not suspicious(text):
        return ""
    hint = t("Part of this passage is written like an instruction to a model. Models are told not to follow it.")
    return (
        f' <span class="us-badge us-warn" title="{escape(hint)}">'
        f'<span class="us-icon" aria-hidden="true">warning</span>'
        f"{escape(t('reads like instructions'))}</span>"
    )


def document_link(passage: Passage) -> str:
    """A link to the passage in its document, in a tab of its own; nothing for what was pasted."""
    if not passage.collection:
        return ""
    address = document_address(passage.collection, passage.document, passage.start, passage.end)
    return (
        f'<a class="us-in-document" href="{escape(address)}" target="_blank" rel="noopener">'
        f"{escape(t('Show in the document'))}</a>"
    )
