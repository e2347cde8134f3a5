"""The session's state with types: widget keys, the contestants chosen, the comparison that is open.

Widgets have keys and `persist_state="session"`, so that their values outlive a visit to another page;
their first values are put here, before any widget is drawn.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import cast

import streamlit as st

from app.domain.comparisons import MAX_CONTESTANTS, StartMode
from app.domain.errors import UnderstudyError
from app.domain.evidence import Evidence
from app.domain.models import ModelRef, Reasoning, Sampling
from app.services.comparing.drafting import Draft, Slot, as_text
from app.services.comparing.pasted import pasted
from app.services.comparing.sources import Sources
from app.ui.search_state import read_search

OPEN = "c"
SHARED = "shared"
SOURCES = "sources"
PASTED = "pasted text"
LABEL = " · "  # between a model's name and what a box says of it
WHOLE = ("top_k", "max_tokens", "seed")
FRACTIONS = ("temperature", "top_p", "frequency_penalty", "presence_penalty", "repeat_penalty")


def key(owner: int | str, field: str) -> str:
    """The widget key of a field of a contestant's slot, or of the settings that all share."""
    return f"{field}-{owner}"


# Contestants


def slot_ids() -> list[int]:
    return cast(list[int], st.session_state.setdefault("slots", []))


def ready() -> bool:
    """Whether contestants were chosen in this session."""
    return bool(slot_ids())


def begin(models: Sequence[ModelRef], *, settled: bool) -> None:
    """The contestants that a new session starts with; not settled: what there is for want of a model."""
    names = [str(ref) for ref in models]
    put_models(names)
    st.session_state["makeshift"] = None if settled else names


def untouched() -> bool:
    """Whether the contestants are still the makeshift ones that the session began with."""
    chosen = [st.session_state.get(key(slot, "model")) for slot in slot_ids()]
    return bool(chosen) and chosen == st.session_state.get("makeshift") and open_id() is None


def add(ref: ModelRef | str) -> None:
    """One more contestant, up to the most a comparison takes."""
    if len(slot_ids()) < MAX_CONTESTANTS:
        new = int(st.session_state.get("next_slot", 0))
        st.session_state["next_slot"] = new + 1
        st.session_state[key(new, "model")] = str(ref)
        slot_ids().append(new)


def remove(slot: int) -> None:
    """One contestant less; one always stays."""
    if len(slot_ids()) > 1:
        slot_ids().remove(slot)


def name_models(meant: Callable[[str], str], language: str) -> None:
    """Give each contestant the name that `meant` has for what was typed. Only before they are drawn in this run.

    The browser sends an option as it reads: when the language changes, or else what a label says of a
    model, the box has to be told its value anew.
    """
    changed = st.session_state.get("named_in") != language
    st.session_state["named_in"] = language
    for slot in slot_ids():
        typed = str(st.session_state.get(key(slot, "model")) or "")
        model = meant(typed.partition(LABEL)[0])
        if model and (changed or model != typed):
            st.session_state[key(slot, "model")] = model


def put_models(models: Sequence[str]) -> list[int]:
    """Replace the contestants; returns their slots."""
    slot_ids().clear()
    st.session_state["next_slot"] = 0
    for model in models:
        add(model)
    return list(slot_ids())


# Sampling


def put_sampling(owner: int | str, sampling: Sampling) -> None:
    for field in (*FRACTIONS, *WHOLE, "reasoning"):
        st.session_state[key(owner, field)] = getattr(sampling, field)
    st.session_state[key(owner, "stop")] = "\n".join(sampling.stop or ())


def read_sampling(owner: int | str) -> Sampling:
    """What the sampling widgets of `owner` say; fields without a widget yet are the server's default."""
    state = st.session_state
    stop = tuple(line for line in str(state.get(key(owner, "stop")) or "").splitlines() if line)
    whole = {f: int(v) for f in WHOLE if (v := state.get(key(owner, f))) is not None}
    fractions = {f: float(v) for f in FRACTIONS if (v := state.get(key(owner, f))) is not None}
    reasoning = cast(Reasoning | None, state.get(key(owner, "reasoning")))
    return Sampling(**fractions, **whole, stop=stop or None, reasoning=reasoning)  # type: ignore[arg-type]


