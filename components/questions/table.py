"""Questions as a table, and what is wrong with rows as a list."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from html import escape

import streamlit as st

from app.domain.questions import Question
from app.services.questions.columns import Problem
from app.services.questions.reading import Counting
from app.services.questions.writing import row_of
from app.ui.notes import marked_html
from app.ui.text import say, speech, t, tn

_SHOWN = 100
_CATEGORIES = 30


def columns() -> dict[str, object]:
    """How each column is headed and how wide it is, for a table and for an editor."""
    text = st.column_config.TextColumn
    return {
        "id": text(t("Id"), width=90),
        "question": text(t("Question"), width=330),
        "reference": text(t("Reference answer"), width=250),
        "document": text(t("Document"), width=170, help=t("Several are separated by |.")),
        "page": text(t("Page"), width=70),
        "category": text(t("Category"), width=110),
        "language": text(t("Language"), width=80),
        "json": text("JSON", width=60),
    }


def questions_table(questions: Sequence[Question], *, key: str, height: int | str = "auto") -> None:
    """Columns that are empty throughout are left out."""
    rows = [row_of(q) for q in questions]
    kept = [name for name in columns() if any(row[name] for row in rows)]
    st.dataframe(
        [{name: row[name] for name in kept} for row in rows],
        column_config=columns(),
        hide_index=True,
        height=height,
        key=key,
    )


def problems_list(problems: Sequence[Problem], counting: Counting) -> None:
    """Row by row what is wrong and what to do about it."""
    lines = [
        f'<div><span class="us-badge us-warn">{escape(place(counting, p.row))}</span>'
        f"<div>{marked_html(say(p.message))}<small>{marked_html(say(p.remedy))}</small></div></div>"
        for p in problems[:_SHOWN]
    ]
    st.html(f'<div class="us-rows" tabindex="0">{"".join(lines)}</div>')
    if len(problems) > _SHOWN:
        st.caption(tn("and {n} more row", "and {n} more rows", len(problems) - _SHOWN))


def place(counting: Counting, row: int) -> str:
    n = speech().number(row)
    return t("Line {n}", n=n) if counting == "line" else t("Row {n}", n=n)


def categories_line(questions: Sequence[Question]) -> str:
    """The categories with how many questions each has."""
    counts = Counter(question.category for question in questions)
    shown = [
        f'<span class="us-badge">{escape(name or t("without a category"))} {speech().number(n)}</span>'
        for name, n in list(counts.items())[:_CATEGORIES]
    ]
    return f'<div class="us-badges">{"".join(shown)}</div>'
