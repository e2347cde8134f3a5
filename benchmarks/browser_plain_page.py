"""The named peer of benchmarks/browser.py: four `st.write_stream` panes over the bare SDKs."""

from __future__ import annotations

import os
from collections.abc import Iterator

import ollama
import openai
import streamlit as st

MODELS = ("openai:steady-50tps-10s", "openai:steady-050tps-10s", "ollama:steady-50tps-10s", "ollama:steady-050tps-10s")


def words(provider: str, model: str) -> Iterator[str]:
    if provider == "openai":
        stream = openai.OpenAI().chat.completions.create(
            model=model, messages=[{"role": "user", "content": "Go."}], stream=True
        )
        yield from (chunk.choices[0].delta.content or "" for chunk in stream if chunk.choices)
    else:
        client = ollama.Client(os.environ["OLLAMA_HOST"])
        yield from (
            part.message.content or "" for part in client.chat(model, [{"role": "user", "content": "Go."}], stream=True)
        )


@st.fragment(parallel=True)
def pane(side: int) -> None:
    with st.container(key=f"answer-{side}", height=420):
        st.write_stream(words(*MODELS[side].split(":", 1)))


st.set_page_config(layout="wide")
asked = st.button("Go", key="go")
for side, column in enumerate(st.columns(len(MODELS))):
    with column:
        if asked:
            pane(side)
