"""The direction of the layers, as DESIGN has it, and what is imported where."""

from __future__ import annotations

import pytest

from tests.architecture.imports import MAY_IMPORT_STREAMLIT, OURS, ROOT, Import, imports, modules, part_of, wrong_arrow

ALL = imports()


def in_parts(module: str, parts: tuple[str, ...]) -> bool:
    return any(module == part or module.startswith(f"{part}.") for part in parts)


def test_no_import_runs_against_the_layers() -> None:
    assert [str(i) for i in ALL if wrong_arrow(i)] == []


@pytest.mark.parametrize(
    ("module", "target"),
    [
        ("app.domain.models", "app.services.comparing.runs"),
        ("app.services.comparing.service", "storage.tables"),
        ("app.services.comparing.service", "app.providers.openai"),
        ("app.providers.openai", "app.services.comparing.runs"),
        ("storage.tables", "app.settings"),
        ("app.cli.compare", "app.providers.catalogue"),
        ("app.ui.shell", "storage.comparisons"),
        ("components.compare.panes", "app.bootstrap"),
        ("components.compare.panes", "pages.compare"),
        ("pages.compare", "app.providers.ollama"),
        ("app.something_new", "app.domain.models"),
    ],
)
def test_a_wrong_arrow_is_noticed(module: str, target: str) -> None:
    assert wrong_arrow(Import(module, target, 1))


def test_every_module_belongs_to_a_layer() -> None:
    assert [m for m in modules() if part_of(m) is None] == []


def test_modules_are_imported_from_the_root_only() -> None:
    """`from .x` and `import settings` beside `app.settings` would make two objects of one module."""
    inner = {p.stem for folder in OURS for p in (ROOT / folder).iterdir() if p.suffix == ".py" or p.is_dir()}
    inner -= {"__init__", "__main__", "__pycache__"}
    assert [str(i) for i in ALL if i.level or i.target.partition(".")[0] in inner - set(OURS)] == []


def test_streamlit_is_imported_only_where_a_screen_is_drawn() -> None:
    wrong = [
        i for i in ALL if i.target.partition(".")[0] == "streamlit" and not in_parts(i.module, MAY_IMPORT_STREAMLIT)
    ]
    assert [str(i) for i in wrong] == []


def test_sql_is_spoken_only_in_storage() -> None:
    wrong = [
        i
        for i in ALL
        if i.target.partition(".")[0] in ("sqlalchemy", "alembic") and not in_parts(i.module, ("storage",))
    ]
    assert [str(i) for i in wrong] == []


def test_nothing_of_ours_imports_the_tests() -> None:
    assert [str(i) for i in ALL if i.target.partition(".")[0] in ("tests", "benchmarks")] == []
