"""The sampling settings: sliders whose leftmost stop sends nothing, and the rest under “More”."""

from __future__ import annotations

import html
from collections.abc import Mapping, Sequence
from dataclasses import replace

import streamlit as st

from app.domain.models import PRESETS
from app.services.comparing.drafting import FieldState
from app.ui import state
from app.ui.text import say, t

Step = float | int | None
TEMPERATURES: tuple[float, ...] = tuple(round(n * 0.05, 2) for n in range(41))
TOP_PS: tuple[float, ...] = (*(round(n * 0.05, 2) for n in range(1, 20)), 0.97, 0.98, 0.99, 1.0)
TOP_KS: tuple[int, ...] = (1, 2, 3, 5, 8, 10, 15, 20, 25, 30, 35, 40, 45, 50, 64, 80, 100, 150, 200)
FOLDED = ("temperature", "top_p", "top_k")


def sampling_controls(owner: int | str, fields: Mapping[str, FieldState], *, named: bool = True) -> None:
    """The controls of one contestant, or of all (`owner` "shared").

    `fields` says who refuses what; with `named` False the reasons are kept back, because they would
    tell which models are behind the letters.
    """
    fields = _said_once(fields) if named else fields
    _slider(owner, "temperature", t("Temperature"), TEMPERATURES, "{:.2f}", fields, named)
    _slider(owner, "top_p", t("Top p"), TOP_PS, "{:.2f}", fields, named)
    _slider(owner, "top_k", t("Top k"), TOP_KS, "{}", fields, named)
    with st.expander(t("More"), type="compact", key=state.key(owner, "more")):
        _whole(owner, "max_tokens", t("Max tokens"), 1, 1_000_000, fields, named)
        _whole(owner, "seed", t("Seed"), 0, 2**31 - 1, fields, named)
        _fraction(owner, "frequency_penalty", t("Frequency penalty"), -2.0, 2.0, fields, named)
        _fraction(owner, "presence_penalty", t("Presence penalty"), -2.0, 2.0, fields, named)
        _fraction(owner, "repeat_penalty", t("Repeat penalty"), 0.0, 3.0, fields, named)
        _reasoning(owner, fields, named)
        st.text_area(
            t("Stop at"),
            key=state.key(owner, "stop"),
            placeholder=t("One text a line"),
            height=68,
            disabled=_off(fields, "stop", named),
            persist_state="session",
        )
        _reason(fields, "stop", named)


def presets(owner: int | str) -> None:
    """A menu that sets every field at once."""
    by_key = {p.key: p for p in PRESETS}
    st.menu_button(
        t("Presets"),
        list(by_key),
        format_func=lambda key: say(by_key[key].label),
        key=state.key(owner, "preset"),
        type="tertiary",
        on_click=_preset_chosen,
        args=(owner,),
    )


def start_mode(help: str) -> None:
    """Whether contestants begin together; `help` says what it is for."""
    st.segmented_control(
        t("Start"),
        ["together", "one_at_a_time"],
        format_func=lambda mode: t("Together") if mode == "together" else t("One at a time"),
        key="start",
        required=True,
        width="stretch",
        help=help,
        persist_state="session",
    )


def _preset_chosen(owner: int | str) -> None:
    chosen = next((p for p in PRESETS if p.key == st.session_state[state.key(owner, "preset")]), None)
    if chosen:
        state.put_sampling(owner, chosen.sampling)


def _slider(
    owner: int | str,
    field: str,
    label: str,
    steps: Sequence[float | int],
    form: str,
    fields: Mapping[str, FieldState],
    named: bool,
) -> None:
    key = state.key(owner, field)
    value = st.session_state.setdefault(key, None)
    # A value from elsewhere (the command line, an older record) keeps its place on the scale.
    stops: list[Step] = [None, *sorted({*steps, value} if value is not None else steps)]
    st.select_slider(
        label,
        stops,
        format_func=lambda v: t("server default") if v is None else form.format(v),
        key=key,
        disabled=_off(fields, field, named),
        persist_state="session",
    )
    _reason(fields, field, named)


def _whole(
    owner: int | str, field: str, label: str, low: int, high: int, fields: Mapping[str, FieldState], named: bool
) -> None:
    key = state.key(owner, field)
    st.session_state.setdefault(key, None)
    st.number_input(
        label,
        low,
        high,
        value=None,
        step=1,
        key=key,
        placeholder=t("server default"),
        disabled=_off(fields, field, named),
        persist_state="session",
    )
    _reason(fields, field, named)


def _fraction(
    owner: int | str, field: str, label: str, low: float, high: float, fields: Mapping[str, FieldState], named: bool
) -> None:
    key = state.key(owner, field)
    st.session_state.setdefault(key, None)
    st.number_input(
        label,
        low,
        high,
        value=None,
        step=0.1,
        format="%.2f",
        key=key,
        placeholder=t("server default"),
        disabled=_off(fields, field, named),
        persist_state="session",
    )
    _reason(fields, field, named)


def _reasoning(owner: int | str, fields: Mapping[str, FieldState], named: bool) -> None:
    key = state.key(owner, "reasoning")
    st.session_state.setdefault(key, None)
    words = {"none": t("none"), "low": t("low"), "medium": t("medium"), "high": t("high")}
    st.select_slider(
        t("Reasoning"),
        [None, *words],
        format_func=lambda v: t("server default") if v is None else words[v],
        key=key,
        disabled=_off(fields, "reasoning", named),
        persist_state="session",
    )
    _reason(fields, "reasoning", named)


def _off(fields: Mapping[str, FieldState], field: str, named: bool) -> bool:
    return named and field in fields and fields[field].everybody


def _said_once(fields: Mapping[str, FieldState]) -> Mapping[str, FieldState]:
    """Models that take no sampling at all are named once, above; what is left is said field by field."""
    refused = [fields[field].refused if field in fields else () for field in FOLDED]
    common = [pair for pair in refused[0] if all(pair in others for others in refused)]
    for ref, reason in common:
        _why("all", [str(ref)], say(reason))
    return {
        name: replace(one, refused=tuple(pair for pair in one.refused if pair not in common))
        for name, one in fields.items()
    }


def _reason(fields: Mapping[str, FieldState], field: str, named: bool) -> None:
    """Under a control: which chosen models it does not reach, and why."""
    by_reason: dict[str, list[str]] = {}
    for ref, reason in fields[field].refused if named and field in fields else ():
        by_reason.setdefault(say(reason), []).append(str(ref))
    for reason, models in by_reason.items():
        _why(field, models, reason)


def _why(field: str, models: Sequence[str], reason: str) -> None:
    line = t("Not sent to {models}: {reason}", models=", ".join(models), reason=reason)
    st.html(f'<p class="u-why" data-field="{field}">{html.escape(line)}</p>')
