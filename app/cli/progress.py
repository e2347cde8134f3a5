"""How a comparison is going, on stderr: lines that renew themselves in a terminal, plain ones elsewhere."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

from app.cli import output
from app.cli.overdrawing import Overdrawn
from app.cli.report import name_of, state_of
from app.domain.answers import Answer, Status
from app.domain.message import Message

if TYPE_CHECKING:
    from app.bootstrap import Container
    from app.domain.comparisons import AnswerRecord, ComparisonRecord

EVERY = 0.15  # seconds between two looks: what an eye takes for continuous


class Progress(Overdrawn):
    """Follows a running comparison until every answer is stored."""

    def __init__(self, box: Container, record: ComparisonRecord) -> None:
        super().__init__()
        self._engine = box.engine
        self._record = record
        self._ids = [a.id for a in record.answers]
        # Taken now: a buffer stays readable here after the engine has let go of it.
        self._live = {a.id: box.comparing.pane(a).live for a in record.answers}
        self._told: dict[str, tuple[int, Status]] = {}

    def follow(self, at_most: float | None = None) -> None:
        """Block until all answers are over and stored, or `at_most` seconds have passed."""
        until = None if at_most is None else time.monotonic() + at_most
        while True:
            try:
                self._engine.wait(self._ids, EVERY)
            except TimeoutError:
                self._show()
                if until is not None and time.monotonic() > until:
                    return
            else:
                self._show()
                return

    def _show(self) -> None:
        for answer in self._record.by_side:
            live = self._live[answer.id]
            if live is not None and not self.rewrites:
                self._tell(answer, live.snapshot())
        if self.rewrites:
            self.draw(self._lines())

    def _tell(self, record: AnswerRecord, answer: Answer) -> None:
        """One line for each thing that happened since the last look."""
        notices, status = self._told.get(record.id, (0, Status.WAITING))
        name = name_of(self._record, record)
        # Notices name models: what loads, what was tried again.
        for notice in () if self._record.hidden else answer.notices[notices:]:
            output.note(f"{name}: {output.text(notice)}")
        if answer.status is not status:
            output.note(f"{name}: {state_of(answer, self._record.hidden)}")
        self._told[record.id] = (len(answer.notices), answer.status)

    def _lines(self) -> list[str]:
        """One a contestant."""
        lines = []
        for record in self._record.by_side:
            live = self._live[record.id]
            if live is None:
                continue
            answer = live.snapshot()
            line = f"{name_of(self._record, record)}  {state_of(answer, self._record.hidden)}"
            if answer.status is Status.RUNNING and live.tokens and not self._record.hidden:
                line += f" · {output.text(Message('{n} tokens', n=live.tokens))}"
            elif answer.notices and not answer.status.over and not self._record.hidden:
                line += f"  {output.text(answer.notices[-1])}"
            lines.append(line)
        return lines
