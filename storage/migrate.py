"""Bring a database to this version's form, once, however many processes start at the same time."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from alembic import command
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from filelock import FileLock
from sqlalchemy import Connection, Engine, text

from storage import problems

FOLDER = Path(__file__).parent / "migrations"
# Not Alembic's own default: a Postgres database may be shared with another program that uses Alembic.
VERSION_TABLE = "understudy_version"
_LOCK_KEY = 0x756E6465  # an arbitrary number for Postgres' advisory lock

# Alembic keeps the running migration in module globals: one at a time in a process.
_one_at_a_time = threading.Lock()


def migrate(engine: Engine, revision: str = "head") -> None:
    """Upgrade to `revision` under a lock, in one transaction. Raises UserError for a newer database."""
    with _one_at_a_time, _locked(engine), engine.connect().execution_options(understudy_write="durable") as connection:
        if engine.dialect.name == "postgresql":
            connection.execute(text("SELECT pg_advisory_xact_lock(:key)"), {"key": _LOCK_KEY})
        else:
            connection.begin()
        config = Config()
        config.set_main_option("script_location", str(FOLDER).replace("%", "%%"))
        scripts = ScriptDirectory.from_config(config)
        present = set(_present(connection))
        known = {script.revision for script in scripts.walk_revisions()}
        if present - known:
            raise problems.from_newer_version(problems.where(engine.url))
        if present != set(scripts.get_heads()):
            config.attributes["connection"] = connection
            command.upgrade(config, revision)
        connection.commit()


def _present(connection: Connection) -> tuple[str, ...]:
    return MigrationContext.configure(connection, opts={"version_table": VERSION_TABLE}).get_current_heads()


@contextmanager
def _locked(engine: Engine) -> Iterator[None]:
    if engine.dialect.name != "sqlite":
        yield
        return
    # SQLite's own lock would do once the file is a database; this one also covers its creation and
    # the turn to WAL, which does not wait for a busy file.
    with FileLock(f"{engine.url.database}.lock", thread_local=False):
        yield
