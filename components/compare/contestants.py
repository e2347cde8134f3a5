"""Who is compared: the model of each pane, its own settings, one more, one less."""

from __future__ import annotations

from collections.abc import Mapping

import streamlit as st

from app.domain.models import ModelInfo
from app.services.comparing.directory import Found
from app.services.comparing.drafting import FieldState, Slot
from app.ui import state
from app.ui.comparing import Screen, Spot
from app.ui.prose import plain
from app.ui.text import speech, t
from components.problem import problem
from components.sampling import presets, sampling_controls

LETTERS = "ABCD"


def spot_head(spot: Spot, screen: Screen) -> None:
    """The first line of a pane: a letter alone while identities are hidden."""
    if screen.hidden:
        anonymous_head(spot.side)
    elif spot.slot is not None:
        removable = len(screen.draft.slots) > 1
        contestant_head(spot.slot, spot.side, screen.found, screen.refused(spot.slot), removable=removable)
        if spot.slot.model and (unfit := screen.unfit(spot.slot)):
            problem(unfit)
        elif spot.pane is not None:
            _changed(str(spot.pane.record.contestant.model), spot.slot)
    elif spot.pane is not None:
        former_head(str(spot.pane.record.contestant.model), spot.side)


def _changed(answered: str, slot: Slot) -> None:
    """Said when another model was chosen since: the answer below is not its."""
    if slot.model and slot.model != answered:
        line = t("This answer is by {model}; the next will be by the model chosen above.", model=answered)
        st.caption(plain(line))


def contestant_head(slot: Slot, side: int, found: Found, fields: Mapping[str, FieldState], *, removable: bool) -> None:
    """The letter, the model and the settings of one contestant."""
    with st.container(horizontal=True, vertical_alignment="center", key=f"head-{side}", gap="xsmall"):
        letter(side)
        labels = {str(m.ref): m for m in found.chat_models}
        key = state.key(slot.id, "model")
        options = [*labels] if slot.model in labels or not slot.model else [slot.model, *labels]
        st.selectbox(
            t("Contestant {letter}", letter=LETTERS[side]),
            options,
            index=None,
            format_func=lambda name: model_label(labels[name]) if name in labels else name,
            key=key,
            accept_new_options=True,
            placeholder=t("Choose or type provider:name"),
            required=True,
            label_visibility="collapsed",
            persist_state="session",
        )
        about = model_label(labels[slot.model]) if slot.model in labels else slot.model
        _own_settings(slot, about, fields, removable)


def letter(side: int) -> None:
    """The coloured letter that stands for a side, in panes and votes alike."""
    st.html(f'<span class="u-letter u-side-{side}">{LETTERS[side]}</span>', width="content")


def anonymous_head(side: int) -> None:
    """The head of a pane whose contestant is hidden."""
    with st.container(horizontal=True, vertical_alignment="center", key=f"head-{side}", gap="xsmall"):
        letter(side)
        st.markdown(f"**{t('Contestant {letter}', letter=LETTERS[side])}**")


def former_head(model: str, side: int) -> None:
    """The head of an answer whose contestant has left the page."""
    with st.container(horizontal=True, vertical_alignment="center", key=f"head-{side}", gap="xsmall"):
        letter(side)
        st.text(model)


def model_label(model: ModelInfo) -> str:
    """``ollama:llama3.1:8b · 4.7 GB · Q4_K_M``, with a warning when it retires."""
    parts = [str(model.ref)]
    if model.size:
        parts.append(speech().size(model.size))
    if model.quantization:
        parts.append(model.quantization)
    if model.retires:
        parts.append(t("retires {date}", date=model.retires.isoformat()))
    return state.LABEL.join(parts)


def _own_settings(slot: Slot, about: str, fields: Mapping[str, FieldState], removable: bool) -> None:
    """`about` is the model in full: a narrow pane shows only the beginning of its name."""
    own = slot.own is not None
    with st.popover(
        t("Settings"),
        icon=":material/tune:",
        type="tertiary",
        help=t("Settings of this contestant"),
        key=state.key(slot.id, "own-open"),
    ):
        if about:
            st.caption(plain(about))
        st.toggle(
            t("Own settings instead of the shared ones"),
            key=state.key(slot.id, "own"),
            help=t("One model at two temperatures is two contestants."),
            on_change=_start_from_shared,
            args=(slot.id,),
            persist_state="session",
        )
        if own:
            presets(slot.id)
            sampling_controls(slot.id, fields)
        if removable:
            st.button(
                t("Remove contestant"),
                icon=":material/close:",
                key=state.key(slot.id, "remove"),
                type="tertiary",
                on_click=state.remove,
                args=(slot.id,),
            )


def _start_from_shared(slot: int) -> None:
    state.put_sampling(slot, state.read_sampling(state.SHARED))
