"""What the Compare page draws, gathered before it draws: what is here, what is open, what is asked next.

Nothing here draws, and nothing here changes a comparison (app.ui.acting does).
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
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
from app.services.comparing import drafting, samples
from app.services.comparing.directory import Found
from app.services.comparing.drafting import Draft, FieldState, Slot
from app.services.comparing.prompting import own_turns
from app.services.comparing.service import Pane
from app.services.documents.listing import Listed
from app.services.rating.voting import Ballot
from app.ui import state
from app.ui.text import language


@dataclass(frozen=True, slots=True)
class View:
    """The open comparison: its panes in the order shown, and the turns of its conversation before it."""

    record: ComparisonRecord
    panes: tuple[Pane, ...]
    earlier: tuple[ComparisonRecord, ...] = ()

    @property
    def running(self) -> bool:
        """Whether an answer is being written, here or by another process; true until all are stored."""
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
    """All that the page draws in one run.

    `problem` is what stopped the last attempt, `warning` what is wrong but stops nobody.
    """

    container: Container
    found: Found
    listed: Listed
    view: View | None
    draft: Draft
    known: Mapping[ModelRef, Capabilities]
    ballot: Ballot | None
    problem: UnderstudyError | None
    warning: UserError | None

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

    def refused(self, slot: Slot | None = None) -> Mapping[str, FieldState]:
        """The sampling fields that are not sent, for the shared settings or for one contestant's own."""
        return fields(self.draft, self.known, slot)

    def unfit(self, slot: Slot) -> UserError | None:
        """Why what was chosen or typed there can never be asked: it is no model, or nobody serves such."""
        try:
            self.container.directory.provider(slot.ref())
        except UserError as problem:
            return problem
        return None

    def all_stored(self) -> bool:
        """Whether every answer on the page is durable: then it is drawn once more, from its record."""
        return self.view is None or self.view.all_stored()


def open_screen(container: Container, rater: str) -> Screen:
    """What is here, what is open with `rater`'s own vote on it, and what is about to be asked.

    Raises UserError when the database cannot be read; a prompt sent in that moment is held.
    """
    try:
        found = container.directory.look()
        prepare(container, found)
        view = open_view(container)
        ballot = container.rating.ballot(view.record.id, rater) if view else None
    except UserError as problem:
        if prompt := str(st.session_state.get("prompt") or ""):
            state.hold(prompt, problem)
        raise
    problem_before = state.release()
    state.name_models(partial(drafting.meant, found=found), language())
    draft = state.read_draft()
    known = capabilities(container, draft)
    return Screen(
        container,
        found,
        container.collections.look(),
        view,
        draft,
        known,
        ballot,
        problem_before,
        container.prices.problem(),
    )


def newly_interrupted(container: Container) -> int:
    """How many answers the last end of the app cut short; told once, to the first page that asks."""
    count, container.interrupted = container.interrupted, 0
    return count


def settled() -> bool:
    """Whether this session has once shown a page on which nothing was running."""
    return bool(st.session_state.get("settled"))


def settle(screen: Screen) -> None:
    """Note that this session has shown such a page. Called at the page's end."""
    if not screen.running:
        st.session_state["settled"] = True


def prepare(container: Container, found: Found) -> None:
    """Choose the contestants that a new session starts with: those asked last while all are here, else samples.

    Raises UserError when the database cannot be read.
    """
    if state.ready() and not (state.untouched() and drafting.connected(found)):
        return
    last: Sequence[str] = ()
    recent = container.history.search(Query(limit=1)).lines
    if recent:
        last = recent[0].models
    if len(last) > 1 and all(found.info(ModelRef.parse(model)) for model in last):
        state.put_models(last)
    else:
        state.begin(samples.contestants(found, partial(price_of, container)), settled=bool(drafting.connected(found)))
    st.session_state.setdefault("start", "together")


def price_of(container: Container, model: ModelInfo) -> Decimal | None:
    """USD per million tokens of answer; None when unpriced."""
    price = container.prices.price(model.ref, datetime.now(UTC), local=model.local)
    return price.output if price else None


def open_view(container: Container) -> View | None:
    """The comparison of the URL or of this session; its settings fill the page's widgets when it is new to it.

    One that cannot be opened is closed, and the reason held for beside the prompt box.
    """
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
    """The comparison with its panes and its conversation so far. Raises UserError for an unknown id."""
    record, panes = container.comparing.panes(comparison_id)
    earlier = tuple(container.comparing.thread(record.id))[:-1] if record.turn else ()
    return View(record, panes, earlier)


def latest(screen: Screen, answer_id: str) -> Answer:
    """An answer of the open comparison read anew from its record: for one that another process writes.

    As it was before while the record cannot be read.
    """
    assert screen.view is not None
    record = screen.view.record
    with suppress(UserError):
        record = screen.container.comparing.get(record.id)
    return next(a.answer for a in record.answers if a.id == answer_id)


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
    slots = tuple(slot for slot in draft.slots if screen.unfit(slot) is None)
    comparison = replace(draft, slots=slots, blind=False).comparison("")
    # Counting a long context takes a while: once for each thing counted.
    what = (repr(comparison.contestants), draft.system, draft.evidence.digest, after.record.id if after else "")
    token = hashlib.sha256(repr(what).encode()).hexdigest()
    if st.session_state.get("estimates", ("",))[0] != token:
        try:
            counted = container.comparing.estimate(comparison, after.record.id if after else None)
        except UnderstudyError:
            return {}
        st.session_state["estimates"] = (token, counted)
    return dict(zip((s.id for s in slots), st.session_state["estimates"][1], strict=True))
