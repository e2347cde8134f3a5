"""The Results page's side of the session: which batch is looked at, and what it shows."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import cast

import streamlit as st

from app.bootstrap import Container
from app.domain.batches import BatchRecord
from app.domain.errors import UnderstudyError
from app.services.plots.style import colours
from app.services.rating.gold import Attention
from app.services.results.blind import settled
from app.services.results.questions import QuestionLine
from app.services.results.service import Results

BATCH = "b"
LISTED = 50
# Seconds. A visit measures what it can in the first; the page goes on with it while it is open.
AT_FIRST, AT_A_TIME = 0.5, 2.0


@dataclass(frozen=True, slots=True)
class Who:
    """One answer of a comparison: the letter it was shown under, and whose it is."""

    letter: str
    label: str


@dataclass(frozen=True, slots=True)
class Screen:
    """What the page draws. Without `results` there is no batch, or `problem` says what is wrong."""

    batches: Sequence[BatchRecord] = ()
    results: Results | None = None
    problem: UnderstudyError | None = None

    @property
    def found(self) -> Results:
        assert self.results is not None
        return self.results

    @property
    def names(self) -> tuple[str, ...]:
        """What the contestants are called, by position."""
        return tuple(c.label for c in self.found.contestants)

    @property
    def colours(self) -> tuple[str, ...]:
        terms = self.found.batch.terms
        return colours(len(self.names), terms.incumbent, terms.challenger)

    @property
    def settled(self) -> bool:
        return settled(self.found.verdict)

    @property
    def withheld(self) -> bool:
        """Whether what tells the contestants apart is kept from this visitor, who may be one of the raters."""
        return self.found.still_blind and self.found.batch.id not in _looked_at()

    @property
    def moving(self) -> bool:
        """Whether more is to come without anybody's doing: answers, or measures of them."""
        return not self.found.batch.state.over or bool(self.found.unmeasured)


def open_screen(container: Container) -> Screen:
    """The batch that the URL names, else the newest that was rated, else the newest."""
    batches: Sequence[BatchRecord] = ()
    try:
        batches = container.batches.list(LISTED)
        asked = st.query_params.get(BATCH) or _newest(container, batches)
        if not asked:
            return Screen(batches)
        with st.spinner(" ", show_time=False):
            found = container.results.of(asked, patience=AT_FIRST)
    except UnderstudyError as error:
        return Screen(batches, problem=error)
    if all(batch.id != found.batch.id for batch in batches):
        batches = (found.batch, *batches)
    return Screen(batches, found)


def _looked_at() -> set[str]:
    return cast("set[str]", st.session_state.setdefault("results_looked_at", set()))


def look_all_the_same(screen: Screen) -> None:
    """From now on this visitor is shown what tells the contestants of this batch apart."""
    _looked_at().add(screen.found.batch.id)


def show(batch: str) -> None:
    """Into the URL, where a reload and a link find it."""
    if batch != st.query_params.get(BATCH):
        st.query_params.from_dict({BATCH: batch})
        st.rerun()


def looked_again(container: Container, screen: Screen) -> Results | None:
    """The results as they are now, a few more answers measured; None where they cannot be had."""
    try:
        return container.results.of(screen.found.batch.id, patience=AT_A_TIME)
    except UnderstudyError:
        return None


def question_lines(container: Container, screen: Screen) -> tuple[QuestionLine, ...] | None:
    """How each question was rated, kept while the results are the same; None before the verdict."""
    kept = cast("tuple[Results, tuple[QuestionLine, ...] | None] | None", st.session_state.get("results_questions"))
    if kept is not None and kept[0] is screen.found:
        return kept[1]
    lines = container.results.questions(screen.found)
    st.session_state["results_questions"] = (screen.found, lines)
    return lines


def who_is_who(container: Container, screen: Screen) -> Callable[[str], Sequence[Who]]:
    """For a comparison's id whose answers were shown under which letter; nothing for one that is gone."""

    def of(comparison: str) -> Sequence[Who]:
        try:
            record = container.history.get(comparison).record
        except UnderstudyError:
            return ()
        places = {answer.id: n for n, answer in enumerate(record.answers)}
        return [Who("ABCDEFGH"[answer.side], screen.names[places[answer.id]]) for answer in record.by_side]

    return of


def attention(container: Container, screen: Screen) -> Attention | None:
    """The gold pairs of all raters together; None where there were none."""
    try:
        by_rater = container.queue.attention(screen.found.batch.id).values()
    except UnderstudyError:
        return None
    total = sum(a.total for a in by_rater)
    return Attention(sum(a.passed for a in by_rater), total) if total else None


def _newest(container: Container, batches: Sequence[BatchRecord]) -> str | None:
    rated = container.results.rated([batch.id for batch in batches])
    return next((b.id for b in batches if b.id in rated), batches[0].id if batches else None)
