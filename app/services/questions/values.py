"""Single cells of a question file: text, labels, documents with pages, yes or no. Each raises UserError."""

from __future__ import annotations

import datetime
import math
import re
from collections.abc import Mapping

from app.domain.errors import UserError
from app.domain.message import Message
from app.domain.searching import Target
from app.domain.sentences import cleaned

LONGEST_TEXT = 100_000
LONGEST_LABEL = 80
_LONGEST_NAME = 300
_MOST_TARGETS = 50
_MOST_PAGE = 9_999_999
_SEVERAL = re.compile(r"(?<!\\)[|;\n]")
_PAGES = re.compile(r"(?:pp?\.?\s*)?(\d{1,9})(?:\s*[-–~]\s*(\d{1,9}))?\s*(?:쪽|페이지|p\.?)?", re.IGNORECASE)
_YES = ("true", "yes", "y", "1", "x", "json", "예", "네", "참", "o")
_NO = ("", "false", "no", "n", "0", "text", "아니요", "아니오", "거짓")
# A cell that a spreadsheet would run as a formula is exported with an apostrophe before it.
_GUARDED = re.compile(r"'(?=[=+\-@＝＋－＠])")
_AS_TEXT = Message("Write it as text; in a spreadsheet, format the column as text first.")
_EXAMPLE = '"targets": [{"document": "a.pdf", "page": 3}, {"document": "b.md"}]'
_TARGETS = Message("For example: {example}", example=_EXAMPLE)


def text_of(value: object, what: Message) -> str:
    """The text without what no model can take; empty for None and for NaN, by which tables write an empty cell."""
    text = cleaned(_scalar(value, what)).strip()
    if len(text) > LONGEST_TEXT:
        raise _too_long(what, len(text), LONGEST_TEXT)
    return _GUARDED.sub("", text, count=1) if text.startswith("'") else text


def prose(value: object, what: Message) -> str:
    """Text that only a text can be: a question that came as a date or a truth value is a mistake of the file."""
    if isinstance(value, bool | datetime.date):
        raise UserError(Message("The {what} is not text: {value}.", what=what, value=str(value)), _AS_TEXT)
    return text_of(value, what)


def label(value: object, what: Message, most: int = LONGEST_LABEL) -> str:
    """A short text in one line. A date is refused: a spreadsheet makes dates of “3-5” and “1.2”."""
    if isinstance(value, datetime.date):
        raise UserError(Message("The {what} is a date: {value}.", what=what, value=value.isoformat()), _AS_TEXT)
    text = " ".join(text_of(value, what).split())
    if len(text) > most:
        raise _too_long(what, len(text), most)
    return text


def targets_of(fields: Mapping[str, object]) -> tuple[Target, ...]:
    """The documents and pages of a row: of its list `targets`, else of its cells `document` and `page`.

    Cells hold several separated by “|”, “;” or line ends; the pages of one document are separated
    by commas. “\\|” and “\\;” are those characters in a name.
    """
    given = fields.get("targets")
    if given is None or given == "":
        found = _documents(fields.get("document"), fields.get("page"))
    elif isinstance(given, list) and len(given) <= _MOST_TARGETS:
        found = [target for each in given for target in _listed(each)]
    else:
        raise UserError(Message("`targets` is not a list of at most {n} documents.", n=_MOST_TARGETS), _TARGETS)
    if len(found) > _MOST_TARGETS:
        raise UserError(
            Message("It names {n} documents and pages.", n=len(found)),
            Message("Use {most} at most.", most=_MOST_TARGETS),
        )
    return tuple(dict.fromkeys(found))


def yes(value: object) -> bool:
    text = _scalar(value, Message("JSON")).strip().casefold()
    if text in _YES:
        return True
    if text in _NO:
        return False
    raise UserError(
        Message("“{value}” does not say whether JSON is wanted.", value=text[:40]), Message("Write yes or no.")
    )


def _scalar(value: object, what: Message) -> str:
    if value is None or (isinstance(value, float) and math.isnan(value)):
        return ""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, float) and value.is_integer() and abs(value) < 1e15:
        return str(int(value))
    if isinstance(value, str | int | float | datetime.date | datetime.time):
        try:
            return str(value)
        except ValueError:  # Python writes out no whole number of more than 4,300 digits
            raise UserError(Message("The {what} is a number without end.", what=what), _AS_TEXT) from None
    raise UserError(Message("The {what} is a list or an object.", what=what), Message("Write it as one text."))


def _listed(given: object) -> list[Target]:
    if isinstance(given, str) and given.strip():
        return _documents([given], None)
    if isinstance(given, Mapping) and given.get("document"):
        return _documents([given["document"]], given.get("page"))
    raise UserError(Message("`targets` holds something that names no document."), _TARGETS)


def _documents(document: object, page: object) -> list[Target]:
    what = Message("document")
    if isinstance(document, list):
        names = [label(name, what, _LONGEST_NAME) for name in document[: _MOST_TARGETS + 1]]
    else:
        parts = _SEVERAL.split(document) if isinstance(document, str) else [document]
        names = [label(_plain(part), what, _LONGEST_NAME) for part in parts]
    pages = _pages(page)
    kept = [name for name in names if name]
    if not kept:
        if any(pages):
            raise UserError(Message("It has a page and no document."), Message("Name the document."))
        return []
    if len(kept) == 1:
        return [Target(kept[0], p) for group in pages for p in group] or [Target(kept[0])]
    if not any(pages):
        return [Target(name) for name in kept]
    if len(pages) != len(names):
        raise UserError(
            Message("It names {n} documents and the pages of {m}.", n=len(names), m=len(pages)),
            Message("Separate documents and pages by | in the same order: a.pdf|b.pdf and 3|7."),
        )
    pairs = zip(names, pages, strict=True)
    return [target for name, group in pairs if name for target in _on(name, group)]


def _on(name: str, pages: list[int]) -> list[Target]:
    return [Target(name, page) for page in pages] or [Target(name)]


def _plain(part: object) -> object:
    return part.replace("\\|", "|").replace("\\;", ";") if isinstance(part, str) else part


def _pages(value: object) -> list[list[int]]:
    """The pages of each document, in the order of the documents."""
    what = Message("page")
    if isinstance(value, list):
        value = ",".join(label(v, what) for v in value[:_MOST_TARGETS])
    # Line ends separate here, so that the cell is not brought into one line first.
    parts = _SEVERAL.split(value) if isinstance(value, str) else [value]
    groups = []
    for part in parts:
        pages: list[int] = []
        for each in filter(None, (p.strip() for p in label(part, what, LONGEST_TEXT).split(","))):
            match = _PAGES.fullmatch(each.removesuffix(".0"))
            first = int(match[1]) if match else 0
            last = int(match[2]) if match and match[2] else first
            if not (0 < first <= last <= _MOST_PAGE and last - first < _MOST_TARGETS):
                raise UserError(
                    Message("“{page}” is not a page.", page=each[:40]), Message("Pages are whole numbers from 1.")
                )
            pages += range(first, last + 1)
        groups.append(pages)
    return groups


def _too_long(what: Message, n: int, most: int) -> UserError:
    return UserError(
        Message("The {what} has {n} characters.", what=what, n=f"{n:,}"),
        Message("Use {most} at most.", most=f"{most:,}"),
    )
