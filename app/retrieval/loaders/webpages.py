"""HTML by BeautifulSoup over lxml: the words that a reader sees, with headings and tables."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

from bs4 import BeautifulSoup
from bs4.element import NavigableString, PageElement, PreformattedString, Tag

from app.domain.loading import FileFormat, LoadedDocument, LoadingLimits, OnPage
from app.retrieval.loaders.archive import damaged
from app.retrieval.loaders.decoding import decode
from app.retrieval.loaders.gathering import Gathered
from app.retrieval.loaders.tables import row_line

_UNSEEN = ("script", "style", "noscript", "template", "svg", "iframe", "object", "nav", "head")
_BLOCKS = re.compile(
    "address|article|aside|blockquote|body|center|dd|details|dialog|div|dl|dt|fieldset|figcaption|figure|footer|form|"
    "header|hr|html|li|main|menu|ol|p|section|summary|table|tbody|td|tfoot|th|thead|ul"
)
_HEADINGS = {f"h{n}": n for n in range(1, 7)}


def load(path: Path, limits: LoadingLimits, on_page: OnPage) -> LoadedDocument:
    """The text with its headings. Raises UserError."""
    on_page(0, 1)
    text = decode(path.read_bytes(), declared=True)
    try:
        soup = BeautifulSoup(text, "lxml")
    except MemoryError:
        raise
    except Exception:  # a parser of broken input raises anything
        raise damaged() from None
    gathered = Gathered(limits)
    for tag in soup.find_all(_UNSEEN):
        tag.decompose()
    for tag in soup.find_all(hidden=True):
        if not tag.decomposed:
            tag.decompose()
    _gather(soup, gathered)
    on_page(1, 1)
    return gathered.document(FileFormat.HTML)


def _gather(soup: BeautifulSoup, gathered: Gathered) -> None:
    """Walk the tree with a stack of our own: by mistake pages nest thousands deep."""
    words: list[str] = []

    def flush() -> None:
        lines = (" ".join(line.split()) for line in "".join(words).split("\n"))
        words.clear()
        gathered.add("\n".join(line for line in lines if line))

    inside: list[tuple[str, Iterator[PageElement]]] = [("", iter(soup.contents))]
    while inside:
        name, children = inside[-1]
        node = next(children, None)
        if node is None:
            inside.pop()
            if _BLOCKS.fullmatch(name):
                flush()
        elif isinstance(node, Tag):
            if node.name in _HEADINGS or node.name in ("tr", "pre"):
                flush()
                _whole(node, gathered)
                continue
            if node.name == "br":
                words.append("\n")
            elif _BLOCKS.fullmatch(node.name):
                flush()
            inside.append((node.name, iter(node.contents)))
        elif isinstance(node, NavigableString) and not isinstance(node, PreformattedString):
            words.append(str(node).replace("\n", " "))
    flush()


def _whole(tag: Tag, gathered: Gathered) -> None:
    if tag.name in _HEADINGS:
        gathered.heading(tag.get_text(" "), _HEADINGS[tag.name])
    elif tag.name == "pre":
        gathered.add(tag.get_text())
    else:
        cells = [cell.get_text(" ") for cell in tag.find_all(["td", "th"])]
        first = tag.find_previous_sibling("tr") is None
        gathered.add(row_line(cells), gap="\n\n" if first else "\n")
