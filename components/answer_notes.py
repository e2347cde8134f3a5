"""What deserves a word below an answer: badges, and what was sent."""

from __future__ import annotations

import json
from html import escape

import streamlit as st

from app.domain.answers import Answer
from app.ui.badges import Badge, badges_of
from app.ui.notes import marked_html
from app.ui.text import say, speech, t


def answer_notes(answer: Answer, *, hidden: bool, key: str) -> None:
    """Draw them into the (horizontal) container that is open. Hidden: nothing that gives a model away."""
    if badges := badges_of(answer, speech(), hidden=hidden):
        st.html(badges_html(badges), width="content")
    if answer.sent and not hidden:
        _what_was_sent(answer, key)


def badges_html(badges: tuple[Badge, ...]) -> str:
    return '<div class="us-badges">' + "".join(map(_badge, badges)) + "</div>"


def _badge(badge: Badge) -> str:
    icon = f'<span class="us-icon" aria-hidden="true">{badge.icon}</span>' if badge.icon else ""
    return (
        f'<span class="us-badge us-{badge.tone}" tabindex="0" title="{escape(badge.hint)}">'
        f"{icon}{escape(badge.text)}</span>"
    )


def _what_was_sent(answer: Answer, key: str) -> None:
    with st.popover(t("What was sent"), icon=":material/data_object:", type="tertiary", key=f"{key}-sent"):
        st.html('<span class="us-sent"></span>')  # by this the style knows which popover it is
        st.caption(t("The request as it went out, without the messages and the key."))
        body = json.dumps(dict(answer.sent), indent=2, ensure_ascii=False, default=str)
        st.code(body, language="json", wrap_lines=True)
        if answer.not_sent:
            rows = "".join(
                f"<dt>{escape(f)}</dt><dd>{marked_html(say(why))}</dd>" for f, why in answer.not_sent.items()
            )
            st.html(f'<div class="us-notsent"><strong>{escape(t("Not sent"))}</strong><dl>{rows}</dl></div>')
