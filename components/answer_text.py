"""The text of an answer: finished, with citations that open their passage, or still being written."""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache
from html import escape

import streamlit as st
from streamlit.delta_generator import DeltaGenerator

from app.domain.answers import Answer, Status
from app.domain.citations import cited
from app.domain.errors import AnswerError
from app.domain.evidence import Evidence
from app.domain.message import Message
from app.ui.highlight import passage_html
from app.ui.markdown import Chips
from app.ui.notes import marked_html, problem_html
from app.ui.passages import document_link, place, preview, warning_html
from app.ui.prose import plain_html, render, render_streaming
from app.ui.text import language, say, t


def answer_text(answer: Answer, evidence: Evidence, *, key: str, hidden: bool = False) -> None:
    """The whole answer: thinking, text, what happened on the way, and why it is not complete.

    `hidden` leaves out what tells models apart: that there is any thinking, and a server's own words.
    """
    if answer.thinking.strip() and not hidden:
        with st.expander(t("Thinking"), icon=":material/psychology:", type="compact", key=f"{key}-thinking"):
            st.html(f'<div class="us-answer us-thinking">{render(answer.thinking)}</div>')
    if answer.text.strip():
        body = render(answer.text, chips(evidence, key))
        st.html(f'<div class="us-answer">{body}</div>{_popovers(answer.text, evidence, key)}')
    # Below the text: above, it would push down what was read while it was written.
    if answer.notices and not hidden:
        st.html(_on_the_way(answer))
    if answer.error is not None:
        st.html(error_html(answer.error, hidden=hidden))


def _on_the_way(answer: Answer) -> str:
    """Loading, retries, what was left out; what cut a truncated answer stands by itself."""
    notices = [say(notice) for notice in dict.fromkeys(answer.notices)]
    cut = notices.pop() if answer.status is Status.TRUNCATED else ""
    lines = "".join(f"<div>{marked_html(notice)}</div>" for notice in notices)
    log = f'<div class="us-notice"><em>{escape(t("Notes"))}</em>{lines}</div>' if notices else ""
    return log + (problem_html(cut, "") if cut else "")


def error_html(error: AnswerError, *, hidden: bool = False) -> str:
    """Cause and remedy; hidden: in words that fit any model."""
    if hidden:
        return problem_html(t("This answer could not be completed."), t("The reason is shown together with the names."))
    return problem_html(say(error.message), say(error.remedy))


def streaming_text(
    text: str,
    thinking: str,
    *,
    placeholder: DeltaGenerator,
    evidence: Evidence = Evidence(),  # noqa: B008 - frozen
    notices: Sequence[Message] = (),
    hidden: bool = False,
) -> None:
    """Draw what has arrived into `placeholder`; cheap enough for ten times a second."""
    parts = []
    if notices and not hidden and not text:
        parts.append(f'<div class="us-notice">{marked_html(say(notices[-1]))}</div>')
    if thinking and not hidden:
        shown = plain_html(thinking[-600:]) if not text else ""
        parts.append(f'<div class="us-thought"><span>{escape(t("Thinking"))} …</span>{shown}</div>')
    if text or not thinking or hidden:
        parts.append(render_streaming(text, chips(evidence, "")))
    placeholder.html(f'<div class="us-answer">{"".join(parts)}</div>')


def chips(evidence: Evidence, key: str) -> Chips | None:
    """How citations of these passages are drawn; None without evidence, where [1] is just text."""
    return _chips(evidence, key, language()) if evidence else None


@lru_cache(maxsize=256)
def _chips(evidence: Evidence, key: str, _language: str) -> Chips:
    # Kept, because a stream asks ten times a second; by language, because the hints are in it.
    return Chips(
        prefix=f"us-{key}",
        hints=tuple(f"{place(p)}: {preview(p.text, 240)}" for p in evidence.passages),
        missing=t("The answer cites a passage that it was not given: there were {n}.", n=len(evidence.passages)),
    )


def _popovers(text: str, evidence: Evidence, key: str) -> str:
    """The passages that the text cites, each hidden until its chip is pressed."""
    count = len(evidence.passages)
    return "".join(
        f'<div popover id="us-{escape(key)}-{n}" class="us-popover"><strong>[{n}] {escape(place(passage))}</strong>'
        f"{document_link(passage)}{warning_html(passage.text)}{passage_html(passage.text)}</div>"
        for n in cited(text)
        if 1 <= n <= count
        for passage in [evidence.passages[n - 1]]
    )
