"""What each side found for one question: scores, latency, and what the sides have in common."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from html import escape
from itertools import combinations

import streamlit as st

from app.domain.errors import UnderstudyError
from app.domain.evidence import Passage
from app.domain.searching import Hit, SearchResult, Step
from app.services.documents.searching import SideBySide
from app.ui import searching
from app.ui.highlight import passage_html
from app.ui.notes import marked_html
from app.ui.passages import document_link, place, preview, score_html, warning_html
from app.ui.searching import Place, SearchScreen, place_of
from app.ui.text import say, speech, t, tn
from components.compare.contestants import LETTERS
from components.problem import problem

_OPEN = 1


def question_box() -> str:
    """The question as it was sent by Enter."""
    return st.text_input(
        t("Question"),
        key="search-query",
        icon=":material/search:",
        placeholder=t("A question or some words"),
        label_visibility="collapsed",
        max_chars=2_000,
        persist_state="session",
    ).strip()


def search_results(screen: SearchScreen, query: str) -> None:
    """Search and draw a column for each side."""
    with st.spinner(t("Searching…")):
        found = searching.find(screen, query)
    if len(found.results) > 1:
        st.html(f'<div class="us-line">{"".join(f"<span>{line}</span>" for line in _overlaps(found))}</div>')
    ranks = searching.ranks(found)
    with st.container(key="search-columns"):
        columns = st.columns(len(found.results), gap="small")
    for number, (column, result) in enumerate(zip(columns, found.results, strict=True)):
        with column, st.container(key=f"search-found-{number}", gap="xsmall"):
            if isinstance(result, UnderstudyError):
                problem(result)
            else:
                _column(result, query, number, ranks)


def _overlaps(found: SideBySide) -> list[str]:
    """``A and B share 62%``, for each two that found anything."""
    lines = []
    for i, j in combinations(range(len(found.results)), 2):
        if all(isinstance(found.results[n], SearchResult) for n in (i, j)):
            share = speech().percent(found.overlap[i][j])
            lines.append(escape(t("{a} and {b} share {share}", a=LETTERS[i], b=LETTERS[j], share=share)))
    return lines


def _column(result: SearchResult, query: str, number: int, ranks: Sequence[Mapping[Place, int]]) -> None:
    words = speech()
    steps = "\n".join(f"{_step_name(step)}: {words.seconds(step.seconds)}" for step in result.steps)
    line = [words.seconds(result.seconds), tn("{n} passage", "{n} passages", len(result.hits))]
    parts = "".join(f"<span>{escape(part)}</span>" for part in line)
    letter = f'<span class="u-letter u-side-{number}">{LETTERS[number]}</span>'
    st.html(f'<div class="us-line" title="{escape(steps)}">{letter}{parts}</div>')
    notices = "".join(f"<div>{marked_html(say(notice))}</div>" for notice in result.notices)
    if len(result.queries) > 1:
        also = ", ".join(result.queries[1:])
        notices += f"<div>{escape(t('Also searched for: {queries}', queries=also))}</div>"
    if notices:
        st.html(f'<div class="us-notice">{notices}</div>')
    if not result.hits:
        st.caption(t("Nothing was found."))
        return
    others = {LETTERS[n]: found for n, found in enumerate(ranks) if n != number}
    rows = "".join(
        _row(hit, shown, query, others) for hit, shown in zip(result.hits, result.evidence.passages, strict=True)
    )
    st.html(f'<div class="us-evidence us-found-passages">{rows}</div>')


def _row(hit: Hit, shown: Passage, query: str, others: Mapping[str, Mapping[Place, int]]) -> str:
    is_open = " open" if hit.rank <= _OPEN else ""
    also = "".join(
        f'<span class="us-model" title="{escape(t("Rank {rank} in {side}", rank=found[place_of(hit)], side=letter))}">'
        f"{letter} {found[place_of(hit)]}</span>"
        for letter, found in others.items()
        if place_of(hit) in found
    )
    heading = f'<div class="us-line"><span>{escape(hit.passage.heading)}</span></div>' if hit.passage.heading else ""
    return (
        f'<details{is_open}><summary><span class="us-cite">{hit.rank}</span> <strong>{escape(place(shown))}</strong>'
        f"{score_html(hit.score)}{also}{warning_html(shown.text)}"
        f' <span class="us-preview">{escape(preview(shown.text, 90))}</span></summary>'
        f"{heading}{passage_html(shown.text, query)}{_scores(hit)}{document_link(shown)}</details>"
    )


def _scores(hit: Hit) -> str:
    words = speech()
    parts = []
    if hit.dense is not None:
        parts.append(t("meaning {score}", score=words.number(hit.dense, 3)))
    if hit.keyword is not None:
        parts.append(t("words {score}", score=words.number(hit.keyword, 2)))
    return f'<div class="us-line">{"".join(f"<span>{escape(part)}</span>" for part in parts)}</div>'


def _step_name(step: Step) -> str:
    names = {
        "expansion": t("More queries"),
        "embedding": t("Embedding"),
        "search": t("Search"),
        "fusion": t("Fusion"),
        "diversity": t("Varied passages"),
        "passages": t("Passages"),
        "extraction": t("Relevant part"),
    }
    return names.get(step.name, step.name)
