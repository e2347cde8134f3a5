"""How a batch's pairs stand, kept in memory and brought up to date by what arrived since.

Counting a hundred thousand ratings for every pair that is shown would be slow; reading those that came
since the last look is not. It may be a moment behind what other processes do: whoever takes a pair by
it asks the store, which decides.
"""

from __future__ import annotations

import hashlib
import threading
import time
from collections.abc import Container, Mapping, Sequence
from dataclasses import dataclass, field

from app.domain.queueing import CategoryCount, Given, Pair, PairKey, QueueProgress, QueueStore

# Postgres numbers rows before they can be seen: one with a lower number may turn up later.
_OVERLAP = 200
# Seconds after which a batch that may still be running is asked for new pairs.
_PAIRS_EVERY = 3.0

Two = tuple[str, str]


@dataclass(slots=True)
class _Slot:
    """Two answers, and the last rating that each rater gave them; `fair` is how many raters' votes count.

    What was said blind counts on when the same rater says something else with open eyes.
    """

    pair: Pair | None = None
    last: dict[str, Given] = field(default_factory=dict)
    fair: int = 0

    def take_in(self, rating: Given) -> bool:
        before = self.last.get(rating.rater)
        if before is not None and before.seq >= rating.seq:
            return False
        was_fair = before is not None and before.fair
        self.last[rating.rater] = rating if rating.fair or not was_fair else rating._replace(fair=True)
        self.fair += rating.fair and not was_fair
        return True


class View:
    """One batch's pairs in the queue's order, and who has rated which. Safe to call from any thread."""

    def __init__(self, store: QueueStore, batch_id: str, raters: int) -> None:
        self._store = store
        self._batch = batch_id
        self._raters = raters
        self._lock = threading.Lock()
        self._slots: dict[Two, _Slot] = {}
        self._by_key: dict[PairKey, _Slot] = {}
        self._by_category: dict[str, list[_Slot]] = {}
        self._category: dict[str, str] = {}
        # By rater: what they voted on, the last at the end; comparisons whose names they have seen.
        self._mine: dict[str, dict[Two, Given]] = {}
        self._opened: dict[str, set[str]] = {}
        self._looked_at: float | None = None
        self._complete = 0
        self._mark = 0

    def look(self) -> None:
        """Take in what arrived since the last look."""
        with self._lock:
            now = time.monotonic()
            if self._looked_at is None or now - self._looked_at > _PAIRS_EVERY:
                # Counted before they are read: an answer that comes in between is seen the next time.
                complete = self._store.complete(self._batch)
                if complete != self._complete:
                    self._sort(self._store.pairs(self._batch))
                    self._complete = complete
                self._looked_at = now
            given = self._store.ratings(self._batch, max(0, self._mark - _OVERLAP))
            for rating in given:
                self._take_in(rating)
            for comparison, rater in self._store.seen(self._batch):
                self._opened.setdefault(rater, set()).add(comparison)
            if given:
                self._mark = max(self._mark, given[-1].seq)

    def _sort(self, pairs: Sequence[Pair]) -> None:
        if len(pairs) == len(self._by_key):
            return

        # Random, but the same for everybody, and the same again tomorrow: no vote has a part in it. All of a
        # question's pairs come together, so that it is complete early: it enters the verdict as a whole.
        def place(pair: Pair) -> tuple[bytes, bytes]:
            return scramble(self._batch, "question", str(pair.question)), scramble(self._batch, "pair", *pair.key)

        self._by_category = {pair.category: [] for pair in sorted(pairs, key=lambda p: p.question)}
        self._category = {pair.comparison: pair.category for pair in pairs}
        self._by_key = {}
        for pair in sorted(pairs, key=place):
            slot = self._slots.setdefault(_two(pair.first, pair.second), _Slot())
            slot.pair = pair
            self._by_key[pair.key] = slot
            self._by_category[pair.category].append(slot)

    def _take_in(self, rating: Given) -> None:
        if rating.best_of is not None:
            # Whoever chose among all of them has seen who is who since.
            self._opened.setdefault(rating.rater, set()).add(rating.comparison)
            return
        two = _two(rating.left, rating.right)
        slot = self._slots.get(two)
        if slot is None:
            slot = self._slots[two] = _Slot()
        if slot.take_in(rating):
            mine = self._mine.setdefault(rating.rater, {})
            mine.pop(two, None)
            mine[two] = rating

    def pair(self, key: PairKey) -> Pair | None:
        with self._lock:
            slot = self._by_key.get(key)
            return slot.pair if slot else None

    def pairs(self) -> tuple[Pair, ...]:
        """In an order that is the same for everybody."""
        with self._lock:
            return tuple(slot.pair for slot in self._by_key.values() if slot.pair)

    def category_of(self, comparison: str) -> str:
        """Empty where it has none."""
        with self._lock:
            return self._category.get(comparison, "")

    def done_with(self, key: PairKey, rater: str) -> bool:
        """Whether the rater has said which of the two is better, or has seen who is who."""
        with self._lock:
            return self._done_with(self._by_key[key], rater)

    def voted(self, rater: str) -> list[tuple[int, Pair]]:
        """The pairs that the rater voted on, with the number of the last rating of each, in the order of these."""
        with self._lock:
            last = [(rating.seq, self._slots[two].pair) for two, rating in self._mine.get(rater, {}).items()]
            return [(seq, pair) for seq, pair in last if pair is not None]

    def free(
        self, rater: str, categories: Sequence[str], held: Mapping[PairKey, int], closed: Container[PairKey]
    ) -> Pair | None:
        """The first pair, category by category, that has a place for the rater.

        `held` says how many others have it on the screen at the moment; `closed` are not to be had.
        """
        with self._lock:
            for name in categories:
                for slot in self._by_category.get(name, ()):
                    if self._open(slot, rater, held) and slot.pair is not None and slot.pair.key not in closed:
                        return slot.pair
        return None

    def is_free(self, key: PairKey, rater: str, held: Mapping[PairKey, int]) -> bool:
        with self._lock:
            return self._open(self._by_key[key], rater, held)

    def progress(self, rater: str, closed: Container[PairKey]) -> QueueProgress:
        with self._lock:
            mine = left = 0
            counts = []
            for name, slots in self._by_category.items():
                done = 0
                for slot in slots:
                    done += min(slot.fair, self._raters)
                    mine += rater in slot.last
                    left += self._open(slot, rater, {}) and slot.pair is not None and slot.pair.key not in closed
                counts.append(CategoryCount(name, done, len(slots) * self._raters))
        return QueueProgress(mine, left, sum(c.done for c in counts), sum(c.places for c in counts), tuple(counts))

    def _open(self, slot: _Slot, rater: str, held: Mapping[PairKey, int]) -> bool:
        taken = slot.fair + (held.get(slot.pair.key, 0) if held and slot.pair is not None else 0)
        return taken < self._raters and not self._done_with(slot, rater)

    def _done_with(self, slot: _Slot, rater: str) -> bool:
        return rater in slot.last or (slot.pair is not None and slot.pair.comparison in self._opened.get(rater, ()))


def scramble(*parts: str) -> bytes:
    """A fixed random number of these texts (BLAKE2b, 64 bits)."""
    return hashlib.blake2b("\0".join(parts[1:]).encode(), key=parts[0].encode()[:64], digest_size=8).digest()


def _two(one: str, other: str) -> Two:
    return (one, other) if one < other else (other, one)
