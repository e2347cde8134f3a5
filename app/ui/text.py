"""The words of the interface in the session's language.

``t("English text {x}", x=…)``: the English text is the gettext msgid, a plain literal at the call,
so that it can be extracted.
"""

from __future__ import annotations

import streamlit as st

from app.domain.message import Message, Param
from app.i18n import LANGUAGES, Translator, pick, translator
from app.ui import cookies

LANGUAGE = "language"


def language() -> str:
    """The session's language: what was chosen here, else what this browser chose before, else its own."""
    if LANGUAGE not in st.session_state:
        st.session_state[LANGUAGE] = pick(cookies.read(LANGUAGE) or st.context.locale)
    return pick(str(st.session_state[LANGUAGE]))


def speech() -> Translator:
    """The translator of the session's language, with its ways of writing numbers and times."""
    return translator(language(), st.context.timezone)


def t(text: str, /, **params: Param) -> str:
    """`text` in the session's language."""
    words = speech()
    return words.text(text, **params)


def tn(singular: str, plural: str, n: int, /, **params: Param) -> str:
    """The form for `n` in the session's language; ``{n}`` is `n`."""
    words = speech()
    return words.plural(singular, plural, n, **params)


def say(message: Message) -> str:
    """A stored message in the session's language."""
    return speech().message(message)


def language_switch() -> None:
    """The switch; what is chosen sticks to the browser."""
    language()
    st.segmented_control(
        t("Language"),
        list(LANGUAGES),
        format_func=lambda code: LANGUAGES[code],
        key=LANGUAGE,
        required=True,
        label_visibility="collapsed",
        persist_state="session",
        on_change=_remember,
        width="stretch",
    )


def _remember() -> None:
    cookies.write(LANGUAGE, language())
