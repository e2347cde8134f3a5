"""What the verdict asks and when that was settled; a look at another margin; changing it, as a deliberate act."""

from __future__ import annotations

from dataclasses import replace
from html import escape

import streamlit as st

from app.domain.batches import Design, VerdictTerms
from app.services.decision.terms import DESIGNS, changes, described
from app.services.results.service import Results
from app.ui.text import say, speech, t, tn
from app.ui.verdict import Look, Screen, SetTerms, with_pair

_DESIGNS: tuple[Design, ...] = ("questions_like_these", "these_questions")


def verdict_terms(screen: Screen, results: Results, *, key: str) -> Look | SetTerms | None:
    left, right = st.columns((5, 6), gap="large")
    with left:
        st.subheader(t("What is asked"), anchor=False)
        _terms(screen, results)
    with right:
        st.subheader(t("Look at it otherwise"), anchor=False)
        looked = _other_margin(screen, results, key)
        with st.expander(t("Change the terms"), icon=":material/edit:", key=f"{key}-change"):
            changed = _change(screen, results, key)
    return changed or looked


def _terms(screen: Screen, results: Results) -> None:
    labels = [c.label for c in results.contestants]
    words = speech()
    rows = "".join(
        f"<dt>{escape(say(name))}</dt><dd>{escape(say(value))}</dd>" for name, value in described(screen.agreed, labels)
    )
    lines = []
    if screen.history:
        first = screen.history[0]
        set_with = tn("set with {n} rating cast", "set with {n} ratings cast", first.votes)
        lines.append(f"{escape(words.when(first.set_at))}: {escape(set_with)}")
    for change in changes(screen.history, labels):
        told = tn("changed with {n} rating cast", "changed with {n} ratings cast", change.votes)
        details = "".join(f"<br>{escape(say(word))}" for word in change.words)
        lines.append(f"{escape(words.when(change.set_at))}: {escape(told)}{details}")
    history = "".join(f"<li>{entry}</li>" for entry in lines)
    st.html(f'<dl class="u-terms">{rows}</dl><ul class="u-history">{history}</ul>')


def _other_margin(screen: Screen, results: Results, key: str) -> Look | None:
    agreed, shown = screen.agreed, results.batch.terms
    st.caption(t("What would another margin say? Nothing is kept: the verdict stays that of the terms agreed on."))
    with st.container(horizontal=True, vertical_alignment="bottom", key=f"{key}-look"):
        margin = st.slider(
            t("Margin in points"),
            0.0,
            30.0,
            value=min(100 * shown.margin, 30.0),
            step=1.0,
            format="%g",
            key=f"{key}-margin-{shown.margin}",
        )
        if shown != agreed and st.button(t("Back to the terms agreed on"), icon=":material/undo:", key=f"{key}-agreed"):
            return Look(None)
    if round(margin / 100, 4) != round(min(shown.margin, 0.3), 4):
        return Look(replace(shown, margin=round(margin / 100, 4)))
    return None


def _change(screen: Screen, results: Results, key: str) -> SetTerms | None:
    votes, agreed = results.ballots.ratings, screen.agreed
    if votes:
        told = tn(
            "{n} vote has been cast. A change now is written into every decision record, with that number: whoever"
            " chooses terms after seeing votes can be wrong more often than is stated.",
            "{n} votes have been cast. A change now is written into every decision record, with that number: whoever"
            " chooses terms after seeing votes can be wrong more often than is stated.",
            votes,
        )
        st.html(f'<p class="u-warning" role="status">{escape(told)}</p>')
    with st.form(f"{key}-terms", border=False):
        wanted = _fields(results, agreed, f"{key}-{agreed}")
        sure = not votes or st.checkbox(t("Change them all the same"), key=f"{key}-sure-{agreed}")
        pressed = st.form_submit_button(t("Change the terms"), icon=":material/edit:")
    if not pressed:
        return None
    if not sure:
        st.warning(t("Nothing is changed: tick the box first."))
        return None
    return SetTerms(wanted) if wanted != agreed else None


def _fields(results: Results, agreed: VerdictTerms, key: str) -> VerdictTerms:
    names = [c.label for c in results.contestants]
    challenger, incumbent = agreed.challenger, agreed.incumbent
    places = range(len(names))
    if len(names) > 2:
        shown = names.__getitem__
        challenger = st.selectbox(t("Challenger"), places, challenger, shown, key=f"{key}-challenger")
        incumbent = st.selectbox(t("Incumbent"), places, incumbent, shown, key=f"{key}-incumbent")
    margin = st.number_input(
        t("Margin in points"), 0.0, 99.0, 100 * agreed.margin, 1.0, format="%g", key=f"{key}-margin"
    )
    bar = st.number_input(
        t("Acceptable answers at least, in %"), 1.0, 99.0, 100 * agreed.acceptable, 5.0, format="%g", key=f"{key}-bar"
    )
    alpha = st.number_input(
        t("Error allowed on each side, in %"), 0.1, 20.0, 100 * agreed.alpha, 0.5, format="%g", key=f"{key}-alpha"
    )
    design = st.radio(
        t("The verdict is about"),
        _DESIGNS,
        _DESIGNS.index(agreed.design),
        lambda d: say(DESIGNS[d]),
        key=f"{key}-design",
    )
    return replace(
        with_pair(agreed, challenger, incumbent),
        margin=round(margin / 100, 6),
        acceptable=round(bar / 100, 6),
        alpha=round(alpha / 100, 6),
        design=design or agreed.design,
    )
