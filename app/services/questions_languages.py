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
    if (named := _names().get(text.casefold())) is not None:
        return named
    first, *rest = re.split(r"[-_]", text)
    if first.lower() in _codes() and all(re.fullmatch(r"[A-Za-z0-9]{2,8}", r) for r in rest) and len(text) <= _LONGEST:
        return "-".join([first.lower(), *(r.upper() if len(r) == 2 else r.capitalize() for r in rest)])
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
    found = dict(_OURS)
    for locale in ("en", "ko", *sorted(code for code in _codes() if len(code) == 2)):
        try:
            names = _languages(locale)
        except UnknownLocaleError:
            continue
        for code in _codes() if locale in ("en", "ko") else {locale}:
            if code in names:
                found.setdefault(names[code].casefold(), code)
    return found
