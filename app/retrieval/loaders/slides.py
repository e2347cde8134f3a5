"""PPTX by python-pptx: a slide is a page, its title a heading, its notes belong to it."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pptx

from app.domain.errors import UserError
from app.domain.loading import FileFormat, LoadedDocument, LoadingLimits, OnPage
from app.domain.message import Message
from app.retrieval.loaders.archive import damaged
from app.retrieval.loaders.gathering import Gathered
from app.retrieval.loaders.tables import row_line


def load(path: Path, limits: LoadingLimits, on_page: OnPage) -> LoadedDocument:
    """The text with its slides. Raises UserError."""
    try:
        with path.open("rb") as file:
            presentation = pptx.Presentation(file)
        slides = list(presentation.slides)
    except MemoryError:
        raise
    except Exception:  # a parser of broken input raises anything
        raise damaged() from None
    if not slides:
        raise UserError(
            Message("It has no slides."), Message("Open it and see whether it is the file you meant to add.")
        )
    gathered = Gathered(limits)
    for n, slide in enumerate(slides, start=1):
        on_page(n - 1, len(slides))
        gathered.page()
        _slide(slide, gathered)
    on_page(len(slides), len(slides))
    return gathered.document(FileFormat.PPTX)


def _slide(slide: Any, gathered: Gathered) -> None:
    title = slide.shapes.title
    if title is not None:
        gathered.heading(title.text_frame.text, 1)
    for shape in _in_reading_order(slide.shapes):
        if title is not None and shape.shape_id == title.shape_id:
            continue
        if shape.has_text_frame:
            gathered.add(shape.text_frame.text)
        elif getattr(shape, "has_table", False) and shape.has_table:
            rows = (row_line([cell.text for cell in row.cells]) for row in shape.table.rows)
            gathered.add("\n".join(row for row in rows if row))
    if slide.has_notes_slide and slide.notes_slide.notes_text_frame is not None:
        gathered.add(slide.notes_slide.notes_text_frame.text)


def _in_reading_order(shapes: Any) -> Iterator[Any]:
    """From top to bottom and left to right; a file keeps them in the order they were drawn."""
    for shape in sorted(shapes, key=lambda s: (s.top or 0, s.left or 0)):
        if hasattr(shape, "shapes"):
            yield from _in_reading_order(shape.shapes)
        else:
            yield shape
