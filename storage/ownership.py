"""The assumptions of cost comparisons, one row a batch."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import cast

from sqlalchemy import Engine

from storage.columns import json_safe
from storage.database import reading, write
from storage.evaluation_tables import OwnershipRow
from storage.putting import put


class SqlOwnershipStore:
    """The OwnershipStore port over an engine of storage.database. Safe to call from any thread."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine

    def get(self, batch_id: str) -> Mapping[str, object] | None:
        with reading(self._engine) as session:
            row = session.get(OwnershipRow, batch_id)
            return None if row is None else cast(Mapping[str, object], row.assumptions)

    def put(self, batch_id: str, assumptions: Mapping[str, object]) -> None:
        row = {"batch_id": batch_id, "saved_at": datetime.now(UTC), "assumptions": json_safe(assumptions)}
        write(self._engine, lambda connection: put(connection, OwnershipRow, [row]))
