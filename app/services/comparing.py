"""Ask one prompt of two to four contestants, and find the answers again."""

from __future__ import annotations

import random
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime

from app.domain.answers import Answer, Status
from app.domain.chat import ChatRequest
from app.domain.comparisons import MAX_CONTESTANTS, AnswerRecord, Comparison, ComparisonRecord
from app.domain.errors import ProviderError, UserError
from app.domain.message import Message
from app.domain.models import ModelRef
from app.domain.pricing import Estimate, PriceBook, TokenCounter, estimate
from app.domain.store import ComparisonStore
from app.services.directory import Directory
from app.services.live import LiveAnswer
from app.services.prompting import check_prompt, clean, messages_for, own_turns
from app.services.runs import Job, RunEngine

_sides = random.SystemRandom()


@dataclass(frozen=True, slots=True)
class Pane:
    """One answer for the screen: its record, and its buffer while it is being written."""

    record: AnswerRecord
    live: LiveAnswer | None

    @property
    def answer(self) -> Answer:
        """The answer as it stands this moment."""
        return self.live.snapshot() if self.live else self.record.answer


class Comparing:
    """The main job. Every method may be called from any thread."""

    def __init__(
        self,
        store: ComparisonStore,
        engine: RunEngine,
        directory: Directory,
        tokens: TokenCounter,
        prices: PriceBook,
        owner: str,
    ) -> None:
        self._store = store
        self._engine = engine
        self._directory = directory
        self._tokens = tokens
        self._prices = prices
        self._owner = owner

    def start(
        self, comparison: Comparison, after: str | None = None, notices: Sequence[Message] = ()
    ) -> ComparisonRecord:
        """Store the comparison and set its contestants going.

        `after` is the id of the comparison that this one follows up; `notices` are said with every
        answer. Raises UserError for input that cannot be asked; what goes wrong with one contestant
        is that answer's own error.
        """
        comparison, dropped = _checked(comparison)
        thread = self._store.thread(self._store.get(after)) if after else ()
        sides = _order(comparison, thread)
        local = [self.is_local(c.model) for c in comparison.contestants]
        record = self._store.add(comparison, sides=sides, local=local, after=after, owner=self._owner)
        jobs, said = [], (*notices, *dropped)
        turns = own_turns(comparison.contestants, thread)
        for stored, earlier in zip(sorted(record.answers, key=lambda a: a.position), turns, strict=True):
            model = stored.contestant.model
            live = LiveAnswer(said)
            try:
                provider = self._directory.provider(model)
            except ProviderError as exc:
                self._store.save_answer(stored.id, Answer(Status.FAILED, notices=said, error=exc.error))
                continue
            messages = messages_for(comparison, earlier)
            request = ChatRequest(
                model=model.name,
                messages=messages,
                sampling=stored.contestant.sampling,
                prompt=comparison.prompt,
                evidence=comparison.evidence,
                prompt_tokens=self._tokens.count_messages(messages, model)[0],
            )
            jobs.append(Job(stored.id, provider, request, live))
        self._engine.submit(jobs, comparison.start)
        return record

    def is_local(self, ref: ModelRef) -> bool:
        return self._directory.capabilities(ref).local

    def get(self, comparison_id: str) -> ComparisonRecord:
        """The comparison with its answers as they stand this moment. Raises UserError if unknown."""
        record = self._store.get(comparison_id)
        return replace(record, answers=tuple(replace(a, answer=self.pane(a).answer) for a in record.answers))

    def pane(self, record: AnswerRecord) -> Pane:
        """Attach to an answer: its buffer when it is running here, else its record."""
        return Pane(record, self._engine.live(record.id))

    def panes(self, comparison_id: str) -> tuple[ComparisonRecord, tuple[Pane, ...]]:
        """The comparison and its panes in the order shown."""
        # The buffers first: an answer that finishes in between is then in the record.
        record = self._store.get(comparison_id)
        lives = {a.id: self._engine.live(a.id) for a in record.answers}
        if any(lives[a.id] is None and not a.answer.status.over for a in record.answers):
            record = self._store.get(comparison_id)
        return record, tuple(Pane(a, lives[a.id]) for a in record.by_side)

    def stop(self, comparison_id: str) -> None:
        """Cancel what is still running; what has arrived is kept."""
        self._engine.stop([a.id for a in self._store.get(comparison_id).answers])

    def reveal(self, comparison_id: str) -> None:
        """Show who is who without a vote: the way out when the answers cannot be rated.

        Whoever votes afterwards votes with open eyes, and the rating says so.
        """
        self._store.reveal(self._store.get(comparison_id).id)

    def wait(self, comparison_id: str, timeout: float | None = None) -> ComparisonRecord:
        """Block until every answer is over and stored. TimeoutError after `timeout` seconds."""
        self._engine.wait([a.id for a in self._store.get(comparison_id).answers], timeout)
        return self._store.get(comparison_id)

    def thread(self, comparison_id: str) -> Sequence[ComparisonRecord]:
        """The conversation up to and including this comparison, oldest first."""
        return self._store.thread(self._store.get(comparison_id))

    def estimate(self, comparison: Comparison, after: str | None = None) -> tuple[Estimate, ...]:
        """Tokens and cost of the prompt for each contestant, before anything is sent."""
        thread = self._store.thread(self._store.get(after)) if after else ()
        turns = own_turns(comparison.contestants, thread)
        now = datetime.now(UTC)
        return tuple(
            estimate(
                messages_for(comparison, earlier),
                contestant.model,
                tokens=self._tokens,
                prices=self._prices,
                at=now,
                local=self.is_local(contestant.model),
            )
            for contestant, earlier in zip(comparison.contestants, turns, strict=True)
        )


def _checked(comparison: Comparison) -> tuple[Comparison, tuple[Message, ...]]:
    prompt, dropped = clean(comparison.prompt)
    system, dropped_too = clean(comparison.system)
    check_prompt(prompt)
    n = len(comparison.contestants)
    if not 1 <= n <= MAX_CONTESTANTS:
        raise UserError(
            Message("A comparison takes one to {most} contestants; {n} were given.", most=MAX_CONTESTANTS, n=n),
            Message("Choose two to see them side by side."),
        )
    if comparison.blind and n < 2:
        raise UserError(Message("A blind comparison needs two contestants."), Message("Add one, or switch blind off."))
    notices: tuple[Message, ...] = ()
    if dropped + dropped_too:
        notices = (Message("Control characters left out of the prompt: {n}.", n=dropped + dropped_too),)
    return replace(comparison, prompt=prompt, system=system), notices


def _order(comparison: Comparison, thread: Sequence[ComparisonRecord]) -> list[int]:
    """The side of each contestant.

    Blind: shuffled — but kept through a conversation that is still hidden, where a change of sides
    would tear each contestant's answers apart.
    """
    sides = list(range(len(comparison.contestants)))
    if not comparison.blind:
        return sides
    if thread and thread[-1].hidden:
        last = sorted(thread[-1].answers, key=lambda a: a.position)
        if [a.contestant.model for a in last] == [c.model for c in comparison.contestants]:
            return [a.side for a in last]
    _sides.shuffle(sides)
    return sides
