"""A page of the evaluation under AppTest, over a batch that is planted as answered and rated."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from sqlalchemy import text
from streamlit.testing.v1 import AppTest

from app import bootstrap
from app.bootstrap import Container, build
from app.settings import load
from storage.database import open_database
from tests.integration.evaluated import Planted, plant
from tests.ui.compare_page import NOBODY, ROOT


@contextmanager
def evaluated(
    folder: Path, planted: dict[str, Planted] | None, *, questions: int = 60, contestants: int = 2
) -> Iterator[Container]:
    """The container of the pages; without `planted` there is no batch. The challenger is local."""
    settings = load({"UNDERSTUDY_HOME": str(folder), "OLLAMA_HOST": NOBODY})
    if planted:
        engine = open_database(settings.database_url, settings.home)
        plant(engine, planted, questions=questions, contestants=contestants)
        with engine.begin() as connection:
            connection.execute(text("update answers set local = (provider <> 'openai')"))
        engine.dispose()
    container = build(settings)
    before, bootstrap._shared = bootstrap._shared, container
    try:
        yield container
    finally:
        bootstrap._shared = before
        container.close()


def page(name: str, language: str = "en", **query: str) -> AppTest:
    """`name` of pages/, opened with this query."""
    app = AppTest.from_file(str(ROOT / "app" / "ui" / "shell.py"), default_timeout=60)
    app.session_state["language"] = language
    app.run()
    for key, value in query.items():
        app.query_params[key] = value
    return drawn(app.switch_page(f"../../pages/{name}.py"))


def drawn(app: AppTest) -> AppTest:
    app.run()
    assert not app.exception, app.exception
    return app
