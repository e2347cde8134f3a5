"""The first-run panel by itself, with made-up findings; what it returns is kept in the session."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

import streamlit as st

from app.domain.errors import UserError
from app.domain.message import Message
from app.domain.models import ModelInfo, ModelRef, ProviderStatus
from app.services.comparing.directory import Found
from components.compare.connect import connect_panel


@dataclass
class File:
    title: str = "SmolLM2 135M Instruct"
    download: int = 92_871_040
    licence: str = "Apache-2.0"
    languages: tuple[str, ...] = ("en",)


@dataclass
class Fetching:
    over: bool = False
    cancelled: bool = False
    fraction: float = 0.42
    stage: str = "downloading"
    error: UserError | None = None


@dataclass
class Shelf:
    catalogue: Mapping[str, File] = field(default_factory=lambda: {"smollm2": File()})
    fetch: Fetching | None = None

    def get(self, key: str) -> Fetching | None:
        return self.fetch


NO_KEY = ProviderStatus(
    "openai",
    False,
    Message("There is no key in {variable}.", variable="OPENAI_API_KEY"),
    Message("Set it and start again: `{command}`", command="export OPENAI_API_KEY=…"),
    "export OPENAI_API_KEY=…",
)
NOTHING = Found((NO_KEY,), pending=("vllm",))
SMOLLM2 = Found((NO_KEY,), models=(ModelInfo(ModelRef("gguf", "smollm2"), local=True),))


def show(found: Found, shelf: Shelf) -> None:
    """Draw the panel and keep what was pressed."""
    action = connect_panel(found, shelf, key="connect")
    if action is not None:
        st.session_state.setdefault("actions", []).append((action.kind, action.value))
