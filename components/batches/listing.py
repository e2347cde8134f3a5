"""The batches, newest first: a line opens its batch."""

from __future__ import annotations

from collections.abc import Sequence
from html import escape

import streamlit as st

from app.domain.batches import BatchRecord, BatchState, Cause
from app.services.batches.words import STATE_WORDS
from app.services.results.contestants import labels_of
from app.ui.batches import Open
from app.ui.prose import plain
from app.ui.text import say, speech, t

TONES = {
    BatchState.RUNNING: "us-live",
    BatchState.DONE: "us-good",
    BatchState.PAUSED: "us-warn",
    BatchState.INTERRUPTED: "us-warn",
}


def batches_list(records: Sequence[BatchRecord], *, key: str) -> Open | None:
    opened = None
    with st.container(key=f"{key}-list", gap=None):
        for record in records:
            with st.container(key=f"{key}-line-{record.id}", gap=None):
                if st.button(plain(record.name), type="tertiary", key=f"{key}-open-{record.id}"):
                    opened = Open(record.id)
                st.html(f'<div class="us-line">{_about(record)}</div>')
    return opened


def pausing(record: BatchRecord) -> bool:
    """Whether it sends nothing more, and pauses once the answers under way are there."""
    ending = (Cause.FINISHING, Cause.SETUP, Cause.BUDGET)
    return record.state is BatchState.RUNNING and record.reason is not None and record.reason.cause in ending


def state_badge(record: BatchRecord) -> str:
    if pausing(record):
        return f'<span class="us-badge us-warn">{escape(t("pausing"))}</span>'
    tone = TONES.get(record.state, "us-quiet")
    return f'<span class="us-badge {tone}">{escape(say(STATE_WORDS[record.state]))}</span>'


def _about(record: BatchRecord) -> str:
    p, words = record.progress, speech()
    parts = [state_badge(record), f"<span>{escape(words.when(record.created_at))}</span>"]
    parts += [f'<span class="us-model">{escape(label)}</span>' for label in labels_of(record.plan.contestants)]
    over = p.done + p.failed
    counted = t("{n} of {total} answers", n=words.number(over), total=words.number(p.answers))
    parts.append(f"<span>{escape(counted)}</span>")
    if p.failed:
        parts.append(f"<span>{escape(t('failed: {n}', n=words.number(p.failed)))}</span>")
    if p.spent_usd:
        parts.append(f"<span>{escape(words.usd(p.spent_usd))}</span>")
    if not record.state.over and p.answers:
        parts.append(
            f'<div class="us-meter u-meter" aria-hidden="true"><span style="width:{over / p.answers:.1%}"></span></div>'
        )
    return "".join(parts)
