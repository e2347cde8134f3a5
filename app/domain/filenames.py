"""Names of files as they are shown and stored: one line, composed, short, and never a way out of a folder."""

from __future__ import annotations

import hashlib
import re
import unicodedata
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

LONGEST = 120
LONGEST_PATH = 400

_SEPARATORS = re.compile(r"[/\\]+")
_UNNAMED = "unnamed"
_NUMBER = re.compile(r" \(\d+\)$")


def safe_name(name: str) -> str:
    """The last part of `name`, fit to be shown and stored; "unnamed" when nothing is left of it."""
    parts = _parts(name)
    return _shortened(parts[-1]) if parts else _UNNAMED


def safe_path(name: str) -> str:
    """The same for a path inside a folder that was walked: `..` and roots go, the other parts stay.

    Of one that is longer than LONGEST_PATH some folders in the middle go, with a mark of their own for each path.
    """
    parts = _parts(name)
    short = [_shortened(part) for part in parts]
    whole = "/".join(short)
    if len(whole) > LONGEST_PATH:
        whole = "/".join([short[0], f"…{_mark('/'.join(parts))}…", *short[-2:]])
    return whole or _UNNAMED


def free_name(name: str, taken: Callable[[str], bool]) -> str:
    """`name`, with a number before its extension where it is taken."""
    stem, dot, last = name.rpartition(".")
    if not dot or not stem or "/" in last:
        stem, dot, last = name, "", ""
    free, n = name, 1
    while taken(free):
        n += 1
        free = f"{_NUMBER.sub('', stem)} ({n}){dot}{last}"
    return free


def is_same_file(name: str, origin: str, other_name: str, other_origin: str) -> bool:
    """Whether a file is what was stored from `other_origin` as `other_name`: that is then its older version.

    The same path is. Under the same name it is too, unless the other's path is still another file
    here: a folder may have been moved, and what was uploaded has no path.
    """
    if origin and origin == other_origin:
        return True
    return name == other_name and not (origin and other_origin and _is_there_beside(origin, other_origin))


def extension(name: str) -> str:
    """The extension in small letters with its dot; empty for none."""
    stem, dot, last = safe_name(name).rpartition(".")
    return f".{last.lower()}" if dot and stem and len(last) <= 10 else ""


def _parts(name: str) -> list[str]:
    cleaned = unicodedata.normalize("NFC", name)
    # Cf holds the marks that turn the direction of writing: "exe.fdp" must not read as "….pdf".
    cleaned = "".join(" " if c in "\t\n\r\f\v" else c for c in cleaned)
    cleaned = "".join(c for c in cleaned if unicodedata.category(c) not in ("Cc", "Cf", "Cs"))
    parts = (re.sub(r"\s+", " ", part).strip() for part in _SEPARATORS.split(cleaned))
    return [part for part in parts if part and part.strip(". ") and not re.fullmatch(r"[A-Za-z]:", part)]


def _shortened(part: str) -> str:
    """At most LONGEST characters: the middle goes, because the extension and a version stand at the end.

    What is lost is told by a mark: two long names that differ there must stay two.
    """
    if len(part) <= LONGEST:
        return part
    mark, tail = f"…{_mark(part)}…", 20
    return f"{part[: LONGEST - tail - len(mark)]}{mark}{part[-tail:]}"


def _is_there_beside(origin: str, other: str) -> bool:
    """Whether there is a file at `other`, and it is not the one at `origin`."""
    there = Path(other)
    with suppress(OSError):
        # One file by two spellings: a link, or Hangul composed and in parts where the system sees no difference.
        return there.exists() and not there.samefile(origin)
    return True


def _mark(text: str) -> str:
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()[:8]
