"""Small choices that outlive a session: read from the browser's cookies, written by a script of our own.

`persist_state` and `bind` of Streamlit's widgets end with the session or live in the URL; a cookie
survives a reload and reaches a new tab. Nothing secret goes here: a language, a rater's name.
"""

from __future__ import annotations

import json
from urllib.parse import quote, unquote

import streamlit as st

PREFIX = "understudy_"
YEAR = 365 * 24 * 3600
_PENDING = "_cookies"


def read(name: str) -> str:
    """The value that this browser had when it connected, or what was written since; empty when none."""
    pending = st.session_state.get(_PENDING, {})
    if name in pending:
        return str(pending[name])
    return unquote(str(st.context.cookies.get(PREFIX + name, "")))


def write(name: str, value: str) -> None:
    """Keep `value` for a year; it goes out with the next `flush`."""
    st.session_state.setdefault(_PENDING, {})[name] = value


def flush() -> None:
    """Hand what was written to the browser. Called once a run, at its end."""
    pending: dict[str, str] = st.session_state.get(_PENDING, {})
    if not pending:
        return
    # quote() leaves no character that could leave the string or the cookie; json.dumps escapes the rest.
    lines = (_assignment(name, value) for name, value in pending.items())
    with st.container(key="cookies"):
        st.html(f"<script>{''.join(lines)}</script>", unsafe_allow_javascript=True)


def _assignment(name: str, value: str) -> str:
    cookie = f"{PREFIX}{name}={quote(value, safe='')};path=/;max-age={YEAR};SameSite=Lax"
    return f"document.cookie={json.dumps(cookie)};"
