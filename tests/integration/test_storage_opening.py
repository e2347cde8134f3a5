"""Opening a database: from blank, from an older one, by several processes, and where it cannot work."""

from __future__ import annotations

import os
import sqlite3
import stat
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from alembic.autogenerate import compare_metadata
from alembic.runtime.migration import MigrationContext
from sqlalchemy import Connection, event, inspect, make_url, text
from sqlalchemy.exc import DBAPIError

from app.domain.answers import Status
from app.domain.errors import UserError
from app.domain.ratings import Outcome
from storage import evaluation_tables  # noqa: F401 (adds its tables to Base)
from storage.comparisons import SqlComparisonStore
from storage.database import make_engine, open_database, write
from storage.migrate import VERSION_TABLE, migrate
from storage.ratings import SqlRatingStore
from storage.tables import Base
from tests.integration.storing import SERVER, address, ask, database, python

REVISION_0001 = Path(__file__).with_name("revision_0001.sql")


def sqlite_url(file: Path) -> str:
    return f"sqlite:///{file.as_posix()}"


def test_a_blank_folder_becomes_a_database_with_every_table(tmp_path: Path) -> None:
    with database(tmp_path / "new" / "home") as engine:
        assert set(Base.metadata.tables) | {VERSION_TABLE} == set(inspect(engine).get_table_names())


def test_the_migrations_build_what_the_tables_say(tmp_path: Path) -> None:
    with database(tmp_path) as engine, engine.connect() as connection:
        context = MigrationContext.configure(connection, opts={"version_table": VERSION_TABLE, "compare_type": True})
        assert compare_metadata(context, Base.metadata) == []


def test_what_revision_0001_stored_is_read_unchanged_after_every_upgrade(tmp_path: Path) -> None:
    with address(tmp_path) as url:
        old = make_engine(make_url(url).set(drivername="postgresql+psycopg") if SERVER else make_url(url))
        migrate(old, "0001")
        with old.begin() as connection:
            for statement in REVISION_0001.read_text("utf-8").split(";\n"):
                connection.exec_driver_sql(statement)
        old.dispose()
        engine = open_database(url, tmp_path)
        record = SqlComparisonStore(engine).get("kcomparison")
        ratings, stars = SqlRatingStore(engine).of(record.id)
        engine.dispose()
    assert record.comparison.prompt == "휴가는 며칠입니까?"
    assert record.comparison.evidence.passages[0].page == 2
    assert record.created_at.isoformat() == "2026-11-20T09:30:00.250000+00:00"
    assert [a.answer.status for a in record.answers] == [Status.DONE, Status.FAILED]
    assert str(record.answers[0].answer.cost_usd) == "0.000123"
    assert record.answers[1].answer.error is not None
    assert str(record.answers[1].answer.error.message) == "No server at localhost:11434."
    assert [r.outcome for r in ratings] == [Outcome.LEFT]
    assert [s.stars for s in stars] == [4]


def test_a_migration_that_breaks_off_leaves_nothing_behind(tmp_path: Path) -> None:
    with address(tmp_path) as url:
        engine = make_engine(make_url(url).set(drivername="postgresql+psycopg") if SERVER else make_url(url))

        def break_off(connection: Connection, cursor: object, statement: str, *_: object) -> None:
            if "CREATE TABLE ratings" in statement:
                raise RuntimeError("the power went")

        event.listen(engine, "before_cursor_execute", break_off)
        with pytest.raises(RuntimeError):
            migrate(engine)
        assert inspect(engine).get_table_names() == []
        engine.dispose()
        open_database(url, tmp_path).dispose()


def test_a_database_of_a_newer_version_is_refused_and_left_alone(tmp_path: Path) -> None:
    with address(tmp_path) as url:
        engine = open_database(url, tmp_path)
        with engine.begin() as connection:
            connection.execute(text(f"UPDATE {VERSION_TABLE} SET version_num = '9999'"))
        engine.dispose()
        with pytest.raises(UserError, match=r"newer version of Understudy.*Install that version"):
            open_database(url, tmp_path)


def test_four_processes_may_open_a_new_database_at_the_same_moment(tmp_path: Path) -> None:
    script = """
import sys
from pathlib import Path
from storage.database import open_database
print("ready", flush=True)
sys.stdin.readline()
open_database(sys.argv[1], Path(sys.argv[2])).dispose()
"""
    with address(tmp_path) as url:
        processes = [python(script, url, str(tmp_path)) for _ in range(4)]
        for process in processes:
            assert process.stdout is not None and process.stdout.readline() == "ready\n"
        for process in processes:
            assert process.stdin is not None
            process.stdin.write("go\n")
            process.stdin.flush()
        assert [(process.communicate()[1], process.returncode) for process in processes] == [("", 0)] * 4


def test_a_new_folder_is_for_this_user_alone(tmp_path: Path) -> None:
    with database(tmp_path / "home"):
        assert stat.S_IMODE((tmp_path / "home").stat().st_mode) == 0o700


