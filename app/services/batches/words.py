"""How a batch stands, in a word."""

from __future__ import annotations

from app.domain.batches import BatchState
from app.domain.message import Message

STATE_WORDS = {
    BatchState.READY: Message("not started"),
    BatchState.RUNNING: Message("running"),
    BatchState.PAUSED: Message("paused"),
    BatchState.INTERRUPTED: Message("interrupted"),
    BatchState.STOPPED: Message("stopped"),
    BatchState.DONE: Message("done"),
}
