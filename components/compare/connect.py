"""First steps: what was found, how to connect the rest, a model to fetch, a sample question."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from html import escape
from typing import Literal, Protocol

import streamlit as st
from babel import Locale

from app.domain.errors import UserError
from app.domain.models import ProviderStatus
from app.i18n import LANGUAGES
from app.services.comparing.directory import Found
from app.services.comparing.drafting import connected
from app.ui.notes import marked_html
from app.ui.text import language, say, speech, t
from components.problem import problem

NAMES = {"openai": "OpenAI", "ollama": "Ollama", "gguf": "GGUF"}


@dataclass(frozen=True, slots=True)
class ConnectAction:
    """What was asked for: fetch or cancel the model `value`, the sample in language `value`, look again."""

    kind: Literal["fetch", "cancel", "sample", "refresh"]
    value: str = ""


class Offer(Protocol):
    """A model file that can be fetched; sizes in bytes."""

    @property
    def title(self) -> str: ...
    @property
    def download(self) -> int: ...
    @property
    def licence(self) -> str: ...
    @property
    def languages(self) -> tuple[str, ...]: ...


class Progress(Protocol):
    """A fetch under way or over."""

    @property
    def over(self) -> bool: ...
    @property
    def cancelled(self) -> bool: ...
    @property
    def fraction(self) -> float: ...
    @property
    def stage(self) -> str: ...
    @property
    def error(self) -> UserError | None: ...


class Downloads(Protocol):
    """What this needs of the registry of fetches."""

    @property
    def catalogue(self) -> Mapping[str, Offer]: ...
    def get(self, key: str) -> Progress | None: ...


def connect_panel(found: Found, fetches: Downloads, *, key: str) -> ConnectAction | None:
    """Draw the panel; returns what was pressed in this run."""
    with st.container(key=f"{key}-connect", gap="small"):
        _welcome(found, key)
        for status in found.statuses:
            if status.provider == "builtin" or (status.provider == "gguf" and not status.ready):
                continue
            _provider(status, key)
        for name in found.pending:
            _row("hourglass_empty", NAMES.get(name, name), t("still looking …"), key=f"{key}-{name}")
        action = None
        for name, offer in fetches.catalogue.items():
            here = any(m.ref.provider == "gguf" and m.ref.name == name for m in found.models)
            action = (None if here else _offer(name, offer, fetches, key)) or action
        return _start(key) or action


def _welcome(found: Found, key: str) -> None:
    st.subheader(t("Can a local model take over?"), anchor=False)
    if connected(found):
        st.write(t("Ask one question, watch every model answer it from the same sources, and vote."))
    else:
        st.write(
            t(
                "Ask one question, watch every model answer it from the same sources, and vote. "
                "Nothing is connected yet — this is what we found:"
            )
        )


def _provider(status: ProviderStatus, key: str) -> None:
    name = NAMES.get(status.provider, status.provider)
    icon = "check_circle" if status.ready else "cloud_off"
    remedy = "" if status.ready else _without_command(say(status.remedy), status.command)
    _row(icon, name, say(status.summary), remedy, status.command, key=f"{key}-{status.provider}", ready=status.ready)


def _without_command(remedy: str, command: str | None) -> str:
    """The command stands beside it, to be copied: a remedy that ends with it need not say it again."""
    shown = remedy.rstrip(" .`")
    if not command or not shown.endswith(command):
        return remedy
    cut = shown.removesuffix(command).rstrip(" `")
    return f"{cut[:-1]}." if cut.endswith(":") else f"{cut}:"


def _row(
    icon: str, title: str, summary: str, remedy: str = "", command: str | None = None, *, key: str, ready: bool = False
) -> None:
    with st.container(border=True, horizontal=True, vertical_alignment="center", key=f"{key}-row"):
        st.html(_text(icon, title, summary, remedy, ready), width="stretch")
        if command and not ready:
            st.code(command, language=None, width="content")


def _text(icon: str, title: str, summary: str, remedy: str = "", ready: bool = False) -> str:
    return (
        f'<div class="us-found{" us-ready" if ready else ""}">'
        f'<span class="us-icon" aria-hidden="true">{icon}</span>'
        f"<div><strong>{escape(title)}</strong><span> · {marked_html(summary)}</span>"
        + (f"<small>{marked_html(remedy)}</small>" if remedy else "")
        + "</div></div>"
    )


def _offer(name: str, offer: Offer, fetches: Downloads, key: str) -> ConnectAction | None:
    fetch = fetches.get(name)
    running = fetch is not None and not fetch.over
    with st.container(border=True, key=f"{key}-offer-{name}"):
        with st.container(horizontal=True, vertical_alignment="center"):
            about = t(
                "a real local model, no server needed · languages: {languages} · {size} download · {licence}",
                languages=", ".join(_language_name(tag) for tag in offer.languages),
                size=speech().size(offer.download),
                licence=offer.licence,
            )
            st.html(_text("memory", offer.title, about), width="stretch")
            if running:
                pressed = st.button(t("Cancel"), icon=":material/close:", key=f"{key}-cancel-{name}")
                action = ConnectAction("cancel", name)
            else:
                label = t("Try again") if fetch is not None and fetch.error else t("Download")
                pressed = st.button(label, icon=":material/download:", key=f"{key}-fetch-{name}")
                action = ConnectAction("fetch", name)
        if fetch is not None and running:
            _progress(fetch)
        elif fetch is not None and fetch.error is not None:
            problem(fetch.error)
    return action if pressed else None


def _language_name(tag: str) -> str:
    return Locale.parse(tag, sep="-").get_display_name(language()) or tag


@st.fragment(run_every=0.5)
def _progress(fetch: Progress) -> None:
    if fetch.over:
        st.rerun()
    st.progress(min(1.0, fetch.fraction), text=_stage(fetch))


def _stage(fetch: Progress) -> str:
    share = speech().percent(fetch.fraction)
    match fetch.stage:
        case "waiting":
            return t("Another process is downloading it …")
        case "unpacking" | "done":
            return t("Unpacking and checking … {share}", share=share)
        case _:
            return t("Downloading … {share}", share=share)


def _start(key: str) -> ConnectAction | None:
    """The sample question: in the language of the interface first, in the others beside it."""
    mine = language()
    action = None
    with st.container(horizontal=True, vertical_alignment="center", key=f"{key}-start"):
        if st.button(
            t("Try a sample question"), type="primary", icon=":material/play_arrow:", key=f"{key}-sample-{mine}"
        ):
            action = ConnectAction("sample", mine)
        for other, name in LANGUAGES.items():
            if other == mine:
                continue
            label = t("The same in {language}", language=name)
            if st.button(label, type="tertiary", icon=":material/translate:", key=f"{key}-sample-{other}"):
                action = ConnectAction("sample", other)
        if st.button(t("Look again"), type="tertiary", icon=":material/refresh:", key=f"{key}-refresh"):
            action = ConnectAction("refresh")
    return action
