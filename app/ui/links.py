"""Where the pages are, for links between them."""

from __future__ import annotations

from pathlib import Path

COMPARE = Path(__file__).resolve().parents[2] / "pages" / "compare.py"
