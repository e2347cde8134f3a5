"""Rows of JSON and YAML: JSON lines, a list, or promptfoo's `tests`."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping

from app.domain.errors import UserError
from app.domain.message import Message
from app.domain.sentences import cleaned
from app.services.questions.columns import Entry, Problem, Raw, named
from app.services.questions.decoding import has_stray
from app.services.questions.promptfoo import fields_of, is_test
from app.services.questions.yaml_text import line_of, read_yaml

_EXAMPLE = '{"question": "…", "reference": "…", "document": "handbook.pdf", "page": 3}'
_REMEDY = Message("For example: {example}", example=_EXAMPLE)
_LISTS = ("tests", "questions", "data", "items", "rows")
_DEEPEST = 60


def json_entries(text: str, *, unused: list[str]) -> Iterator[Entry]:
    """The rows of JSON lines by their lines, those of a list by their numbers."""
    stripped = text.strip()
    whole: object = None
    try:
        whole = _loads(text)
    except (ValueError, RecursionError) as error:
        # A list cannot be read in part; behind an object there may be another one, in the next line.
        if stripped.startswith("["):
            line = error.lineno if isinstance(error, json.JSONDecodeError) else 1
            raise UserError(Message("Line {line} is not JSON.", line=line), _REMEDY) from None
    if isinstance(whole, list) or (isinstance(whole, Mapping) and any(isinstance(whole.get(n), list) for n in _LISTS)):
        yield from _items(whole, unused)
    elif whole is not None:
        yield _entry(1, whole, {}, unused)
    else:
        for line, content in enumerate(text.split("\n"), start=1):
            if content.strip():
                yield _line(line, content, unused)


def yaml_entries(text: str, *, unused: list[str]) -> Iterator[Entry]:
    """Raises UserError for what is no YAML, or holds no list of tests."""
    if has_stray(text):
        raise UserError(Message("The file holds bytes that are not UTF-8."), Message("Save the file as UTF-8."))
    yield from _items(read_yaml(cleaned(text)), unused)


def _line(line: int, content: str, unused: list[str]) -> Entry:
    if has_stray(content):
        return Problem(line, Message("It holds bytes that are not UTF-8."), Message("Save the file as UTF-8."))
    try:
        return _entry(line, _loads(content), {}, unused)
    except (ValueError, RecursionError):
        return Problem(line, Message("It is not JSON."), _REMEDY)


def _loads(text: str) -> object:
    """Raises ValueError or RecursionError."""
    found: object = json.loads(text)
    return found


def _items(whole: object, unused: list[str]) -> Iterator[Entry]:
    default: Mapping[object, object] = {}
    items = whole
    if isinstance(whole, Mapping):
        given = whole.get("defaultTest")
        default = given if isinstance(given, Mapping) else {}
        items = next((whole[name] for name in _LISTS if isinstance(whole.get(name), list)), whole.get("tests"))
    if isinstance(items, str):
        raise UserError(
            Message("The tests are in another file: {name}.", name=items[:120]), Message("Import that file.")
        )
    if not isinstance(items, list):
        raise UserError(Message("There is no list of tests in it."), Message("Write `tests:` and the tests below it."))
    for n, item in enumerate(items):
        yield _entry(line_of(items, n), item, default, unused)


def _entry(row: int, item: object, default: Mapping[object, object], unused: list[str]) -> Entry:
    if isinstance(item, str) and not item.startswith("file://"):
        return Raw(row, {"question": item})
    if not isinstance(item, Mapping):
        if isinstance(item, str):
            return Problem(
                row, Message("It is in another file: {name}.", name=item[:120]), Message("Import that file.")
            )
        return Problem(row, Message("It is not an object with a question."), _REMEDY)
    if is_test(item):
        try:
            return Raw(row, fields_of(item, default, unused))
        except UserError as error:
            return Problem.of(row, error)
    fields, idle = named(item)
    unused += [name for name in idle if name not in unused]
    return Raw(row, fields)
