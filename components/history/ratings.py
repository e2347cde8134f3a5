"""What people said about the answers of one comparison."""

from __future__ import annotations

from html import escape
from itertools import groupby

import streamlit as st

from app.domain.comparisons import ComparisonRecord
from app.domain.ratings import Outcome, Rating, Stars
from app.services.comparing.history import Reopened
from app.ui.prose import plain_html
from app.ui.text import speech, t
from components.compare.rating_bar import tag_label


def history_ratings(reopened: Reopened) -> None:
    """The votes that stand, newest first; how many were corrected is said below."""
    if not reopened.ratings:
        return
    st.subheader(t("Ratings"), anchor=False)
    votes = [list(rows) for _, rows in groupby(reopened.standing, key=lambda r: r.vote)]
    rows = "".join(_vote(reopened, rows) for rows in reversed(votes))
    corrected = len({r.vote for r in reopened.ratings}) - len(votes)
    note = speech().plural("{n} earlier vote was corrected.", "{n} earlier votes were corrected.", corrected)
    st.html(f'<div class="us-ratings">{rows}{f"<small>{escape(note)}</small>" if corrected else ""}</div>')


def _vote(reopened: Reopened, rows: list[Rating]) -> str:
    first = rows[0]
    about = [first.rater, speech().when(first.created_at)]
    if first.blind:
        about.append(t("blind"))
    stars = "".join(_stars(reopened.record, s) for s in reopened.standing_stars if s.vote == first.vote)
    tags = "".join(f'<span class="us-badge us-quiet">{escape(tag_label(tag))}</span>' for tag in first.tags)
    return (
        f'<div class="us-rating"><div><strong>{escape(verdict(reopened.record, rows))}</strong>{tags}</div>'
        f'<div class="us-line">{"".join(f"<span>{escape(part)}</span>" for part in about)}{stars}</div>'
        + (plain_html(first.comment) if first.comment else "")
        + "</div>"
    )


def verdict(record: ComparisonRecord, rows: list[Rating]) -> str:
    """What one vote said, in words."""
    first = rows[0]
    if first.outcome is Outcome.TIE:
        return t("Tie")
    if first.outcome is Outcome.BOTH_BAD:
        return t("All bad") if len(rows) > 1 else t("Both bad")
    best = first.left if first.outcome is Outcome.LEFT else first.right
    return (
        t("{model} is better", model=_name(record, best))
        if not first.best_of
        else t("{model} is best of {n}", model=_name(record, best), n=first.best_of)
    )


def _name(record: ComparisonRecord, answer_id: str) -> str:
    answer = next((a for a in record.answers if a.id == answer_id), None)
    if answer is None:
        return "?"
    letter = "ABCD"[answer.side]
    return letter if record.hidden else f"{letter} · {answer.contestant.model}"


def _stars(record: ComparisonRecord, stars: Stars) -> str:
    name = escape(_name(record, stars.answer))
    return (
        f'<span title="{name}">{name} <span class="us-stars">{"★" * stars.stars}{"☆" * (5 - stars.stars)}</span></span>'
    )
