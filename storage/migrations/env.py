"""Alembic's entry: with the connection that storage.migrate hands over, or from the command line.

`alembic -c storage/alembic.ini revision --autogenerate -m "what changed"` compares the tables with
the database that the settings name.
"""

from __future__ import annotations

from typing import Literal

from alembic import context
from alembic.autogenerate.api import AutogenContext
from sqlalchemy import Connection
from sqlalchemy.types import TypeDecorator

from storage import evaluation_tables  # noqa: F401 (adds its tables to Base)
from storage.migrate import VERSION_TABLE
from storage.tables import Base


def _plain(kind: str, item: object, _: AutogenContext) -> str | Literal[False]:
    # A migration must not change when our column types do: write what the database is told.
    if kind == "type" and isinstance(item, TypeDecorator):
        return f"sa.{item.impl_instance!r}"
    return False


def _run(connection: Connection) -> None:
    context.configure(
        connection=connection,
        target_metadata=Base.metadata,
        version_table=VERSION_TABLE,
        render_as_batch=connection.dialect.name == "sqlite",
        transactional_ddl=True,
        compare_type=True,
        render_item=_plain,
    )
    with context.begin_transaction():
        context.run_migrations()


given = context.config.attributes.get("connection")
if given is not None:
    _run(given)
else:
    from sqlalchemy import make_url

    from app import settings
    from storage.database import make_engine

    with make_engine(make_url(settings.load().database_url)).connect() as opened:
        _run(opened)
        opened.commit()
