"""The Compare page's side of the session: which comparison is open, asking, voting.

Pages and components draw what this returns; nothing here draws.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from decimal import Decimal
from functools import partial
from typing import Literal

import streamlit as st

from app.bootstrap import Container
from app.domain.answers import Answer
from app.domain.comparisons import MAX_CONTESTANTS, Comparison, ComparisonRecord, Query
from app.domain.errors import UnderstudyError, UserError
from app.domain.evidence import Evidence
from app.domain.models import Capabilities, ModelInfo, ModelRef, Sampling
from app.domain.pricing import Estimate
from app.services import drafting, samples
from app.services.comparing import Pane
from app.services.directory import Found
from app.services.drafting import Draft, FieldState, Slot
from app.services.listing import Listed
from app.services.prompting import own_turns
from app.services.rating import Ballot
from app.ui import state


@dataclass(frozen=True, slots=True)
class View:
    """The open comparison: its panes in the order shown, and the turns of its conversation before it."""

    record: ComparisonRecord
    panes: tuple[Pane, ...]
    earlier: tuple[ComparisonRecord, ...] = ()

    @property
    def running(self) -> bool:
        """Until every answer is stored."""
        return any(pane.live is not None for pane in self.panes) or self.record.running

    def all_stored(self) -> bool:
        """Whether every answer that was being written here is durable by now."""
        return all(pane.live is None or pane.live.stored for pane in self.panes)

    def turns(self, pane: Pane) -> list[tuple[Comparison, Answer]]:
        """One contestant's earlier turns, oldest first.

        None while hidden if one of them was revealed: it would tell who is who.
        """
        if self.record.hidden and not all(record.hidden for record in self.earlier):
            return []
        contestants = [p.record.contestant for p in sorted(self.panes, key=lambda p: p.record.position)]
        return own_turns(contestants, self.earlier)[pane.record.position]


@dataclass(frozen=True, slots=True)
class Spot:
    """A place on the page: an answer, the contestant chosen there for the next question, or both."""

    side: int
    pane: Pane | None
    slot: Slot | None
    turns: Sequence[tuple[Comparison, Answer]] = ()


def arrange(view: View | None, draft: Draft) -> list[Spot]:
    """Answers in the order shown, each with the contestant that it came from; then those not asked yet."""
    slots = {slot.id: slot for slot in draft.slots}
    spots = []
    for pane in view.panes if view else ():
        chosen = state.slot_of(pane.record.position)
        slot = slots.pop(chosen, None) if chosen is not None else None
        spots.append(Spot(pane.record.side, pane, slot, view.turns(pane) if view else ()))
    for slot in slots.values():
        spots.append(Spot(len(spots), None, slot))
    return spots[:MAX_CONTESTANTS]


@dataclass(frozen=True, slots=True)
class Screen:
    """All that the page draws in one run."""

    container: Container
    found: Found
    listed: Listed
    view: View | None
    draft: Draft
    known: Mapping[ModelRef, Capabilities]
    problem: UnderstudyError | None

    @property
    def record(self) -> ComparisonRecord | None:
        return self.view.record if self.view else None

    @property
    def hidden(self) -> bool:
        """Whether nothing on the page may tell who is who."""
        return self.view is not None and self.view.record.hidden

    @property
    def running(self) -> bool:
        return self.view is not None and self.view.running

    @property
    def connections(self) -> Literal["only", "asked"] | None:
        """Whether the connections stand in the place of the panes: nothing else is here, or they were asked for."""
        if self.view is not None:
            return None
        if not drafting.connected(self.found):
            return "only"
        return "asked" if st.session_state.get("connections") else None

    @property
    def evidence(self) -> Evidence:
        """What the answers on the page were given, else what the next ones will be."""
        return self.view.record.comparison.evidence if self.view else self.draft.evidence

    @property
    def helpers(self) -> list[str]:
        """The models that can be asked for a step of a search."""
        return [str(m.ref) for m in drafting.connected(self.found)]

    def ballot(self, rater: str) -> Ballot | None:
        """The rater's own vote on what is open."""
        return self.container.rating.ballot(self.view.record.id, rater) if self.view else None

    def refused(self, slot: Slot | None = None) -> Mapping[str, FieldState]:
        """The sampling fields that are not sent, for the shared settings or for one contestant's own."""
        return fields(self.draft, self.known, slot)

    def all_stored(self) -> bool:
        return self.view is None or self.view.all_stored()


