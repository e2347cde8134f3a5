"""Where the database is and which form its tables have, for whoever looks into a trouble."""

from __future__ import annotations

from sqlalchemy import Engine, text

from app.domain.store import DatabaseState
from storage import problems
from storage.migrate import VERSION_TABLE


def condition(engine: Engine) -> DatabaseState:
    """Raises UserError when the database cannot be read."""
    with problems.explained(engine), engine.connect() as connection:
        revision = connection.execute(text(f"SELECT version_num FROM {VERSION_TABLE}")).scalar()
    return DatabaseState(place=problems.where(engine.url), kind=engine.dialect.name, revision=str(revision or ""))
