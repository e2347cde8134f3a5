"""Figures of a verdict as inline SVG: no script, no network, readable at any width.

Places across are percentages and heights are pixels, so that a figure is as wide as its page and its
text keeps its size. Colours are classes of the page's own style: light, dark and print are its matter.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from html import escape

_ROW, _LEFT, _WIDE, _SHOWN = 46, 1.5, 97.0, 60


@dataclass(frozen=True, slots=True)
class Interval:
    """One row of a forest: a value with its bounds at all looks and, where there is one, those for one look."""

    name: str
    value: float | None
    low: float
    high: float
    inner: tuple[float, float] | None
    text: str


@dataclass(frozen=True, slots=True)
class Parts:
    """One stacked bar: shares by class, in order, with the count that each stands for."""

    name: str
    shares: tuple[tuple[str, float, str], ...]
    text: str


@dataclass(frozen=True, slots=True)
class Path:
    """The bounds of one category as its questions came in: (questions, mean, low, high)."""

    points: Sequence[tuple[int, float, float, float]]


@dataclass(frozen=True, slots=True)
class Point:
    """A contestant of a scatter: burden across, quality up with its bounds; `best` is on the front."""

    name: str
    x: float
    y: float
    low: float | None
    high: float | None
    best: bool


class _Across:
    """Values from `low` to `high` as percentages of the width."""

    def __init__(self, low: float, high: float) -> None:
        self.low, self.high = low, high

    def __call__(self, value: float) -> str:
        share = (min(max(value, self.low), self.high) - self.low) / (self.high - self.low)
        return f"{_LEFT + _WIDE * share:.2f}%"

    def ticks(self) -> list[float]:
        step = _step((self.high - self.low) / 5)
        first = math.ceil(self.low / step - 1e-9)
        return [n * step for n in range(first, math.floor(self.high / step + 1e-9) + 1)]


def forest(title: str, rows: Sequence[Interval], mark: float, mark_text: str, *, share: bool = False) -> str:
    """Intervals one below the other, with a dashed line at `mark`; differences in points, or shares of 1."""
    ends = [mark, *(v for row in rows for v in (row.low, row.high, row.value or row.low))]
    across = _Across(0.0, 1.0) if share else _Across(*_limits(min(0.0, *ends), max(0.0, *ends)))
    bottom = 22 + _ROW * len(rows)
    lines = [_vertical(across(v), 18, bottom, "zero" if v == 0 and not share else "grid") for v in across.ticks()]
    lines += [_text(across(v), bottom + 16, _points(v, share), "tick", _anchor(v, across)) for v in across.ticks()]
    lines.append(_vertical(across(mark), 14, bottom, "mark"))
    lines.append(_text(across(mark), 11, mark_text, "marked", _anchor(mark, across)))
    for n, row in enumerate(rows):
        top = 22 + _ROW * n
        lines.append(_text("0", top + 15, _short(row.name), "name"))
        lines.append(_text("100%", top + 15, row.text, "number", "end"))
        middle = top + 31
        lines.append(_horizontal(across(row.low), across(row.high), middle, "outer"))
        if row.inner is not None:
            lines.append(_horizontal(across(row.inner[0]), across(row.inner[1]), middle, "inner"))
        if row.value is not None:
            lines.append(f'<circle cx="{across(row.value)}" cy="{middle}" r="4.5" class="dot"/>')
    return _svg(title, bottom + 24, lines)


def bars(title: str, rows: Sequence[Parts]) -> str:
    """Stacked bars of shares; a part says its count where there is room for it."""
    lines = []
    for n, row in enumerate(rows):
        top = _ROW * n
        lines.append(_text("0", top + 14, _short(row.name), "name"))
        lines.append(_text("100%", top + 14, row.text, "number", "end"))
        at = 0.0
        for kind, share, count in row.shares:
            if share <= 0:
                continue
            lines.append(
                f'<rect x="{100 * at:.2f}%" y="{top + 20}" width="{100 * share:.2f}%" height="18" class="part {kind}"/>'
            )
            if share > 0.07:
                lines.append(_text(f"{100 * (at + share / 2):.2f}%", top + 33, count, f"in {kind}", "middle"))
            at += share
    return _svg(title, _ROW * len(rows), lines)


def sequence(title: str, path: Path, mark: float) -> str:
    """How the bounds closed in as questions came in, with a dashed line at `mark`."""
    first, last = path.points[0][0], path.points[-1][0]
    _, *end = path.points[-1]
    low, high = _limits(min(-0.3, mark - 0.1, *end), max(0.3, *end))
    height = 120

    def place(n: int, value: float) -> str:
        across = 100 * (n - first) / max(last - first, 1)
        return f"{across:.2f},{height * (high - min(max(value, low), high)) / (high - low):.1f}"

    upper = [place(n, h) for n, _, _, h in path.points]
    lower = [place(n, bottom) for n, _, bottom, _ in path.points]
    means = [place(n, m) for n, m, _, _ in path.points]
    drawn = (
        f'<svg x="11%" y="4" width="88%" height="{height}" viewBox="0 0 100 {height}" preserveAspectRatio="none">'
        f'<polygon points="{" ".join([*upper, *reversed(lower)])}" class="band"/>'
        f'<polyline points="{" ".join(means)}" class="mean"/></svg>'
    )

    def down(value: float) -> float:
        return 4 + height * (high - value) / (high - low)

    lines = [drawn]
    for value in (low, 0.0, high):
        kind = "zero" if value == 0 else "grid"
        lines.append(f'<line x1="11%" x2="99%" y1="{down(value):.1f}" y2="{down(value):.1f}" class="{kind}"/>')
        lines.append(_text("9.5%", down(value) + 4, _points(value), "tick", "end"))
    lines.append(f'<line x1="11%" x2="99%" y1="{down(mark):.1f}" y2="{down(mark):.1f}" class="mark"/>')
    lines.append(_text("11%", height + 20, str(first), "tick"))
    lines.append(_text("99%", height + 20, str(last), "tick", "end"))
    return _svg(title, height + 26, lines)


def scatter(title: str, points: Sequence[Point], texts: Sequence[str]) -> str:
    """Quality up, burden across from 0; the front is filled. `texts` say the burden of each point."""
    most = max((p.x for p in points), default=0.0) * 1.12 or 1.0
    height, low, high = 190, *_limits(*_of(points))

    def down(value: float) -> float:
        return 8 + height * (high - min(max(value, low), high)) / (high - low)

    lines = []
    for value in _Across(low, high).ticks():
        lines.append(f'<line x1="11%" x2="99%" y1="{down(value):.1f}" y2="{down(value):.1f}" class="grid"/>')
        lines.append(_text("9.5%", down(value) + 4, f"{100 * value:.0f}%", "tick", "end"))
    for point, text in zip(points, texts, strict=True):
        share = point.x / most
        x, y = f"{11 + 86 * share:.2f}%", down(point.y)
        if point.low is not None and point.high is not None:
            lines.append(_vertical(x, down(point.high), down(point.low), "whisker"))
        lines.append(f'<circle cx="{x}" cy="{y:.1f}" r="6" class="{"dot" if point.best else "ring"}"/>')
        side, shift = ("start", 12) if share < 0.5 else ("end", -12)
        for line, kind, lift in ((_short(point.name, 34), "name", -3), (text, "tick", 12)):
            at = f'x="{x}" y="{y + lift:.1f}" dx="{shift}"'
            lines.append(f'<text {at} class="{kind}" text-anchor="{side}">{escape(line)}</text>')
    return _svg(title, height + 20, lines)


def _of(points: Sequence[Point]) -> tuple[float, float]:
    ends = [v for p in points for v in (p.y, p.low, p.high) if v is not None]
    return max(min(ends) - 0.03, 0.0), min(max(ends) + 0.03, 1.0)


def _svg(title: str, height: float, lines: Sequence[str]) -> str:
    name = escape(title, quote=True)
    return (
        f'<svg class="figure" width="100%" height="{height:.0f}" role="img" aria-label="{name}">'
        f"<title>{name}</title>{''.join(lines)}</svg>"
    )


def _text(x: str, y: float, text: str, kind: str, anchor: str = "start") -> str:
    return f'<text x="{x}" y="{y:.1f}" class="{kind}" text-anchor="{anchor}">{escape(text)}</text>'


def _vertical(x: str, top: float, bottom: float, kind: str) -> str:
    return f'<line x1="{x}" x2="{x}" y1="{top:.1f}" y2="{bottom:.1f}" class="{kind}"/>'


def _horizontal(left: str, right: str, y: float, kind: str) -> str:
    return f'<line x1="{left}" x2="{right}" y1="{y}" y2="{y}" class="{kind}"/>'


def _anchor(value: float, across: _Across) -> str:
    share = (value - across.low) / (across.high - across.low)
    return "start" if share < 0.04 else "end" if share > 0.96 else "middle"


def _limits(low: float, high: float) -> tuple[float, float]:
    """Round ends that hold both values."""
    step = _step(max(high - low, 0.05) / 5)
    return math.floor(low / step + 1e-9) * step, math.ceil(high / step - 1e-9) * step or step


def _step(rough: float) -> float:
    size: float = 10 ** math.floor(math.log10(rough))
    return next(size * n for n in (1, 2, 5, 10) if size * n >= rough * 0.999)


def _points(value: float, share: bool = False) -> str:
    if share:
        return f"{100 * value:.0f}%"
    return f"{100 * value:+.0f}".replace("-", "\u2212") if abs(value) > 1e-9 else "0"


def _short(name: str, most: int = _SHOWN) -> str:
    return name if len(name) <= most else name[: most - 1] + "…"
