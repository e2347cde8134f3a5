"""Which module imports which, read from the syntax tree: nothing is run."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
OURS = ("app", "pages", "components", "storage")

CONCRETE = (
    "app.domain",
    "app.services",
    "app.settings",
    "app.providers",
    "app.retrieval",
    "app.pricing",
    "app.evaluation",
    "storage",
)

# What each part may import of ours, by the longest name that fits; a part may always import itself.
# pages → components → app.services → app.evaluation → app.domain ← app.providers, app.retrieval, app.pricing, storage
MAY_IMPORT: dict[str, tuple[str, ...]] = {
    "app": (),
    "app.domain": (),
    "app.settings": ("app.domain",),
    "app.i18n": ("app.domain",),
    "app.providers": ("app.domain",),
    # The baselines read text as search does: sentences in English and Korean.
    "app.providers.builtin": ("app.domain", "app.providers", "app.retrieval"),
    "app.providers.builtin_ranking": ("app.domain", "app.providers", "app.retrieval"),
    "app.retrieval": ("app.domain",),
    "app.pricing": ("app.domain",),
    "app.evaluation": ("app.domain",),
    "storage": ("app.domain",),
    # Alembic starts this one by itself, from its own command line: an entry like app.main.
    "storage.migrations.env": ("app.domain", "app.settings", "storage"),
    # Statistics are pure functions over arrays: nothing to be put behind a port.
    "app.services": ("app", "app.domain", "app.evaluation"),
    # The composition root and its parts for documents and evaluation, the only ones that name concrete adapters.
    "app.bootstrap": (*CONCRETE, "app.bootstrap_documents", "app.bootstrap_evaluation"),
    "app.bootstrap_documents": CONCRETE,
    "app.bootstrap_evaluation": CONCRETE,
    # Whoever faces a person or a program goes through the container.
    "app.ui": ("app", "app.domain", "app.services", "app.settings", "app.i18n", "app.bootstrap"),
    "app.api": ("app", "app.domain", "app.services", "app.settings", "app.i18n", "app.bootstrap"),
    "app.cli": ("app", "app.domain", "app.services", "app.settings", "app.i18n", "app.bootstrap"),
    "app.__main__": ("app.cli",),
    "app.main": ("app.api", "app.bootstrap", "app.domain", "app.settings", "app.i18n"),
    "components": ("app.ui", "app.services", "app.domain", "app.i18n"),
    "pages": ("components", "app.ui", "app.services", "app.domain", "app.i18n"),
}
MAY_IMPORT_STREAMLIT = ("app.main", "app.ui", "pages", "components")


@dataclass(frozen=True)
class Import:
    """`module` imports `target`; `level` counts the dots of a relative import."""

    module: str
    target: str
    line: int
    level: int = 0

    def __str__(self) -> str:
        return f"{self.module}:{self.line} imports {'.' * self.level}{self.target}"


def modules() -> dict[str, Path]:
    """Every module of ours by its dotted name."""
    return {name_of(path): path for folder in OURS for path in sorted((ROOT / folder).rglob("*.py"))}


def name_of(path: Path) -> str:
    parts = path.relative_to(ROOT).with_suffix("").parts
    return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)


def imports() -> list[Import]:
    known = modules()
    return [found for name, path in known.items() for found in read(name, path.read_text(encoding="utf-8"), set(known))]


def read(module: str, source: str, known: set[str]) -> Iterator[Import]:
    """The imports of a module, inside functions and under TYPE_CHECKING too: an arrow is an arrow."""
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Import):
            yield from (Import(module, alias.name, node.lineno) for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            base = node.module or ""
            for alias in node.names:
                # `from app import settings` names the module app.settings, `from app import __version__` does not.
                full = f"{base}.{alias.name}" if base else alias.name
                yield Import(module, full if full in known else base, node.lineno, node.level)


def part_of(module: str) -> str | None:
    """The part of MAY_IMPORT that a module belongs to."""
    names = [part for part in MAY_IMPORT if module == part or (part != "app" and module.startswith(f"{part}."))]
    return max(names, key=len, default=None)


def wrong_arrow(found: Import) -> bool:
    """Whether this import runs against the direction of the layers."""
    if found.target.partition(".")[0] not in OURS:
        return False
    source, target = part_of(found.module), part_of(found.target)
    if source is None or target is None:
        return True
    allowed = (source, *MAY_IMPORT[source])
    # `app` alone is the package itself, not all that is in it.
    return not any(target == part or (part != "app" and target.startswith(f"{part}.")) for part in allowed)
