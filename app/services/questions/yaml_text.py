"""YAML read as text: no tag makes an object of anything, and what a file repeats by alias is never copied out.

Every scalar stays as it is written, so that the language `no` is not False and the id `007` not 7.
Built from the parser's events, which cannot be more than the file's length; nesting is bounded, and an
alias is the value itself.
"""

from __future__ import annotations

from dataclasses import dataclass

import yaml

from app.domain.errors import UserError
from app.domain.message import Message

_DEEPEST = 40
_MOST_MERGED = 200_000
_EMPTY = ("", "~", "null", "Null", "NULL")
_REMEDY = Message("For example: {example}", example="- vars: {question: What is …?}")


class Mapped(dict[object, object]):
    """A mapping with the line that it begins in, from 1."""

    line: int = 0


class Listed(list[object]):
    """A sequence with the line that each of its items begins in, from 1."""

    def __init__(self) -> None:
        super().__init__()
        self.lines: list[int] = []


@dataclass(slots=True)
class _Open:
    value: Mapped | Listed
    anchor: str | None
    line: int
    key: object = None
    has_key: bool = False


def read_yaml(text: str) -> object:
    """The first document: str, Mapped, Listed or None. Raises UserError."""
    try:
        return _built(text)
    except yaml.YAMLError as error:
        mark = getattr(error, "problem_mark", None) or getattr(error, "context_mark", None)
        raise UserError(
            Message(
                "Line {line} is not YAML: {why}.",
                line=1 if mark is None else mark.line + 1,
                why=str(getattr(error, "problem", None) or "it cannot be read"),
            ),
            _REMEDY,
        ) from None


def _built(text: str) -> object:
    anchors: dict[str, object] = {}
    open_: list[_Open] = []
    merged = 0
    loader = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
    for event in yaml.parse(text, Loader=loader):
        line = event.start_mark.line + 1
        value: object
        if isinstance(event, yaml.MappingStartEvent | yaml.SequenceStartEvent):
            if len(open_) == _DEEPEST:
                raise _refused(Message("Line {line} is nested more than {n} deep.", line=line, n=_DEEPEST))
            fresh = Mapped() if isinstance(event, yaml.MappingStartEvent) else Listed()
            if isinstance(fresh, Mapped):
                fresh.line = line
            open_.append(_Open(fresh, event.anchor, line))
            continue
        if isinstance(event, yaml.ScalarEvent):
            value = None if event.implicit[0] and event.value in _EMPTY else event.value
            anchor = event.anchor
        elif isinstance(event, yaml.AliasEvent):
            # Known once it is complete: nothing can hold itself.
            if event.anchor not in anchors:
                raise _refused(Message("Line {line}: nothing is called *{name}.", line=line, name=event.anchor[:80]))
            value, anchor = anchors[event.anchor], None
        elif isinstance(event, yaml.MappingEndEvent | yaml.SequenceEndEvent):
            closed = open_.pop()
            value, anchor, line = closed.value, closed.anchor, closed.line
        elif isinstance(event, yaml.DocumentEndEvent):
            return None
        else:
            continue
        if anchor:
            anchors[anchor] = value
        if not open_:
            return value
        merged = _put(open_[-1], value, line, merged)
    return None


def _put(parent: _Open, value: object, line: int, merged: int) -> int:
    """Add a finished value to what holds it; returns how many keys were merged in, `merged` before."""
    if isinstance(parent.value, Listed):
        parent.value.append(value)
        parent.value.lines.append(line)
        return merged
    if not parent.has_key:
        # A key that is no text is no name of ours; writing it out could take for ever.
        parent.key, parent.has_key = (value if isinstance(value, str) else "…"), True
        return merged
    parent.has_key = False
    if parent.key != "<<":
        parent.value[parent.key] = value
        return merged
    sources = [value] if isinstance(value, Mapped) else list(value) if isinstance(value, Listed) else []
    for source in sources:
        merged += 1 + (len(source) if isinstance(source, Mapped) else 0)
        if merged > _MOST_MERGED:
            raise _refused(Message("Line {line}: too much is merged into one another.", line=line))
        if isinstance(source, Mapped):
            for key, each in source.items():
                parent.value.setdefault(key, each)
    return merged


def _refused(message: Message) -> UserError:
    return UserError(message, Message("Write the tests one below the other, without nesting them."))


def line_of(items: list[object], n: int) -> int:
    """The line that item `n` begins in; its number where the lines are not known."""
    return items.lines[n] if isinstance(items, Listed) else n + 1
