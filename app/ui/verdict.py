"""The Verdict page's side of the session: which batch, whom against whom, by what terms, and what is asked for."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import cast

import streamlit as st
from streamlit.runtime.uploaded_file_manager import UploadedFile

from app.bootstrap import Container
from app.domain.batches import BatchRecord, TermsSet, VerdictTerms
from app.domain.errors import UnderstudyError
from app.domain.message import Message
from app.i18n import Translator
from app.services.decision.html_page import record_to_html
from app.services.decision.record import (
    Recomputed,
    Record,
    contestants_of,
    history_of,
    labels,
    read_record,
    recomputed,
    record_to_json,
    terms_of,
)
from app.services.decision.terms import only_a_look
from app.services.results.service import Results
from app.ui.text import t

BATCH, INCUMBENT, CHALLENGER, MARGIN = "b", "i", "c", "m"
# Seconds that a page may spend on measuring answers before it is drawn.
PATIENCE = 1.0
LISTED = 50
MOST_BYTES = 50_000_000


@dataclass(frozen=True, slots=True)
class Screen:
    """What the page draws; without `results` there is nothing to judge. `history` are the terms that were ever set."""

    batches: Sequence[BatchRecord] = ()
    results: Results | None = None
    history: Sequence[TermsSet] = ()
    problem: UnderstudyError | None = None
    told: str = ""

    @property
    def agreed(self) -> VerdictTerms:
        """The terms that hold, whatever is looked at."""
        assert self.results is not None
        return self.history[-1].terms if self.history else self.results.batch.terms


@dataclass(frozen=True, slots=True)
class Again:
    """A record that was computed again, with what it calls its contestants.

    `look` says that its terms were not those agreed on.
    """

    found: Recomputed
    challenger: str
    incumbent: str
    look: Message | None = None


@dataclass(frozen=True, slots=True)
class Open:
    batch: str


@dataclass(frozen=True, slots=True)
class Look:
    """Show the verdict by these terms without keeping them; None: by those agreed on."""

    terms: VerdictTerms | None


@dataclass(frozen=True, slots=True)
class SetTerms:
    """Ask this from now on, on record."""

    terms: VerdictTerms


Action = Open | Look | SetTerms


def open_screen(container: Container) -> Screen:
    """What the URL names; a problem is told instead of what it keeps from being shown."""
    problem = cast("UnderstudyError | None", st.session_state.pop("verdict_problem", None))
    told = str(st.session_state.pop("verdict_told", ""))
    asked = st.query_params
    batches: Sequence[BatchRecord] = ()
    try:
        batches = container.batches.list(LISTED)
        batch = asked.get(BATCH) or _newest(container, batches)
        if not batch:
            return Screen(batches, problem=problem)
        margin = _number(asked.get(MARGIN))
        results = container.results.of(
            batch,
            incumbent=_position(asked.get(INCUMBENT)),
            challenger=_position(asked.get(CHALLENGER)),
            margin=None if margin is None or not 0 <= margin < 100 else margin / 100,
            patience=PATIENCE,
        )
        if all(b.id != results.batch.id for b in batches):
            batches = (results.batch, *batches)
        return Screen(batches, results, container.batches.terms(results.batch.id), problem, told)
    except UnderstudyError as error:
        return Screen(batches, problem=problem or error)


def carry_out(container: Container, screen: Screen, action: Action | None) -> None:
    """Do it and draw the page anew; return when nothing was asked for."""
    if action is None:
        return
    try:
        match action:
            case Open(batch):
                _show({BATCH: batch})
            case Look(terms):
                _look(screen, terms)
            case SetTerms(terms):
                assert screen.results is not None
                container.batches.set_terms(screen.results.batch.id, terms)
                st.session_state["verdict_told"] = t("The terms are changed; that they were is on record.")
                _show({BATCH: screen.results.batch.id})
    except UnderstudyError as problem:
        st.session_state["verdict_problem"] = problem
    st.rerun()


def as_html(container: Container, words: Translator, results: Results) -> bytes:
    """In the language of `words`: a download is made outside of the session and does not know the session's."""
    return record_to_html(container.records.of(results), words.message)


def as_json(container: Container, results: Results) -> bytes:
    return record_to_json(container.records.of(results))


def read_again(file: UploadedFile) -> Again | UnderstudyError:
    """The verdict of an uploaded record, computed anew; remembered, as the page is drawn many times."""
    last = cast("tuple[str, Again | UnderstudyError] | None", st.session_state.get("verdict_again"))
    if last is not None and last[0] == file.file_id:
        return last[1]
    found: Again | UnderstudyError
    try:
        with st.spinner(t("Computing it again …")):
            found = _again(read_record(file.name, file.getvalue()))
    except UnderstudyError as problem:
        found = problem
    st.session_state["verdict_again"] = (file.file_id, found)
    return found


def _again(record: Record) -> Again:
    names = [label for _, label in contestants_of(record)]
    look = only_a_look(history_of(record), terms_of(record), names)
    return Again(recomputed(record), *labels(record), look)


def _look(screen: Screen, terms: VerdictTerms | None) -> None:
    assert screen.results is not None
    agreed = screen.agreed
    query = {BATCH: screen.results.batch.id}
    if terms is not None:
        if terms.incumbent != agreed.incumbent or terms.challenger != agreed.challenger:
            query |= {INCUMBENT: str(terms.incumbent), CHALLENGER: str(terms.challenger)}
        if terms.margin != agreed.margin:
            query |= {MARGIN: f"{100 * terms.margin:g}"}
    _show(cast("dict[str, str | None]", query))


def _show(query: dict[str, str | None]) -> None:
    """Into the URL, where a reload and a link find it."""
    st.query_params.from_dict({name: value for name, value in query.items() if value is not None})


def _newest(container: Container, batches: Sequence[BatchRecord]) -> str | None:
    """The newest that was rated, else the newest."""
    rated = container.results.rated([batch.id for batch in batches])
    return next((b.id for b in batches if b.id in rated), batches[0].id if batches else None)


def _position(value: str | None) -> int | None:
    return int(value) if value and value.isdecimal() and len(value) < 3 else None


def _number(value: str | None) -> float | None:
    try:
        return float(value) if value else None
    except ValueError:
        return None


def with_pair(terms: VerdictTerms, challenger: int, incumbent: int) -> VerdictTerms:
    """The terms for another pair; the two change places rather than be the same."""
    if challenger == incumbent:
        challenger, incumbent = (
            (terms.incumbent, incumbent) if incumbent != terms.incumbent else (challenger, terms.challenger)
        )
    return replace(terms, challenger=challenger, incumbent=incumbent)
