"""Names and sizes: what a reader of the tree can rely on."""

from __future__ import annotations

import sys
from pathlib import Path

from tests.architecture.imports import ROOT, modules

PAGE_LINES = 60
MODULE_LINES = 350  # past about 250 ask whether it has two ideas


def lines(path: Path) -> int:
    return len(path.read_text(encoding="utf-8").splitlines())


def test_nothing_in_app_is_named_like_a_module_of_the_standard_library() -> None:
    """`streamlit run app/main.py` puts app/ first on the path: app/statistics.py would be everybody's `statistics`."""
    packages = {p.name for p in (ROOT / "app").iterdir() if p.is_dir()}
    stems = {path.stem for name, path in modules().items() if name.startswith("app.")} - {"__init__", "__main__"}
    assert (packages | stems) & sys.stdlib_module_names == set()


def test_a_page_reads_like_a_table_of_contents() -> None:
    assert {p.name: lines(p) for p in (ROOT / "pages").glob("*.py") if lines(p) >= PAGE_LINES} == {}


def test_a_module_has_one_idea() -> None:
    assert {name: lines(path) for name, path in modules().items() if lines(path) > MODULE_LINES} == {}


def test_every_module_says_what_it_is_for() -> None:
    import ast

    silent = [
        name
        for name, path in modules().items()
        if (tree := ast.parse(path.read_text(encoding="utf-8"))).body and not ast.get_docstring(tree)
        if "migrations" not in name
    ]
    assert silent == []
