"""Names of files as they are shown and stored: one line, composed, short, and never a way out of a folder."""

from __future__ import annotations

import re
import unicodedata

LONGEST = 120

_SEPARATORS = re.compile(r"[/\\]+")
_UNNAMED = "unnamed"


def safe_name(name: str) -> str:
    """The last part of `name`, fit to be shown and stored; "unnamed" when nothing is left of it."""
    parts = _parts(name)
    return _shortened(parts[-1]) if parts else _UNNAMED


def safe_path(name: str) -> str:
    """The same for a path inside a folder that was walked: `..` and roots go, the other parts stay."""
    parts = _parts(name)
    return "/".join(_shortened(part) for part in parts[-6:]) if parts else _UNNAMED


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
    """At most LONGEST characters: the middle goes, because the extension and a version stand at the end."""
    if len(part) <= LONGEST:
        return part
    tail = 20
    return f"{part[: LONGEST - tail - 1]}…{part[-tail:]}"
