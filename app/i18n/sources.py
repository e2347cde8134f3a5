"""The texts in the code that are to be translated.

Found in the syntax tree, not by gettext's usual word search: there `st.text("…")` and a translator's
`text("…")` look the same.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
FOLDERS = ("app", "pages", "components", "storage")

SINGLE = frozenset({"t", "_", "Message"})
PLURAL = frozenset({"tn", "plural"})
# `text` and `translate` are ours only on one of these: `speech().text("…")`, `translator.text("…")`.
TRANSLATORS = frozenset({"translator", "speech", "tr"})
METHODS = frozenset({"text", "translate"})

_PLACEHOLDER = re.compile(r"\{(\w*)[^{}]*\}")

Key = str | tuple[str, str]


@dataclass(frozen=True, slots=True)
class Found:
    """A text to translate: its key (a pair where there is a plural), and where it is written.

    `key` is None where the call's text is not a literal: nothing can be extracted there.
    """

    key: Key | None
    file: str
    line: int


def sources(root: Path = ROOT, folders: tuple[str, ...] = FOLDERS) -> list[Path]:
    return sorted(path for folder in folders for path in (root / folder).rglob("*.py"))


def find(root: Path = ROOT) -> list[Found]:
    """Every text in the code under `root`, in the order of files and lines."""
    return [found for path in sources(root) for found in in_file(path, path.relative_to(root).as_posix())]


def in_file(path: Path, name: str) -> Iterator[Found]:
    for node in ast.walk(ast.parse(path.read_bytes())):
        if not isinstance(node, ast.Call):
            continue
        kind = keyword(node)
        if kind == 0 or len(node.args) < kind or any(isinstance(a, ast.Starred) for a in node.args[:kind]):
            continue
        texts = [_literals(argument) for argument in node.args[:kind]]
        if any(text is None for text in texts):
            yield Found(None, name, node.lineno)
        elif kind == 2:
            yield from (Found(pair, name, node.lineno) for pair in zip(texts[0] or (), texts[1] or (), strict=False))
        else:
            yield from (Found(text, name, node.lineno) for text in texts[0] or () if has_words(text))


def keyword(call: ast.Call) -> int:
    """How many texts this call takes to be translated: none, one, or two for a plural."""
    match call.func:
        case ast.Name(id=word) if word in SINGLE:
            return 1
        case ast.Name(id=word) | ast.Attribute(attr=word) if word in PLURAL:
            return 2
        case ast.Attribute(value=owner, attr=word) if word in METHODS:
            return int(_last_name(owner) in TRANSLATORS)
    return 0


def has_words(text: str) -> bool:
    """Whether anything is left to translate beside the placeholders."""
    return any(c.isalpha() for c in _PLACEHOLDER.sub("", text))


def placeholders(text: str) -> frozenset[str]:
    """The names in braces."""
    return frozenset(_PLACEHOLDER.findall(text))


def _last_name(node: ast.expr) -> str:
    match node:
        case ast.Name(id=name) | ast.Attribute(attr=name):
            return name
        case ast.Call(func=func):
            return _last_name(func)
    return ""


def _literals(node: ast.expr) -> list[str] | None:
    """The texts that an expression can be: a literal, or one for each branch of a condition.

    `message.template` is a text that was found where the message was made.
    """
    match node:
        case ast.Attribute(attr="template"):
            return []
        case ast.Constant(value=str(text)):
            return [text]
        case ast.IfExp(body=body, orelse=other):
            branches = _literals(body), _literals(other)
            return None if branches[0] is None or branches[1] is None else branches[0] + branches[1]
    return None
