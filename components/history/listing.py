"""Past comparisons as a list, newest first: a line opens its comparison."""

from __future__ import annotations

from html import escape

import streamlit as st

from app.domain.answers import Status
from app.domain.comparisons import Query, Summary
from app.services.comparing.history import Page
from app.ui.links import COMPARE
from app.ui.passages import preview
from app.ui.prose import plain
from app.ui.text import speech, t
from components.history.filters import PAGE_SIZE, page_of, status_label, turn_to
from components.next_step import nothing_yet


def history_list(page: Page, query: Query, *, key: str) -> str | None:
    """Draw one page of the list; returns the id of the comparison that was opened."""
    opened = None
    if not page.lines:
        _nothing(query)
    with st.container(key=f"{key}-list", gap=None):
        for line in page.lines:
            if _line(line, key):
                opened = line.id
    _pages(page, key)
    return opened


def _nothing(query: Query) -> None:
    if query == Query(limit=query.limit, offset=query.offset):
        nothing_yet(
            t("No comparison yet. Ask something on the Compare page, and it is kept here."),
            ":material/history:",
            COMPARE,
            t("Compare"),
            key="history",
            page_icon=":material/compare_arrows:",
        )
    else:
        st.info(t("Nothing matches."), icon=":material/search_off:")


def _line(line: Summary, key: str) -> bool:
    with st.container(key=f"{key}-line-{line.id}", gap=None):
        # The button's label is the prompt; its area is the whole line (answer.css).
        pressed = st.button(plain(preview(line.prompt, 160)) or "–", type="tertiary", key=f"{key}-open-{line.id}")
        st.html(f'<div class="us-line">{_about(line)}</div>')
    return pressed


def _about(line: Summary) -> str:
    words = speech()
    parts = [f"<span>{escape(words.when(line.created_at))}</span>"]
    parts += [f'<span class="us-model">{escape(model)}</span>' for model in line.models]
    if line.turn:
        parts.append(f"<span>{escape(t('turn {n}', n=line.turn + 1))}</span>")
    if line.hidden:
        parts.append(f'<span class="us-badge us-quiet">{escape(t("blind"))}</span>')
    if line.status is not Status.DONE:
        tone = "us-quiet" if line.status in (Status.RUNNING, Status.WAITING) else "us-warn"
        parts.append(f'<span class="us-badge {tone}">{escape(status_label(line.status))}</span>')
    if line.votes:
        votes = words.plural("{n} vote", "{n} votes", line.votes)
        parts.append(f'<span class="us-votes">{escape(votes)}</span>')
        if line.blind_vote:
            parts.append(f"<span>{escape(t('voted blind'))}</span>")
    return "".join(parts)


def _pages(page: Page, key: str) -> None:
    if page.total <= PAGE_SIZE:
        return
    current, words = page_of(key), speech()
    first = current * PAGE_SIZE + 1
    with st.container(horizontal=True, vertical_alignment="center", horizontal_alignment="center", key=f"{key}-pages"):
        st.button(
            t("Newer"),
            icon=":material/chevron_left:",
            disabled=current == 0,
            on_click=turn_to,
            args=(key, current - 1),
            key=f"{key}-newer",
        )
        st.html(
            '<div class="us-line">'
            + escape(
                t(
                    "{first}–{last} of {total}",
                    first=words.number(first),
                    last=words.number(first + len(page.lines) - 1),
                    total=words.number(page.total),
                )
            )
            + "</div>",
            width="content",
        )
        st.button(
            t("Older"),
            icon=":material/chevron_right:",
            icon_position="right",
            disabled=first + len(page.lines) > page.total,
            on_click=turn_to,
            args=(key, current + 1),
            key=f"{key}-older",
        )