def test_sqlite_keeps_foreign_keys_and_a_write_ahead_log(tmp_path: Path) -> None:
    engine = open_database(sqlite_url(tmp_path / "u.db"), tmp_path)
    with engine.connect() as connection:
        assert connection.exec_driver_sql("PRAGMA foreign_keys").scalar() == 1
        assert connection.exec_driver_sql("PRAGMA journal_mode").scalar() == "wal"
        assert int(str(connection.exec_driver_sql("PRAGMA busy_timeout").scalar())) >= 5000
    engine.dispose()


def test_a_folder_that_cannot_be_made_is_said_with_the_variable_that_moves_it(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("not a folder")
    with pytest.raises(UserError, match=r"cannot write to the folder .*UNDERSTUDY_HOME"):
        open_database(sqlite_url(tmp_path / "file" / "u.db"), tmp_path / "file")


@contextmanager
def as_nobody() -> Iterator[None]:
    """Root may write anywhere: be somebody else for a while."""
    if os.geteuid() != 0:
        yield
        return
    os.seteuid(65534)
    try:
        yield
    finally:
        os.seteuid(0)


def test_a_folder_that_belongs_to_another_user_is_said(tmp_path: Path) -> None:
    home = tmp_path / "home"
    home.mkdir(mode=0o500)
    with as_nobody(), pytest.raises(UserError, match=r"cannot write to the folder .*Permission denied"):
        open_database(sqlite_url(home / "u.db"), home)


def test_a_file_that_is_no_database_is_said_and_left_alone(tmp_path: Path) -> None:
    file = tmp_path / "u.db"
    file.write_text("my shopping list\n" * 400)
    with pytest.raises(UserError, match=r"u\.db is not a database.*Move that file away"):
        open_database(sqlite_url(file), tmp_path)
    assert file.read_text().startswith("my shopping list")


def test_a_full_disk_is_said_and_what_was_stored_is_still_there(tmp_path: Path) -> None:
    engine = open_database(sqlite_url(tmp_path / "u.db"), tmp_path)
    store = SqlComparisonStore(engine)
    first = ask(store)

    @event.listens_for(engine, "begin")
    def small_disk(connection: Connection) -> None:
        connection.exec_driver_sql("PRAGMA max_page_count = 1")  # SQLite takes it as: no page more than now

    with pytest.raises(UserError, match=r"The disk that holds .*u\.db is full.*Free some space"):
        ask(store, "long " * 100_000)
    event.remove(engine, "begin", small_disk)
    assert store.get(first.id) == first
    engine.dispose()


def test_a_database_that_another_program_keeps_locked_is_said(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("storage.database.BUSY_SECONDS", 0.05)
    engine = open_database(sqlite_url(tmp_path / "u.db"), tmp_path)
    other = sqlite3.connect(tmp_path / "u.db", isolation_level=None)
    other.execute("BEGIN IMMEDIATE")
    with pytest.raises(UserError, match=r"locked for too long.*Close the other program"):
        ask(SqlComparisonStore(engine))
    other.execute("ROLLBACK")
    other.close()
    ask(SqlComparisonStore(engine))
    engine.dispose()


@pytest.mark.parametrize(
    "url",
    ["", "nonsense", "mysql://u:hunter2@h/d", "sqlite://", "sqlite:///:memory:", "oracle://u:hunter2@h", "file.db"],
)
def test_an_address_that_cannot_work_is_refused_without_being_shown(url: str, tmp_path: Path) -> None:
    with pytest.raises(UserError, match=r"DATABASE_URL.*sqlite:////folder") as caught:
        open_database(url, tmp_path)
    assert "hunter2" not in str(caught.value)


def test_a_database_server_that_is_down_is_said_without_its_password(tmp_path: Path) -> None:
    with pytest.raises(UserError, match=r"localhost:1/team cannot be used.*DATABASE_URL") as caught:
        open_database("postgresql://mina:hunter2@localhost:1/team", tmp_path)
    assert "hunter2" not in str(caught.value) and "mina" not in str(caught.value)


def test_an_error_of_the_database_carries_no_prompt(tmp_path: Path) -> None:
    with database(tmp_path) as engine, pytest.raises(DBAPIError) as caught, engine.connect() as connection:
        connection.execute(text("SELECT nothing FROM nowhere WHERE a = :secret"), {"secret": "our prompt"})
    assert "our prompt" not in str(caught.value)


@pytest.mark.parametrize(("durable", "sqlite", "postgres"), [(True, 2, "on"), (False, 1, "off")])
def test_only_what_is_to_be_durable_waits_for_the_disk(
    tmp_path: Path, durable: bool, sqlite: int, postgres: str
) -> None:
    asked = "SHOW synchronous_commit" if SERVER else "PRAGMA synchronous"
    with database(tmp_path) as engine:
        found = write(engine, lambda connection: connection.exec_driver_sql(asked).scalar(), durable=durable)
    assert found == (postgres if SERVER else sqlite)
