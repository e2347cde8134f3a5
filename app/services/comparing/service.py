"""Ask one prompt of two to four contestants, and find the answers again."""

from __future__ import annotations

import random
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime

from app.domain.answers import Answer
from app.domain.chat import ChatRequest
from app.domain.comparisons import MAX_CONTESTANTS, AnswerRecord, Comparison, ComparisonRecord
from app.domain.errors import UserError
from app.domain.message import Message
from app.domain.models import Contestant, check_sampling
from app.domain.pricing import Estimate, PriceBook, TokenCounter, estimate
from app.domain.store import ComparisonStore
from app.services.comparing.directory import Directory
from app.services.comparing.live import LiveAnswer
from app.services.comparing.prompting import check_prompt, clean, messages_for, own_turns
from app.services.comparing.runs import Job, RunEngine
from app.services.rating.voting import clean_name

REAP_EVERY = 5.0

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
        reap: Callable[[], object] = lambda: None,
    ) -> None:
        """`owner` is this process; `reap` marks what processes that are gone have left unfinished."""
        self._store = store
        self._engine = engine
        self._directory = directory
        self._tokens = tokens
        self._prices = prices
        self._owner = owner
        self._reap_all = reap
        self._reaped_at = 0.0

    def start(
        self, comparison: Comparison, after: str | None = None, notices: Sequence[Message] = ()
    ) -> ComparisonRecord:
        """Store the comparison and set its contestants going.

        `after` is the id of the comparison that this one follows up; what follows a revealed
        comparison is not blind. `notices` are said with every answer. Raises UserError for input that
        cannot be asked, and then nothing is stored; what goes wrong with one contestant is that
        answer's own error.
        """
        comparison, dropped = _checked(comparison)
        thread = self._store.thread(self._store.get(after)) if after else ()
        if thread and thread[-1].comparison.blind and thread[-1].revealed:
            # Each contestant goes on with its own conversation, and whose that is has been seen.
            comparison = replace(comparison, blind=False)
        for contestant in comparison.contestants:
            self._directory.provider(contestant.model)
        turns = own_turns(comparison.contestants, thread)
        # All that can go wrong goes wrong before there is a record that says "running".
        requests = [self._request(comparison, c, t) for c, t in zip(comparison.contestants, turns, strict=True)]
        record = self._store.add(comparison, sides=_order(comparison, thread), after=after, owner=self._owner)
        answers = sorted(record.answers, key=lambda a: a.position)
        self._engine.submit(
            [
                Job(
                    stored.id,
                    self._directory.provider(stored.contestant.model),
                    request,
                    LiveAnswer((*notices, *dropped)),
                )
                for stored, request in zip(answers, requests, strict=True)
            ],
            comparison.start,
        )
        return record

    def _request(
        self, comparison: Comparison, contestant: Contestant, earlier: Sequence[tuple[Comparison, Answer]]
    ) -> ChatRequest:
        messages = messages_for(comparison, earlier)
        return ChatRequest(
            model=contestant.model.name,
            messages=messages,
            sampling=contestant.sampling,
            prompt=comparison.prompt,
            evidence=comparison.evidence,
            prompt_tokens=self._tokens.count_messages(messages, contestant.model)[0],
        )

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
            # It finished in between — or its process is gone, and somebody has to say so.
            self._reap()
            record = self._store.get(comparison_id)
        return record, tuple(Pane(a, lives[a.id]) for a in record.by_side)

    def _reap(self) -> None:
        """Now and then: another process may well be running it."""
        if time.monotonic() - self._reaped_at > REAP_EVERY:
            self._reaped_at = time.monotonic()
            self._reap_all()

    def stop(self, comparison_id: str) -> None:
        """Cancel what is still running; what has arrived is kept."""
        self._engine.stop([a.id for a in self._store.get(comparison_id).answers])

    def reveal(self, comparison_id: str, by: str) -> None:
        """Show who is who without a vote: the way out when the answers cannot be rated. `by` is who looks.

        Whoever votes afterwards votes with open eyes, and the rating says so. Raises UserError where a
        batch's names are to be shown to nobody knows whom.
        """
        record = self._store.get(comparison_id)
        if record.batch is not None and not by.strip():
            raise UserError(
                Message("It belongs to a batch: whoever has seen the names is not asked to rate this pair."),
                Message("Say who you are: write your name on the Rate page, or use `reveal ID --by NAME`."),
            )
        self._store.reveal(record.id, clean_name(by))

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
        takes = self._directory.capabilities_of(c.model for c in comparison.contestants)
        return tuple(
            estimate(
                messages_for(comparison, earlier),
                contestant.model,
                tokens=self._tokens,
                prices=self._prices,
                at=now,
                local=takes[contestant.model].local,
            )
            for contestant, earlier in zip(comparison.contestants, turns, strict=True)
        )


def _checked(comparison: Comparison) -> tuple[Comparison, tuple[Message, ...]]:
    for contestant in comparison.contestants:
        check_sampling(contestant.sampling)
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
