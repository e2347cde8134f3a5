"""Rows of tables as lines that can be understood one by one: a passage may hold only a few of them."""

from __future__ import annotations

from collections.abc import Sequence

_LONGEST_HEADER = 80


def row_line(cells: Sequence[str]) -> str:
    """`a | b | c`; empty when every cell is. Cells that merging repeats stand once."""
    shown = [" ".join(cell.split()) for cell in cells]
    kept = [cell for n, cell in enumerate(shown) if not (n and cell and cell == shown[n - 1])]
    return " | ".join(kept).strip(" |") if any(kept) else ""


def is_header(cells: Sequence[str]) -> bool:
    """Whether a first row names the columns: at least two, all short, all different, none a number."""
    names = [cell.strip() for cell in cells]
    while names and not names[-1]:
        names.pop()
    return (
        len(names) >= 2
        and all(names)
        and len(set(names)) == len(names)
        and all(len(name) <= _LONGEST_HEADER and not _numeric(name) for name in names)
    )


def record_line(header: Sequence[str], cells: Sequence[str]) -> str:
    """`Name: Kim; Price: 3`: a row that carries its column names; empty cells are left out."""
    pairs = []
    for n, cell in enumerate(cells):
        value = " ".join(cell.split())
        if value:
            name = header[n].strip() if n < len(header) else ""
            pairs.append(f"{name}: {value}" if name else value)
    return "; ".join(pairs)


def _numeric(text: str) -> bool:
    return not any(c.isalpha() for c in text)
