"""The Batches page's side of the session: which batch is open, what a new one is to be, what is pressed.

Contestants, sampling, system prompt and sources are those chosen on the Compare page: what was tried
there on one question is put to many here.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from functools import partial
from typing import Literal, cast

import streamlit as st

from app.bootstrap import Container
from app.domain.batches import BatchPlan, BatchRecord, Failure, Tally, VerdictTerms
from app.domain.errors import UnderstudyError
from app.domain.models import Capabilities, Contestant, ModelRef
from app.domain.questions import QuestionSetInfo
from app.services.batches.estimate import BatchEstimate
from app.services.comparing import drafting
from app.services.comparing.directory import Found
from app.services.comparing.drafting import Draft, FieldState, Slot
from app.services.documents.listing import Listed
from app.ui import comparing, state
from app.ui.questions import SET, VERSION
from app.ui.text import language, t

BATCH = "b"
LETTERS = "ABCD"
FIRST: Mapping[str, object] = {
    "repeats": 1,
    "concurrency": 4,
    "budget": None,
    "cache": False,
    "raters": 1,
    "gold": 0,
    "margin": 10,
    "acceptable": 70,
    "incumbent": None,
    "challenger": None,
    "design": "questions_like_these",
}


def key(field: str) -> str:
    """The widget key of a field of a new batch."""
    return f"new-batch-{field}"


@dataclass(frozen=True, slots=True)
class Making:
    """What a new batch can be made of, and what was chosen so far."""

    sets: Sequence[QuestionSetInfo]
    versions: Sequence[int]
    found: Found
    listed: Listed
    draft: Draft
    known: Mapping[ModelRef, Capabilities]
    helpers: Sequence[str]

    def refused(self, slot: Slot | None = None) -> Mapping[str, FieldState]:
        """The sampling fields that are not sent, for the shared settings or for one contestant's own."""
        return comparing.fields(self.draft, self.known, slot)


@dataclass(frozen=True, slots=True)
class Opened:
    """A batch that is open, as it stands."""

    record: BatchRecord
    tallies: Sequence[Tally]
    failures: Sequence[Failure]
    questions: Mapping[int, str]
    rated: bool = False


@dataclass(frozen=True, slots=True)
class Screen:
    """All that the page draws in one run: a batch, or the list with a new one beside it."""

    batches: Sequence[BatchRecord] = ()
    making: Making | None = None
    opened: Opened | None = None
    problem: UnderstudyError | None = None


@dataclass(frozen=True, slots=True)
class Open:
    """Show a batch, or with None the list."""

    batch: str | None


@dataclass(frozen=True, slots=True)
class Begin:
    """Make this batch and start it."""

    plan: BatchPlan
    terms: VerdictTerms


@dataclass(frozen=True, slots=True)
class Resume:
    batch: str
    budget_usd: Decimal | None = None


@dataclass(frozen=True, slots=True)
class Retry:
    """Ask the failed ones again."""

    batch: str
    budget_usd: Decimal | None = None


@dataclass(frozen=True, slots=True)
class End:
    """Pause it, or stop it for good."""

    batch: str
    how: Literal["pause", "stop"]


Action = Open | Begin | Resume | Retry | End


def open_screen(container: Container) -> Screen:
    """What is here and what the URL names; a problem is told instead of what it keeps from being shown."""
    problem = cast("UnderstudyError | None", st.session_state.pop("batch_problem", None))
    asked = st.query_params.get(BATCH)
    try:
        if asked:
            return Screen(opened=opened(container, asked), problem=problem)
        _offered()
        batches = container.batches.list()
        return Screen(batches, _making(container) if making_open(batches) else None, problem=problem)
    except UnderstudyError as error:
        return Screen(problem=problem or error)


def opened(container: Container, batch_id: str) -> Opened:
    """A batch with its counts and failures now. Raises UserError for an unknown one."""
    record = container.batches.get(batch_id)
    failures = container.batches.failures(record.id) if record.progress.failed else ()
    texts: dict[int, str] = {}
    if failures:
        rows = container.batches.questions(record).questions
        texts = {f.question: rows[f.question].text for f in failures}
    rated = bool(failures) and container.batches.rated(record.id)
    return Opened(record, container.batches.tallies(record.id), failures, texts, rated)


def making_open(batches: Sequence[BatchRecord]) -> bool:
    """Whether the form of a new batch is shown: it is where there is none yet."""
    return not batches or bool(st.session_state.get("batch_making"))


def show_making(shown: bool) -> None:
    st.session_state["batch_making"] = shown


def _offered() -> None:
    """Open the form with the question set that a link names, once: afterwards it is chosen as any other."""
    name, version = st.query_params.get(SET), st.query_params.get(VERSION, "")
    if name:
        st.query_params.clear()
        st.session_state[key("set")] = name
        st.session_state[key("version")] = int(version) if version.isdecimal() else None
        show_making(True)


