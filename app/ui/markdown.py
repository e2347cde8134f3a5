"""Markdown that a model wrote, parsed and drawn so that it is safe to show.

The model's own HTML stays text, nothing is loaded from anywhere, no script runs. Streamlit's Markdown
would read more than Markdown in it (colours, icons, emoji names, TeX) and would fetch its pictures.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import MutableMapping, Sequence
from dataclasses import dataclass
from html import escape

from markdown_it import MarkdownIt
from markdown_it.renderer import RendererHTML
from markdown_it.rules_core import StateCore
from markdown_it.rules_inline import StateInline
from markdown_it.rules_inline.emphasis import tokenize as emphasis
from markdown_it.token import Token
from markdown_it.utils import OptionsDict

from app.domain.citations import Citation, split

Env = MutableMapping[str, object]

# An answer cut into more pieces than this by its citations is no answer: the rest of them stay text.
_MOST_PARTS = 1_000


@dataclass(frozen=True, slots=True)
class Chips:
    """How citations are drawn. `prefix` makes ids unique on the page, `hints[n-1]` is the tooltip of passage n.

    `missing` is the tooltip of a citation that names no passage.
    """

    prefix: str
    hints: tuple[str, ...]
    missing: str

    def html(self, number: int) -> str:
        if not 1 <= number <= len(self.hints):
            return f'<span class="us-cite us-cite-bad" tabindex="0" title="{escape(self.missing)}">{number}?</span>'
        hint = escape(self.hints[number - 1])
        return (
            f'<button type="button" class="us-cite" popovertarget="{escape(self.prefix)}-{number}" '
            f'title="{hint}" aria-label="[{number}] {hint[:120]}">{number}</button>'
        )


def _safe_address(url: str) -> bool:
    # Relative addresses too stay text: a model must not make a link into the app itself.
    return url.lower().startswith(("https://", "http://", "mailto:"))


def _math(state: StateInline, silent: bool) -> bool:
    r"""$…$, $$…$$, \(…\) and \[…\] are kept as they were written: no emphasis, no lost backslash."""
    src, start = state.src, state.pos
    opening = next((o for o in _MATH if src.startswith(o, start)), None)
    if opening is None:
        return False
    closing = _MATH[opening]
    inside = start + len(opening)
    end = src.find(closing, inside, min(state.posMax, inside + _LONGEST_FORMULA))
    formula = src[inside:end] if end > inside else ""
    # "$5 and $6" is money, and an escaped "\[1\]" a citation.
    if (
        not formula
        or (opening == "$" and not _FORMULA.fullmatch(formula))
        or split(f"[{formula}]")[0] != f"[{formula}]"
    ):
        return False
    if not silent:
        state.push("us_math", "span", 0).content = src[start : end + len(closing)]
    state.pos = end + len(closing)
    return True


_MATH = {"$$": "$$", "$": "$", "\\(": "\\)", "\\[": "\\]"}
_FORMULA = re.compile(r"(?=[^\n]*[\\^_{}=])\S(?:[^\n]*\S)?")
_LONGEST_FORMULA = 1_000


def _emphasis(state: StateInline, silent: bool) -> bool:
    """Emphasis that also ends before Korean, Chinese or Japanese: **"연차"**는.

    CommonMark wants a space or punctuation after a ** that follows punctuation; these scripts have none there.
    """
    start, before = state.pos, len(state.delimiters)
    if not emphasis(state, silent):
        return False
    if state.src[start] == "*":
        last = state.src[start - 1] if start else " "
        after = state.src[state.pos] if state.pos < state.posMax else " "
        if _cjk(last) or _cjk(after):
            for delimiter in state.delimiters[before:]:
                delimiter.open = not after.isspace()
                delimiter.close = not last.isspace()
    return True


def _cjk(character: str) -> bool:
    return unicodedata.east_asian_width(character) in ("W", "F")


def _cite(state: StateCore) -> None:
    if not state.env.get("chips"):
        return
    count = 0
    for block in state.tokens:
        if block.type != "inline" or not block.children:
            continue
        children: list[Token] = []
        depth = 0
        for token in block.children:
            depth += {"link_open": 1, "link_close": -1}.get(token.type, 0)
            if token.type != "text" or depth:
                children.append(token)
                continue
            parts = split(token.content)
            count += len(parts)
            children.extend(_part(part) for part in (parts if count < _MOST_PARTS else [token.content]))
        block.children = children


def _part(part: str | Citation) -> Token:
    if isinstance(part, str):
        return Token("text", "", 0, content=part)
    return Token("us_cite", "", 0, content=part.raw, meta={"numbers": part.numbers})


def _render_cite(self: RendererHTML, tokens: Sequence[Token], idx: int, options: OptionsDict, env: Env) -> str:
    chips = env["chips"]
    assert isinstance(chips, Chips)
    return "".join(chips.html(n) for n in tokens[idx].meta["numbers"])


def _render_math(self: RendererHTML, tokens: Sequence[Token], idx: int, options: OptionsDict, env: Env) -> str:
    return f'<span class="us-math">{escape(tokens[idx].content)}</span>'


def _link(address: str) -> str:
    return f'<a href="{escape(address)}" title="{escape(address)}" target="_blank" rel="noopener noreferrer nofollow">'


def _render_link(self: RendererHTML, tokens: Sequence[Token], idx: int, options: OptionsDict, env: Env) -> str:
    return _link(str(tokens[idx].attrGet("href") or ""))


def _render_image(self: RendererHTML, tokens: Sequence[Token], idx: int, options: OptionsDict, env: Env) -> str:
    # A picture would be fetched from wherever the model says: that tells a stranger what was read here.
    address = str(tokens[idx].attrGet("src") or "")
    return f'<span class="us-image">{_link(address)}{escape(tokens[idx].content or address)}</a></span>'


def _render_table(self: RendererHTML, tokens: Sequence[Token], idx: int, options: OptionsDict, env: Env) -> str:
    return '<div class="us-table" tabindex="0"><table>' if tokens[idx].nesting == 1 else "</table></div>"


def _render_heading(self: RendererHTML, tokens: Sequence[Token], idx: int, options: OptionsDict, env: Env) -> str:
    # A pane sits below the page's own headings.
    level = min(6, int(tokens[idx].tag[1]) + 3)
    return f"<h{level}>" if tokens[idx].nesting == 1 else f"</h{level}>\n"


def _markdown() -> MarkdownIt:
    md = MarkdownIt("commonmark", {"html": False, "breaks": True})
    md.enable(["table", "strikethrough"])
    # "[1]: handbook.pdf" at the end of an answer is a list of sources; as a reference it would vanish.
    md.disable("reference")
    md.validateLink = _safe_address  # type: ignore[method-assign]
    md.inline.ruler.before("escape", "us_math", _math)
    md.inline.ruler.at("emphasis", _emphasis)
    md.core.ruler.push("us_cite", _cite)
    for name, rule in {
        "us_cite": _render_cite,
        "us_math": _render_math,
        "link_open": _render_link,
        "image": _render_image,
        "table_open": _render_table,
        "table_close": _render_table,
        "heading_open": _render_heading,
        "heading_close": _render_heading,
    }.items():
        md.add_render_rule(name, rule)
    return md


MARKDOWN = _markdown()