def open_screen(container: Container) -> Screen:
    """What is here, what is open, and what is about to be asked."""
    found = container.directory.look()
    prepare(container, found)
    view = open_view(container)
    problem = state.release()
    draft = state.read_draft()
    return Screen(container, found, container.collections.look(), view, draft, capabilities(container, draft), problem)


def settled() -> bool:
    """Whether this session has once shown a page on which nothing was running."""
    return bool(st.session_state.get("settled"))


def settle(screen: Screen) -> None:
    """Called when the page is drawn."""
    if not screen.running:
        st.session_state["settled"] = True


def prepare(container: Container, found: Found) -> None:
    """First values for everything on the page, once a session."""
    if state.ready():
        return
    last: Sequence[str] = ()
    recent = container.history.search(Query(limit=1)).lines
    if recent:
        last = recent[0].models
    if len(last) > 1 and all(found.info(ModelRef.parse(model)) for model in last):
        state.put_models(last)
    else:
        state.begin(samples.contestants(found, partial(price_of, container)))
    st.session_state.setdefault("start", "together")


def price_of(container: Container, model: ModelInfo) -> Decimal | None:
    """USD per million tokens of answer; None when unpriced."""
    price = container.prices.price(model.ref, datetime.now(UTC), local=model.local)
    return price.output if price else None


def open_view(container: Container) -> View | None:
    """The comparison of the URL or of this session. What a link names fills the page's widgets too."""
    comparison_id = state.open_id()
    if comparison_id is None:
        return None
    try:
        view = view_of(container, comparison_id)
    except UserError as problem:
        state.set_open(None)
        state.hold("", problem)
        return None
    if state.adopted() != view.record.id:
        state.put_draft(drafting.from_record(view.record))
        state.set_adopted(view.record.id, state.slot_ids())
    state.set_open(view.record.id)
    return view


def view_of(container: Container, comparison_id: str) -> View:
    """Raises UserError for an unknown id."""
    record, panes = container.comparing.panes(comparison_id)
    earlier = tuple(container.comparing.thread(record.id))[:-1] if record.turn else ()
    return View(record, panes, earlier)


def latest(screen: Screen, answer_id: str) -> Answer:
    """An answer as it stands, read anew from its record: for one that another process writes."""
    assert screen.view is not None
    answers = screen.container.comparing.get(screen.view.record.id).answers
    return next(a.answer for a in answers if a.id == answer_id)


def capabilities(container: Container, draft: Draft) -> dict[ModelRef, Capabilities]:
    """What each chosen model accepts."""
    refs = {ref for slot in draft.slots if (ref := slot.known_ref())}
    return {ref: container.directory.capabilities(ref) for ref in refs}


def fields(draft: Draft, known: Mapping[ModelRef, Capabilities], slot: Slot | None = None) -> dict[str, FieldState]:
    """The sampling fields that are not sent, for the shared settings or for one contestant's own."""
    slots = [slot] if slot else [s for s in draft.slots if s.own is None] or list(draft.slots)
    chosen: list[tuple[ModelRef, Sampling]] = [
        (ref, draft.sampling_of(s)) for s in slots if (ref := s.known_ref()) is not None
    ]
    return drafting.field_states(chosen, known)


def estimates(screen: Screen) -> dict[int, Estimate]:
    """By slot: what the next prompt carries before a word of it is written. Empty when it cannot be counted."""
    container, draft, after = screen.container, screen.draft, screen.view
    if screen.running:
        return {}  # The conversation grows still: what is counted now would be wrong in a moment.
    try:
        comparison = draft.comparison("")
    except UserError:
        return {}
    # Counting a long context takes a while: once for each thing counted.
    what = (repr(comparison.contestants), draft.system, draft.evidence.digest, after.record.id if after else "")
    token = hashlib.sha256(repr(what).encode()).hexdigest()
    if st.session_state.get("estimates", ("",))[0] != token:
        try:
            counted = container.comparing.estimate(comparison, after.record.id if after else None)
        except UnderstudyError:
            return {}
        st.session_state["estimates"] = (token, counted)
    return dict(zip((s.id for s in draft.slots), st.session_state["estimates"][1], strict=True))