def _making(container: Container) -> Making:
    for field, value in FIRST.items():
        st.session_state.setdefault(key(field), value)
    found = container.directory.look()
    comparing.prepare(container, found)
    state.name_models(partial(drafting.meant, found=found), language())
    sets = container.questions.list()
    names = [info.name for info in sets]
    if st.session_state.get(key("set")) not in names:
        st.session_state[key("set")] = names[0] if names else None
    chosen = st.session_state[key("set")]
    versions = list(reversed(container.questions.versions(str(chosen)))) if chosen else []
    if st.session_state.get(key("version")) not in versions:
        st.session_state[key("version")] = versions[0] if versions else None
    draft = state.read_draft()
    return Making(
        sets,
        versions,
        found,
        container.collections.look(),
        draft,
        comparing.capabilities(container, draft),
        [str(m.ref) for m in drafting.connected(found)],
    )


def named_contestants(making: Making) -> list[str]:
    """The contestants as a choice of who is replaced by whom, each behind its letter: “A · openai:gpt-5.4-mini”.

    What was chosen stays with its letter when that contestant becomes another model. Call it before the
    boxes are drawn.
    """
    named = [f"{LETTERS[n]} · {slot.model}" for n, slot in enumerate(making.draft.slots)]
    for field, first in (("incumbent", 0), ("challenger", 1)):
        at = _position(st.session_state.get(key(field)), first, len(named))
        st.session_state[key(field)] = named[at]
    return named


def _position(chosen: object, first: int, contestants: int) -> int:
    at = LETTERS.find(str(chosen)[:1]) if chosen else first
    return min(at if at >= 0 else first, contestants - 1)


def read_plan(making: Making) -> tuple[BatchPlan, VerdictTerms]:
    """What was chosen. Raises UserError when a contestant is no model."""
    draft, values = making.draft, {field: st.session_state.get(key(field)) for field in (*FIRST, "set", "version")}
    budget = values["budget"]
    many = len(draft.slots) > 1
    plan = BatchPlan(
        question_set=str(values["set"] or ""),
        version=int(str(values["version"] or 1)),
        contestants=tuple(Contestant(slot.ref(), draft.sampling_of(slot)) for slot in draft.slots),
        repeats=int(str(values["repeats"] or 1)),
        system=draft.system,
        collection=draft.sources.collection if draft.sources else "",
        **({"search": draft.sources.settings} if draft.sources else {}),
        budget_usd=None if budget is None else Decimal(str(budget)),
        concurrency=int(str(values["concurrency"] or 1)),
        start=draft.start,
        cache=bool(values["cache"]),
        raters=int(str(values["raters"] or 1)),
        gold_every=int(str(values["gold"] or 0)),
    )
    terms = VerdictTerms(
        incumbent=_position(values["incumbent"], 0, len(draft.slots)) if many else 0,
        challenger=_position(values["challenger"], 1, len(draft.slots)) if many else 1,
        margin=float(str(values["margin"])) / 100,
        acceptable=float(str(values["acceptable"])) / 100,
        design="these_questions" if values["design"] == "these_questions" else "questions_like_these",
    )
    return plan, terms


def estimate(container: Container, plan: BatchPlan) -> BatchEstimate | UnderstudyError:
    """What it will take; counted once for each thing that is counted."""
    token = repr((plan.question_set, plan.version, plan.contestants, plan.repeats, plan.system, plan.collection))
    token += repr((plan.search, plan.concurrency, plan.start))
    last = cast("tuple[str, BatchEstimate] | None", st.session_state.get("batch_estimate"))
    if last is not None and last[0] == token:
        return last[1]
    try:
        with st.spinner(t("Counting …")):
            found = container.batches.estimate(plan)
    except UnderstudyError as problem:
        return problem
    st.session_state["batch_estimate"] = (token, found)
    return found


def carry_out(container: Container, action: Action | None) -> None:
    """Do it and draw the page anew; return when nothing was asked for."""
    if action is None:
        return
    try:
        match action:
            case Open(batch):
                _show(batch)
            case Begin(plan, terms):
                made = container.batches.create(plan, terms)
                # Shown even when it cannot be started: it is there.
                _show(made.id)
                st.session_state.pop("batch_estimate", None)
                show_making(False)
                container.batches.start(made.id)
            case Resume(batch, budget):
                container.batches.resume(batch, budget)
            case Retry(batch, budget):
                container.batches.retry(batch, budget)
            case End(batch, "pause"):
                container.batches.pause(batch)
            case End(batch, _):
                container.batches.stop(batch)
    except UnderstudyError as problem:
        st.session_state["batch_problem"] = problem
    st.rerun()


def _show(batch: str | None) -> None:
    st.query_params.from_dict({BATCH: batch} if batch else {})
