"""The bytes of a question file as text: UTF-8, UTF-16 and what Korean Windows writes (CP949)."""

from __future__ import annotations

import codecs
import re

from app.domain.errors import UserError
from app.domain.message import Message

_MARKS = (
    (codecs.BOM_UTF8, "utf-8-sig"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)
_SAMPLE = 65_536
_STRAY = re.compile("[\udc80-\udcff]")


def decoded(name: str, data: bytes) -> str:
    """The text. A byte that is not UTF-8 in a file that otherwise is stays as a lone surrogate: `has_stray`.

    Raises UserError when this is no text.
    """
    for mark, encoding in _MARKS:
        if data.startswith(mark):
            return data.decode(encoding, "surrogateescape" if encoding == "utf-8-sig" else "replace")
    if (wide := _wide(data)) is not None:
        return wide
    if b"\0" in data[:8] or _control_share(data[:_SAMPLE]) > 0.02:
        raise _not_text(name)
    text = data.decode("utf-8", "surrogateescape")
    stray = len(_STRAY.findall(text))
    if not stray:
        return text
    beyond_ascii = len(text) - sum(c.isascii() for c in text)
    if beyond_ascii - stray <= 4 * stray and (korean := _korean(data)) is not None:
        return korean
    if stray > max(3, len(text) // 50):
        raise _not_text(name)
    return text


def has_stray(text: str) -> bool:
    """Whether the text holds bytes that were no UTF-8."""
    return not text.isascii() and _STRAY.search(text) is not None


def _wide(data: bytes) -> str | None:
    """UTF-16 without a mark: every other byte of what is ASCII in it is empty."""
    sample = data[:_SAMPLE]
    low, high = sample[1::2].count(0), sample[0::2].count(0)
    if max(low, high) < 0.05 * (len(sample) // 2) or min(low, high) > 0.05 * max(low, high):
        return None
    try:
        text = data[: len(data) // 2 * 2].decode("utf-16-le" if low > high else "utf-16-be")
    except UnicodeDecodeError:
        return None
    seen = text[:_SAMPLE]
    plain = sum((c.isprintable() and (c.isascii() or "가" <= c <= "힣")) or c in "\t\r\n" for c in seen)
    return text if plain >= 0.8 * len(seen) else None


def _korean(data: bytes) -> str | None:
    try:
        text = data.decode("cp949")
    except UnicodeDecodeError:
        return None
    other = [c for c in text[:_SAMPLE] if not c.isascii()]
    return text if sum("가" <= c <= "힣" for c in other) >= 0.6 * len(other) else None


def _control_share(sample: bytes) -> float:
    return sum(b < 32 and b not in b"\t\n\r\f\x1b" for b in sample) / max(len(sample), 1)


def _not_text(name: str) -> UserError:
    return UserError(
        Message("{name} is not text in UTF-8.", name=name[:120]),
        Message("Give CSV, JSONL or YAML saved as UTF-8, or an Excel file (XLSX)."),
    )
