"""English and Korean. English is written in the code and is the key; Korean is looked up by it.

``t = translator("ko").text`` then ``t("{n} passages", n=3)``. A text without a translation stays English.
`python -m app.i18n.extract` brings the catalogues up to date with the code.
"""

from __future__ import annotations

from functools import lru_cache

from app.i18n.catalogue import load
from app.i18n.translator import Translator

LANGUAGES = {"en": "English", "ko": "한국어"}

__all__ = ["LANGUAGES", "Translator", "pick", "translator"]


def pick(locale: str | None) -> str:
    """The language for a browser's or system's locale: ko, ko-KR, ko_KR.UTF-8 → ko; anything else → en."""
    spoken = (locale or "").strip().lower().replace("_", "-").split("-")[0].split(".")[0]
    return spoken if spoken in LANGUAGES else "en"


@lru_cache(maxsize=64)
def translator(language: str, timezone: str | None = None) -> Translator:
    """The translator of `language` (an unknown one is English); cached, safe to share between threads.

    `timezone` is the reader's IANA name (``Asia/Seoul``); None or an unknown one = this machine's.
    """
    language = pick(language)
    return Translator(language, load(language), timezone)
