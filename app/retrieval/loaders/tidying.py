"""Makes the text of a file fit to be searched and cited: composed, without what cannot be seen."""

from __future__ import annotations

import re
import unicodedata

# Zero-width characters, soft hyphens and byte order marks part words that a search should find whole.
_INVISIBLE = re.compile("[\u00ad\u200b-\u200f\u202a-\u202e\u2060-\u2064\u2066-\u2069\ufeff\ufffe\uffff]")
_CONTROL = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\ud800-\udfff]")
_BLANKS = re.compile("[\u00a0\u1680\u2000-\u200a\u202f\u205f]")
_LINE_ENDS = re.compile("\r\n?|\f|\v|\u0085|\u2028|\u2029")
_TRAILING = re.compile(r"[ \t]+\n")
_GAPS = re.compile(r"\n{4,}")
_LIGATURES = {0xFB00: "ff", 0xFB01: "fi", 0xFB02: "fl", 0xFB03: "ffi", 0xFB04: "ffl", 0xFB05: "st", 0xFB06: "st"}


def tidy(text: str) -> str:
    """`text` composed (NFC), with plain line ends and blanks, and without invisible characters."""
    text = _LINE_ENDS.sub("\n", text)
    text = _INVISIBLE.sub("", _CONTROL.sub("", text))
    text = _BLANKS.sub(" ", text).translate(_LIGATURES)
    return _GAPS.sub("\n\n\n", _TRAILING.sub("\n", unicodedata.normalize("NFC", text))).strip()


def one_line(text: str) -> str:
    return " ".join(tidy(text).split())
