"""Rows of which there is one a key: put in the place of what was there, whoever else does the same at that moment."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from typing import Any

from sqlalchemy import Connection, Table
from sqlalchemy.dialects import postgresql, sqlite

from storage.tables import Base


def put(
    connection: Connection, row: type[Base], values: Sequence[dict[str, Any]], *, keeping: Collection[str] = ()
) -> None:
    """Insert, or change what has the same primary key. All values have the same columns, the key's among them.

    What is there already stays as it is in the columns `keeping`.
    """
    if not values:
        return
    table = row.__table__
    assert isinstance(table, Table)
    # To delete and insert anew is not enough: of two that do so at once on Postgres, one is refused.
    new = postgresql.insert(table) if connection.dialect.name == "postgresql" else sqlite.insert(table)
    keys = [column.name for column in table.primary_key]
    changed = {name: new.excluded[name] for name in values[0] if name not in keys and name not in keeping}
    if changed:
        statement = new.on_conflict_do_update(index_elements=keys, set_=changed)
    else:
        statement = new.on_conflict_do_nothing(index_elements=keys)
    connection.execute(statement, list(values))