def read_evidence() -> Evidence:
    """What the context box holds as passages; an untouched box gives the evidence that filled it."""
    text = str(st.session_state.get("context") or "")
    filled = cast("tuple[str, Evidence] | None", st.session_state.get("evidence"))
    if filled is None or filled[0] != text:
        filled = (text, pasted([(PASTED, text)]))
        st.session_state["evidence"] = filled
    return filled[1]


def put_evidence(evidence: Evidence) -> None:
    text = as_text(evidence)
    st.session_state["context"] = text
    st.session_state["evidence"] = (text, evidence)


def read_draft() -> Draft:
    """Everything chosen on the page."""
    state = st.session_state
    slots = tuple(
        Slot(s, str(state.get(key(s, "model")) or ""), read_sampling(s) if state.get(key(s, "own")) else None)
        for s in slot_ids()
    )
    start: StartMode = "one_at_a_time" if state.get("start") == "one_at_a_time" else "together"
    collection = str(state.get(key(SOURCES, "collection")) or "")
    return Draft(
        slots,
        str(state.get("system") or ""),
        read_evidence(),
        read_sampling(SHARED),
        start,
        bool(state.get("blind")),
        Sources(collection, read_search(SOURCES)) if collection else None,
    )


def put_draft(draft: Draft) -> None:
    """Fill the page's widgets. Only before they are drawn in this run."""
    slots = put_models([s.model for s in draft.slots])
    for slot, chosen in zip(slots, draft.slots, strict=False):
        st.session_state[key(slot, "own")] = chosen.own is not None
        put_sampling(slot, chosen.own or draft.sampling)
    put_sampling(SHARED, draft.sampling)
    st.session_state["system"] = draft.system
    put_evidence(draft.evidence)
    st.session_state[key(SOURCES, "collection")] = draft.sources.collection if draft.sources else None
    st.session_state["start"] = draft.start
    st.session_state["blind"] = draft.blind


# The comparison that is open


def open_id() -> str | None:
    """The comparison of the URL (`?c=…`), else the one left open when another page was visited."""
    linked = st.query_params.get(OPEN)
    return linked or cast(str | None, st.session_state.get("open"))


def set_open(comparison_id: str | None) -> None:
    """Remember it in the session and in the URL, where a reload and a link find it."""
    st.session_state["open"] = comparison_id
    if comparison_id is None:
        st.query_params.pop(OPEN, None)
    elif st.query_params.get(OPEN) != comparison_id:
        st.query_params[OPEN] = comparison_id


def adopted() -> str | None:
    """The comparison whose settings fill the page's widgets."""
    return cast(str | None, st.session_state.get("adopted"))


def set_adopted(comparison_id: str | None, slots: Sequence[int] = ()) -> None:
    """`slots` are those of its contestants in the order asked."""
    st.session_state["adopted"] = comparison_id
    st.session_state["asked_slots"] = list(slots)


def slot_of(position: int) -> int | None:
    """The slot that stands for a contestant of the open comparison, while it is still chosen."""
    asked = cast(list[int], st.session_state.get("asked_slots", []))
    slot = asked[position] if position < len(asked) else None
    return slot if slot in slot_ids() else None


# A prompt that could not be asked


def hold(prompt: str, problem: UnderstudyError) -> None:
    """Keep the text for the prompt box and the reason for beside it."""
    st.session_state["held"] = (prompt, problem)


def asking(prompt: str) -> None:
    """Remember the prompt while its sources are looked for: a click meanwhile ends this run of the script."""
    st.session_state["asking"] = prompt


def asked() -> None:
    st.session_state.pop("asking", None)


def release() -> UnderstudyError | None:
    """Put a held text back into the prompt box (before it is drawn) and return why it was held."""
    held = cast("tuple[str, UnderstudyError] | None", st.session_state.pop("held", None))
    interrupted = cast(str, st.session_state.pop("asking", ""))
    if held is None:
        if interrupted:
            st.session_state["prompt"] = interrupted
        return None
    if held[0]:
        st.session_state["prompt"] = held[0]
    return held[1]
