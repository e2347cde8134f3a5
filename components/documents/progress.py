"""An indexing as it goes: a bar for each file and for all of it, the time left, cancel; then what became of it."""

from __future__ import annotations

from collections.abc import Sequence
from html import escape

import streamlit as st

from app.domain.indexing import FileProgress, FileStatus, IndexingState
from app.domain.message import Message
from app.services.documents.job import IndexingJob
from app.ui.document_actions import Action, CompareOn, Dismiss, Open
from app.ui.notes import marked_html, problem_html
from app.ui.prose import plain
from app.ui.text import say, speech, t, tn

EVERY = 0.5  # seconds between two looks
ROWS = 60

WORDS = {
    FileStatus.WAITING: Message("waiting"),
    FileStatus.READING: Message("reading"),
    FileStatus.EMBEDDING: Message("embedding"),
    FileStatus.STORING: Message("storing"),
    FileStatus.INDEXED: Message("indexed"),
    FileStatus.DUPLICATE: Message("already there"),
    FileStatus.FAILED: Message("failed"),
    FileStatus.CANCELLED: Message("stopped"),
}
_ICONS = {
    FileStatus.INDEXED: "check_circle",
    FileStatus.DUPLICATE: "content_copy",
    FileStatus.FAILED: "error",
    FileStatus.CANCELLED: "cancel",
    FileStatus.WAITING: "schedule",
}


def documents_progress(jobs: Sequence[IndexingJob], *, key: str) -> Action | None:
    """Draw every job; those that run renew themselves."""
    action: Action | None = None
    for job in jobs:
        with st.container(border=True, key=f"{key}-job-{job.id}"):
            if job.over:
                action = _ended(job, key) or action
            else:
                _running(job, key)
    return action


@st.fragment(run_every=EVERY)
def _running(job: IndexingJob, key: str) -> None:
    state = job.state()
    if state.over:
        st.rerun()  # the lists of documents have changed too
    with st.container(horizontal=True, vertical_alignment="center", key=f"{key}-total-{job.id}"):
        st.progress(min(1.0, state.fraction), text=_total(state), width="stretch")
        st.button(
            t("Stopping …") if state.cancelled else t("Cancel"),
            icon=":material/stop_circle:",
            disabled=state.cancelled,
            on_click=job.cancel,
            key=f"{key}-cancel-{job.id}",
        )
    st.html(_rows(state))


def _total(state: IndexingState) -> str:
    done = sum(file.status.over for file in state.files)
    parts = [
        f"**{plain(state.collection)}**",
        t("{n} of {total} files", n=speech().number(done), total=speech().number(len(state.files))),
        speech().percent(state.fraction),
    ]
    if state.left is not None:
        parts.append(_left(state.left))
    if state.cost.usd:
        parts.append(plain(speech().usd(state.cost.usd)))
    return " · ".join(parts)


def _left(seconds: float) -> str:
    """As exact as an estimate is."""
    if seconds < 90:
        return tn("about {n} second left", "about {n} seconds left", max(1, round(seconds)))
    return tn("about {n} minute left", "about {n} minutes left", round(seconds / 60))


def _ended(job: IndexingJob, key: str) -> Action | None:
    state = job.state()
    with st.container(horizontal=True, vertical_alignment="center", key=f"{key}-ended-{job.id}"):
        opened = st.button(plain(state.collection), type="tertiary", key=f"{key}-open-{job.id}")
        st.html(f'<div class="us-line">{escape(_sum(state))}</div>', width="stretch")
        asked = state.count(FileStatus.INDEXED) > 0 and st.button(
            t("Ask about these documents"),
            type="primary",
            icon=":material/compare_arrows:",
            key=f"{key}-compare-{job.id}",
        )
        gone = st.button(t("Close the report"), type="tertiary", icon=":material/close:", key=f"{key}-dismiss-{job.id}")
    if state.problem is not None:
        remedy = next((f.remedy for f in state.files if f.reason == state.problem and f.remedy), None)
        st.html(problem_html(say(state.problem), say(remedy) if remedy else ""))
    st.html(_rows(state))
    if asked:
        return CompareOn(state.collection)
    return Dismiss(job.id) if gone else Open(state.collection) if opened else None


def _sum(state: IndexingState) -> str:
    words = speech()
    indexed, same, failed, stopped = (
        state.count(s) for s in (FileStatus.INDEXED, FileStatus.DUPLICATE, FileStatus.FAILED, FileStatus.CANCELLED)
    )
    passages = sum(f.passages for f in state.files if f.status is FileStatus.INDEXED)
    parts = [tn("{n} document indexed", "{n} documents indexed", indexed)] if indexed else []
    parts += [tn("{n} passage", "{n} passages", passages)] if indexed else []
    parts += [tn("{n} already there", "{n} already there", same)] if same else []
    parts += [tn("{n} failed", "{n} failed", failed)] if failed else []
    parts += [tn("{n} stopped", "{n} stopped", stopped)] if stopped else []
    parts.append(words.seconds(state.seconds))
    if state.cost.usd:
        parts.append(words.usd(state.cost.usd))
    return " · ".join(parts)


def _rows(state: IndexingState) -> str:
    """What failed and what moves first, when there are more files than anybody reads."""
    files = list(state.files)
    if len(files) > ROWS:
        files.sort(key=_urgency)
    rows = "".join(_row(file) for file in files[:ROWS])
    rest = len(files) - ROWS
    more = (
        f'<div class="us-line">{escape(tn("and {n} more file", "and {n} more files", rest))}</div>' if rest > 0 else ""
    )
    return f'<div class="us-files">{rows}{more}</div>'


def _urgency(file: FileProgress) -> int:
    if file.status is FileStatus.FAILED:
        return 0
    return 3 if file.status is FileStatus.WAITING else 2 if file.status.over else 1


def _row(file: FileProgress) -> str:
    words = [say(WORDS[file.status])]
    if file.status is FileStatus.INDEXED:
        if file.pages is not None:
            words.append(tn("{n} page", "{n} pages", file.pages))
        words.append(tn("{n} passage", "{n} passages", file.passages))
        if file.replaced:
            words.append(t("replaces the older one"))
    icon = _ICONS.get(file.status, "progress_activity")
    percent = round(file.fraction * 100)
    name = escape(file.name)
    bar = (
        f'<div class="us-meter" role="progressbar" aria-label="{escape(file.name, quote=True)}" aria-valuemin="0"'
        f' aria-valuemax="100" aria-valuenow="{percent}"><span style="width:{percent}%"></span></div>'
        if not file.status.over
        else ""
    )
    why = "".join(f"<div>{marked_html(say(m))}</div>" for m in (file.reason, file.remedy, *file.notices) if m)
    return (
        f'<div class="us-file us-{file.status.value}"><span class="us-icon" aria-hidden="true">{icon}</span>'
        f'<div><div class="us-file-head"><span class="us-file-name">{name}</span>'
        f'<span class="us-file-state">{escape(" · ".join(words))}</span></div>{bar}'
        f"{f'<div class=us-file-why>{why}</div>' if why else ''}</div></div>"
    )
