"""A model's Markdown as HTML for st.html: whole answers, answers still being written, and plain labels."""

from __future__ import annotations

import re
from functools import lru_cache
from html import escape

from app.ui.markdown import MARKDOWN, Chips

# Past this many characters an answer is shown as plain text: odd input can cost seconds to parse.
LONGEST_MARKDOWN = 250_000
# While it streams, a last paragraph longer than this is parsed only once it ends.
_LONGEST_TAIL = 8_000
_CARET = "\ue000"
_CARET_HTML = '<span class="us-caret" aria-hidden="true"></span>'


@lru_cache(maxsize=64)
def render(text: str, chips: Chips | None = None) -> str:
    """A finished answer as HTML. Without `chips`, brackets with numbers are just text."""
    if len(text) > LONGEST_MARKDOWN:
        return plain_html(text)
    return str(MARKDOWN.render(text, {"chips": chips}))


def plain_html(text: str) -> str:
    """Text exactly as it is."""
    return f'<div class="us-plain">{escape(text)}</div>'


def render_streaming(text: str, chips: Chips | None = None, *, caret: bool = True) -> str:
    """An unfinished answer as HTML: whole paragraphs from a cache, only the last is parsed again."""
    if len(text) > LONGEST_MARKDOWN:
        return plain_html(text)
    *done, tail = _blocks(text)
    html = "".join(_block(block, chips) for block in done)
    return html + _tail(tail, chips, caret)


def _tail(tail: str, chips: Chips | None, caret: bool) -> str:
    mark = _CARET if caret else ""
    if not _SPECIAL.search(tail) or (len(tail) > _LONGEST_TAIL and not tail.lstrip().startswith(("```", "~~~"))):
        return f"<p>{escape(tail.rstrip()).replace(chr(10), '<br>')}{_CARET_HTML if caret else ''}</p>"
    before, found, after = str(MARKDOWN.render(tail.rstrip() + mark, {"chips": chips})).rpartition(_CARET)
    if not caret:
        return after
    return before + _CARET_HTML + after if found else after + _CARET_HTML


_SPECIAL = re.compile(r"[\\`*_~\[\]<>|#$!&=]|^[ \t]*(?:[-+]|\d+[.)])|^(?: {4}|\t)", re.MULTILINE)
_FENCE = re.compile(r" {0,3}(`{3,}|~{3,})")


def _blocks(text: str) -> list[str]:
    """Cut at blank lines outside code fences; an indented continuation stays with its list."""
    blocks: list[list[str]] = [[]]
    fence = ""
    blank = False
    for line in text.split("\n"):
        match = _FENCE.match(line)
        if fence:
            if match and match.group(1).startswith(fence) and not line.strip(" `~"):
                fence = ""
        elif not line.strip():
            blank = True
        else:
            if blank and blocks[-1] and not line.startswith((" ", "\t")):
                blocks.append([])
            blank = False
            if match:
                fence = match.group(1)
        blocks[-1].append(line)
    return ["\n".join(block) for block in blocks]


@lru_cache(maxsize=1024)
def _block(block: str, chips: Chips | None) -> str:
    return str(MARKDOWN.render(block, {"chips": chips}))


_PUNCTUATION = re.compile(r"([\\`*_{}\[\]()#+\-.!|~<>$:&^=])")
_SHORTCODE = re.compile(r":(?=[\w+-]+:|material/|streamlit)")


def plain(text: str) -> str:
    """Text for a label that Streamlit reads as Markdown, so that it shows as it is.

    Emoji names and icons are replaced after unescaping: an invisible joiner takes them apart.
    """
    return _PUNCTUATION.sub(r"\\\1", _SHORTCODE.sub(":\u2060", text))
