"""The rows of a comparison about to be asked: shared by one from the Compare page and by a batch's hundreds."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from app.domain.answers import Answer, Status
from app.domain.comparisons import Comparison
from storage import codec
from storage.columns import fold
from storage.records import answer_values


def comparison_values(comparison: Comparison, identity: str, now: datetime) -> dict[str, Any]:
    """The row of the first comparison of a conversation; `comparison` is clean (codec.clean_comparison)."""
    return {
        "id": identity,
        "thread": identity,
        "turn": 0,
        "after": None,
        "created_at": now,
        "blind": comparison.blind,
        "start_mode": comparison.start,
        "evidence_digest": comparison.evidence.digest,
        "prompt": comparison.prompt,
        "system": comparison.system,
        "search": fold(comparison.prompt),
        "evidence": codec.evidence_to_json(comparison.evidence),
    }


def waiting_answers(
    comparison: Comparison, identity: str, ids: Sequence[str], sides: Sequence[int], owner: str, now: datetime
) -> list[dict[str, Any]]:
    """A row for each contestant, in the order asked, under the id of its own; nobody has answered yet."""
    waiting = answer_values(Answer(Status.WAITING), now)
    return [
        {
            "id": ids[position],
            "comparison_id": identity,
            "position": position,
            "side": side,
            "provider": contestant.model.provider,
            "model": contestant.model.name,
            "sampling": codec.sampling_to_json(contestant.sampling),
            "owner": owner,
            **waiting,
        }
        for position, (contestant, side) in enumerate(zip(comparison.contestants, sides, strict=True))
    ]
