"""Bytes to text: marks first, then UTF-8, UTF-16 without a mark, CP949, and a guess at the rest."""

from __future__ import annotations

import codecs
import re

from app.domain.errors import UserError
from app.domain.message import Message

_MARKS = (
    (codecs.BOM_UTF8, "utf-8-sig"),
    (codecs.BOM_UTF32_LE, "utf-32"),  # before UTF-16, whose mark it begins with
    (codecs.BOM_UTF32_BE, "utf-32"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)
_SAMPLE = 65_536
_DECLARED = re.compile(rb"""charset\s*=\s*["']?\s*([A-Za-z0-9_\-]+)|encoding\s*=\s*["']([A-Za-z0-9_\-]+)""")
# What browsers do: a page that claims these was written on Korean Windows.
_KOREAN = ("euc-kr", "euc_kr", "ks_c_5601-1987", "ksc5601", "ks_c_5601", "cp949", "uhc", "windows-949", "ms949")


def decode(data: bytes, *, declared: bool = False) -> str:
    """The text of `data`. `declared`: believe a charset that the bytes name (HTML, XML) when it fits.

    Raises UserError when this is no text at all.
    """
    for mark, encoding in _MARKS:
        if data.startswith(mark):
            return data.decode(encoding, "replace")
    if declared and (text := _as_declared(data)) is not None:
        return text
    if b"\0" in data[:_SAMPLE]:
        return _wide(data)
    if _control_share(data[:_SAMPLE]) > 0.02:
        raise not_text()
    for attempt in (_utf8, _korean, _guessed):
        if (text := attempt(data)) is not None:
            return text
    raise not_text()


def not_text() -> UserError:
    return UserError(
        Message("This is not text: its bytes belong to some other kind of file."),
        Message("Give a PDF, DOCX, PPTX, XLSX, CSV, HTML, Markdown or text file."),
    )


def _as_declared(data: bytes) -> str | None:
    found = _DECLARED.search(data[:4096])
    if not found:
        return None
    name = (found[1] or found[2]).decode("ascii").lower()
    try:
        return data.decode("cp949" if name in _KOREAN else name)
    except (LookupError, UnicodeDecodeError):
        return None


def _utf8(data: bytes) -> str | None:
    try:
        return data.decode("utf-8")
    except UnicodeDecodeError as exc:
        # A file cut in the middle of its last character is still UTF-8.
        cut = exc.start >= len(data) - 3 and exc.start > 0 and exc.reason == "unexpected end of data"
        return data[: exc.start].decode("utf-8") if cut else None


def _korean(data: bytes) -> str | None:
    """CP949, of which EUC-KR is a part, when what comes out reads as Korean."""
    for end in (len(data), len(data) - 1):
        try:
            text = data[:end].decode("cp949")
        except UnicodeDecodeError:
            continue
        other = [c for c in text[:_SAMPLE] if not c.isascii()]
        hangul = sum("가" <= c <= "힣" for c in other)
        return text if other and hangul >= 0.6 * len(other) else None
    return None


def _wide(data: bytes) -> str:
    """UTF-16 without a mark: blanks and line ends show which half of a character is the empty one."""
    sample = data[:_SAMPLE]
    ends = {"utf-16-le": (b" \0", b"\n\0", b"\r\0"), "utf-16-be": (b"\0 ", b"\0\n", b"\0\r")}
    best, most = "", 0
    for encoding, patterns in ends.items():
        found = sum(
            1
            for pattern in patterns
            for i in range(0, len(sample) - 1, 2)
            if sample[i] == pattern[0] and sample[i + 1] == pattern[1]
        )
        if found > most:
            best, most = encoding, found
    if best:
        text = data[: len(data) // 2 * 2].decode(best, "replace")
        seen = text[:_SAMPLE]
        odd = sum(c == "\ufffd" or (ord(c) < 32 and c not in "\t\n\r\f") for c in seen)
        letters = sum(c.isascii() or "가" <= c <= "힣" or "\u3000" <= c <= "\u9fff" for c in seen)
        if odd <= 0.01 * len(seen) and letters >= 0.8 * len(seen):
            return text
    raise not_text()


def _guessed(data: bytes) -> str | None:
    from charset_normalizer import from_bytes

    best = from_bytes(data[:_SAMPLE]).best()
    if best is None:
        return None
    try:
        return data.decode(best.encoding, "replace")
    except LookupError:
        return None


def _control_share(sample: bytes) -> float:
    """The share of bytes that no text has: control characters but tab, line ends, form feed and escape."""
    if not sample:
        return 0.0
    allowed = b"\t\n\r\f\x1b"
    return sum(b < 32 and b not in allowed for b in sample) / len(sample)
