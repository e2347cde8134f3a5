"""What people write for a language, as the tag that it has."""

from __future__ import annotations

import re
from collections.abc import Mapping
from functools import lru_cache

from babel import Locale, UnknownLocaleError

from app.domain.errors import UserError
from app.domain.message import Message

_OURS = {"kr": "ko", "kor": "ko", "eng": "en", "jp": "ja", "cn": "zh", "한글": "ko", "국문": "ko", "영문": "en"}
_LONGEST = 32


def language_tag(text: str) -> str:
    """The BCP 47 tag for a tag or a language's name in English, Korean or itself; empty for empty.

    Raises UserError when it is neither.
    """
    if not text:
        return ""
    if (ours := _OURS.get(text.casefold())) is not None:
        return ours
    first, *rest = re.split(r"[-_]", text)
    if first.lower() in _codes() and all(re.fullmatch(r"[A-Za-z0-9]{2,8}", r) for r in rest) and len(text) <= _LONGEST:
        return "-".join([first.lower(), *(r.upper() if len(r) == 2 else r.capitalize() for r in rest)])
    for names in (_names, _own_names):
        if (named := names().get(text.casefold())) is not None:
            return named
    raise UserError(
        Message("“{name}” is no language that is known here.", name=text[:40]),
        Message("Write its tag, such as en or ko, or leave the cell empty."),
    )


def _languages(locale: str) -> Mapping[str, str]:
    return {str(code): str(name) for code, name in Locale(locale).languages.items()}


@lru_cache(maxsize=1)
def _codes() -> frozenset[str]:
    codes = (code for code in _languages("en") if code.isalpha() and len(code) <= 3)
    return frozenset(codes) - {"und", "mul", "zxx"}


@lru_cache(maxsize=1)
def _names() -> Mapping[str, str]:
    """Names in English and in Korean."""
    both = (_languages("ko"), _languages("en"))
    return {names[code].casefold(): code for names in both for code in _codes() if code in names}


@lru_cache(maxsize=1)
def _own_names() -> Mapping[str, str]:
    """Names as the languages call themselves. Reads a file for each: half a second."""
    found: dict[str, str] = {}
    for code in sorted(_codes()):
        try:
            own = _languages(code).get(code) if len(code) == 2 else None
        except UnknownLocaleError:
            continue
        if own is not None:
            found.setdefault(own.casefold(), code)
    return found
