"""What deserves a word about an answer: badges, what went wrong and what to do, what was sent."""

from __future__ import annotations

import json
from html import escape

import streamlit as st

from app.domain.answers import Answer
from app.domain.errors import AnswerError
from app.ui.figures import Badge, badges_of
from app.ui.notes import marked_html
from app.ui.text import say, speech, t


def answer_notes(answer: Answer, *, hidden: bool, key: str) -> None:
    """Hidden: what went wrong is said in general words, what was sent is not shown."""
    if answer.error is not None:
        st.html(error_html(answer.error, hidden=hidden))
    if answer.notices and not hidden:
        lines = "".join(f"<div>{marked_html(say(notice))}</div>" for notice in dict.fromkeys(answer.notices))
        st.html(f'<div class="us-notice">{lines}</div>')
    badges = badges_of(answer, speech(), hidden=hidden)
    with st.container(horizontal=True, vertical_alignment="center", gap="small", key=f"{key}-notes"):
        if badges:
            st.html(badges_html(badges), width="content")
        if answer.sent and not hidden:
            _what_was_sent(answer, key)


def error_html(error: AnswerError, *, hidden: bool = False) -> str:
    """Cause and remedy; commands in backticks become code."""
    message, remedy = say(error.message), say(error.remedy)
    if hidden:
        message, remedy = t("This answer could not be completed."), t("The reason is shown once identities are.")
    return f'<div class="us-error" role="alert"><strong>{marked_html(message)}</strong><div>{marked_html(remedy)}</div></div>'


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
        st.caption(t("The request as it went out, without the messages and the key."))
        st.code(
            json.dumps(dict(answer.sent), indent=2, ensure_ascii=False, default=str), language="json", wrap_lines=True
        )
        if answer.not_sent:
            rows = "".join(
                f"<dt>{escape(f)}</dt><dd>{marked_html(say(why))}</dd>" for f, why in answer.not_sent.items()
            )
            st.html(f'<div class="us-notsent"><strong>{escape(t("Not sent"))}</strong><dl>{rows}</dl></div>')
