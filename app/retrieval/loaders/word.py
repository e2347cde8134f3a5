"""DOCX by python-docx: paragraphs, headings and tables in the order of the document."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import docx
from docx.oxml.ns import qn

from app.domain.loading import FileFormat, LoadedDocument, LoadingLimits, OnPage
from app.retrieval.loaders.archive import damaged
from app.retrieval.loaders.gathering import Gathered
from app.retrieval.loaders.tables import row_line

_PARAGRAPH, _TABLE, _ROW, _CELL = qn("w:p"), qn("w:tbl"), qn("w:tr"), qn("w:tc")
_TEXT, _TAB, _BREAK, _LINE_END = qn("w:t"), qn("w:tab"), qn("w:br"), qn("w:cr")
_DELETED, _MOVED, _BOX = qn("w:del"), qn("w:moveFrom"), qn("w:txbxContent")
_FALLBACK = "{http://schemas.openxmlformats.org/markup-compatibility/2006}Fallback"
# Word keeps English style names inside whatever its language; converters from HWP write Korean ones.
_HEADING = re.compile(r"(?:heading|제목)\s*([1-9])", re.IGNORECASE)
_EVERY = 500


def load(path: Path, limits: LoadingLimits, on_page: OnPage) -> LoadedDocument:
    """The text with its headings. Page numbers exist only where Word lays the document out. Raises UserError."""
    try:
        with path.open("rb") as file:
            document = docx.Document(file)
        body = document.element.body
        levels = _heading_levels(document)
    except MemoryError:
        raise
    except Exception:  # a parser of broken input raises anything
        raise damaged() from None
    gathered = Gathered(limits)
    blocks = list(_blocks(body))
    for n, block in enumerate(blocks):
        if n % _EVERY == 0:
            on_page(n, len(blocks))
        if block.tag == _TABLE:
            gathered.add("\n".join(row for r in _rows(block) if (row := row_line(r))))
            continue
        text = "".join(_runs(block))
        level = levels.get(_style(block))
        if level:
            gathered.heading(text, level)
        elif text.strip():
            gathered.add(text)
    on_page(len(blocks), len(blocks))
    return gathered.document(FileFormat.DOCX)


def _blocks(parent: Any) -> Iterator[Any]:
    """Paragraphs and tables, those inside content controls too."""
    for child in parent:
        if child.tag in (_PARAGRAPH, _TABLE):
            yield child
        elif child.tag in (qn("w:sdt"), qn("w:sdtContent"), qn("w:ins"), qn("w:customXml")):
            yield from _blocks(child)


def _runs(element: Any) -> Iterator[str]:
    """The words of a paragraph as they read with all changes accepted; text boxes come after it."""
    for child in element:
        tag = child.tag
        if tag == _TEXT:
            yield child.text or ""
        elif tag == _TAB:
            yield "\t"
        elif tag in (_BREAK, _LINE_END):
            yield "\n"
        elif tag == _BOX:
            yield "\n" + "\n".join("".join(_runs(p)) for p in child if p.tag == _PARAGRAPH) + "\n"
        elif tag not in (_DELETED, _MOVED, _FALLBACK, qn("w:pPr"), qn("w:rPr")):
            yield from _runs(child)


def _rows(table: Any) -> Iterator[list[str]]:
    for row in table.iterchildren(_ROW):
        yield [
            " ".join("".join(_runs(p)).strip() for p in cell.iter(_PARAGRAPH)).strip()
            for cell in row.iterchildren(_CELL)
        ]


def _style(paragraph: Any) -> str:
    style = paragraph.find(f"{qn('w:pPr')}/{qn('w:pStyle')}")
    return style.get(qn("w:val"), "") if style is not None else ""


def _heading_levels(document: Any) -> dict[str, int]:
    """Heading level by style id: from the style's name, or from the outline level it sets."""
    levels: dict[str, int] = {}
    for style in document.styles.element.iterchildren(qn("w:style")):
        name = style.find(qn("w:name"))
        outline = style.find(f"{qn('w:pPr')}/{qn('w:outlineLvl')}")
        label = name.get(qn("w:val"), "") if name is not None else ""
        found = _HEADING.fullmatch(label.strip())
        if found:
            level = int(found[1])
        elif label.lower() == "title":
            level = 1
        elif outline is not None and outline.get(qn("w:val"), "9") in "01234567":
            level = int(outline.get(qn("w:val"))) + 1
        else:
            continue
        levels[style.get(qn("w:styleId"), "")] = level
    return levels
