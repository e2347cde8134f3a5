"""Where the pages are, for links between them."""

from __future__ import annotations

from pathlib import Path
from urllib.parse import urlencode

_PAGES = Path(__file__).resolve().parents[2] / "pages"
COMPARE = _PAGES / "compare.py"
DOCUMENTS_PAGE = _PAGES / "documents.py"
RATE = _PAGES / "rate.py"
VERDICT = _PAGES / "verdict.py"
OWNERSHIP = _PAGES / "ownership.py"
QUESTIONS = _PAGES / "questions.py"
HISTORY = _PAGES / "history.py"
RESULTS = _PAGES / "results.py"
BATCHES = _PAGES / "batches.py"

# Where a document is shown with its passages.
DOCUMENTS = "documents"
COLLECTION, DOCUMENT, PLACE = "collection", "document", "at"


def document_address(collection: str, document: str, start: int, end: int) -> str:
    """The address of a stretch of a document: ``documents?collection=…&document=…&at=120-980``.

    By names and characters, not by ids: it holds when the collection is indexed anew.
    """
    query = {COLLECTION: collection, DOCUMENT: document, PLACE: f"{start}-{end}"}
    return f"{DOCUMENTS}?{urlencode(query)}"


def read_place(value: str | None) -> tuple[int, int] | None:
    """The stretch that `at` names; None when it names none."""
    start, dash, end = (value or "").partition("-")
    if dash and start.isdecimal() and end.isdecimal() and len(start) < 12 and int(start) < int(end[:12]):
        return int(start), int(end[:12])
    return None
