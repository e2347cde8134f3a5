"""An answer while it is being written: filled by the run engine, read by any number of panes."""

from __future__ import annotations

import threading
import time
from collections.abc import Mapping
from dataclasses import replace

from app.domain.answers import Answer, Status, Timing
from app.domain.chat import Notice, Sent, TextDelta, ThinkingDelta
from app.domain.message import Message


class LiveAnswer:
    """The buffer between one writer (the engine's loop) and its readers (panes, the saver).

    `version` grows with every change, so that a reader can tell cheaply whether to draw again.
    `stored` turns true when the finished answer is durable.
    """

    def __init__(self, notices: tuple[Message, ...] = ()) -> None:
        self._lock = threading.Lock()
        self._text: list[str] = []
        self._thinking: list[str] = []
        self._state = Answer(Status.WAITING, notices=notices)
        self._sent_at: float | None = None
        self._first_token_at: float | None = None
        self._trouble: Message | None = None
        self.version = 0
        self.tokens = 0
        self.stored = False

    def snapshot(self) -> Answer:
        """The answer as it stands, with the text so far and the time it has taken."""
        with self._lock:
            if len(self._text) > 1:
                self._text = ["".join(self._text)]
            if len(self._thinking) > 1:
                self._thinking = ["".join(self._thinking)]
            state = self._state
            text, thinking = "".join(self._text), "".join(self._thinking)
        if state.status.over:
            return replace(state, notices=(*state.notices, self._trouble)) if self._trouble else state
        return replace(state, text=text, thinking=thinking, timing=self._running_timing())

    def _running_timing(self) -> Timing:
        if self._sent_at is None:
            return Timing()
        return Timing(first_token=self.first_token, total=time.perf_counter() - self._sent_at)

    @property
    def status(self) -> Status:
        return self._state.status

    @property
    def first_token(self) -> float | None:
        """Seconds from sending to the first token, None before it."""
        if self._sent_at is None or self._first_token_at is None:
            return None
        return self._first_token_at - self._sent_at

    @property
    def started(self) -> bool:
        """Whether a token has arrived: from then on nothing is asked again."""
        return self._first_token_at is not None

    def apply(self, event: Sent | Notice | TextDelta | ThinkingDelta) -> None:
        """Take one event of the stream."""
        with self._lock:
            match event:
                case TextDelta(text):
                    self._token()
                    self._text.append(text)
                case ThinkingDelta(text):
                    self._token()
                    self._thinking.append(text)
                case Sent(body, not_sent):
                    self._sent_at = time.perf_counter()
                    self._update(status=Status.RUNNING, sent=body, not_sent=not_sent)
                case Notice(message):
                    self._update(status=Status.RUNNING, notices=(*self._state.notices, message))
            self.version += 1

    def _token(self) -> None:
        self.tokens += 1
        if self._first_token_at is None:
            self._first_token_at = time.perf_counter()

    def _update(
        self,
        *,
        status: Status,
        notices: tuple[Message, ...] | None = None,
        sent: Mapping[str, object] | None = None,
        not_sent: Mapping[str, Message] | None = None,
    ) -> None:
        self._state = replace(
            self._state,
            status=status,
            notices=self._state.notices if notices is None else notices,
            sent=self._state.sent if sent is None else sent,
            not_sent=self._state.not_sent if not_sent is None else not_sent,
        )

    def finish(self, answer: Answer) -> None:
        """Replace everything by the final answer."""
        with self._lock:
            self._state = answer
            self.version += 1

    @property
    def answer(self) -> Answer:
        """The finished answer as it is to be stored."""
        return self._state

    def trouble(self, message: Message) -> None:
        """Why the finished answer is not stored yet: for the pane, not for the record."""
        self._trouble = message
        self.version += 1

    def mark_stored(self) -> None:
        self._trouble = None
        self.stored = True
        self.version += 1
