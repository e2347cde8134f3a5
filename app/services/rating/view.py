"""How a batch's pairs stand, kept in memory and brought up to date by what arrived since.

Counting a hundred thousand ratings for every pair that is shown would be slow; reading those that came
since the last look is not. It may be a moment behind what other processes do: whoever takes a pair by
it asks the store, which decides.
"""

from __future__ import annotations

import hashlib
import threading
import time
from collections.abc import Collection, Container, Iterator, Mapping, Sequence
from itertools import islice

from app.domain.queueing import CategoryCount, Given, Pair, PairKey, QueueProgress, QueueStore
from app.services.rating.slots import Category, OneRater, Slot, Two

# Postgres numbers rows before they can be seen: one with a lower number may turn up later.
_OVERLAP = 200
# Seconds after which a batch that may still be running is asked for new pairs.
_PAIRS_EVERY = 3.0


class View:
    """One batch's pairs in the queue's order, and who has rated which. Safe to call from any thread."""

    def __init__(self, store: QueueStore, batch_id: str, raters: int) -> None:
        self._store = store
        self._batch = batch_id
        self._places = raters
        self._lock = threading.Lock()
        self._slots: dict[Two, Slot] = {}
        self._by_key: dict[PairKey, Slot] = {}
        self._by_comparison: dict[str, list[Slot]] = {}
        self._categories: dict[str, Category] = {}
        self._raters: dict[str, OneRater] = {}
        self._looked_at: float | None = None
        self._state: object = None
        self._mark = 0

    def look(self) -> None:
        """Take in what arrived since the last look."""
        with self._lock:
            now = time.monotonic()
            if self._looked_at is None or now - self._looked_at > _PAIRS_EVERY:
                # Asked before they are read: an answer that comes in between is seen the next time.
                state = self._store.state(self._batch)
                if state != self._state:
                    self._sort(self._store.pairs(self._batch))
                    self._state = state
                self._looked_at = now
            given = self._store.ratings(self._batch, max(0, self._mark - _OVERLAP))
            for rating in given:
                self._take_in(rating)
            if given:
                self._mark = max(self._mark, given[-1].seq)
            for comparison, rater in self._store.seen(self._batch):
                self._open_eyes(rater, comparison)

    def _sort(self, pairs: Sequence[Pair]) -> None:
        if len(pairs) == len(self._by_key):
            return

        # Random, but the same for everybody, and the same again tomorrow: no vote has a part in it. All of a
        # question's pairs come together, so that it is complete early: it enters the verdict as a whole.
        def place(pair: Pair) -> tuple[bytes, bytes]:
            return place_of(self._batch, pair.question), scramble(self._batch, "pair", *pair.key)

        self._categories = {pair.category: Category() for pair in sorted(pairs, key=lambda p: p.question)}
        self._by_key, self._by_comparison = {}, {}
        for pair in sorted(pairs, key=place):
            slot = self._slots.setdefault(_two(pair.first, pair.second), Slot())
            slot.pair = pair
            self._by_key[pair.key] = slot
            self._by_comparison.setdefault(pair.comparison, []).append(slot)
            category = self._categories[pair.category]
            category.slots.append(slot)
            category.done += min(slot.fair, self._places)
        for rater in self._raters.values():
            rater.at, rater.left = {}, None

    def _take_in(self, rating: Given) -> None:
        if rating.best_of is not None:
            # Whoever chose among all of them has seen who is who since.
            self._open_eyes(rating.rater, rating.comparison)
            return
        two = _two(rating.left, rating.right)
        slot = self._slots.get(two)
        if slot is None:
            slot = self._slots[two] = Slot()
        rater, filled = self._rater(rating.rater), min(slot.fair, self._places)
        watching = [(name, r) for name, r in self._raters.items() if r.left is not None and self._open(slot, name)]
        if not slot.take_in(rating):
            return
        rater.known += slot.pair is not None and two not in rater.mine
        rater.mine.pop(two, None)
        rater.mine[two] = rating
        if slot.pair is not None:
            self._categories[slot.pair.category].done += min(slot.fair, self._places) - filled
        self._closed_to(watching, [slot])

    def _open_eyes(self, name: str, comparison: str) -> None:
        rater = self._rater(name)
        if comparison in rater.opened:
            return
        slots = [slot for slot in self._by_comparison.get(comparison, ()) if self._open(slot, name)]
        rater.opened.add(comparison)
        self._closed_to([(name, rater)], slots)

    def _closed_to(self, watching: Sequence[tuple[str, OneRater]], slots: Sequence[Slot]) -> None:
        """These pairs were open to them; they have one less left for each that is not any more."""
        for name, rater in watching:
            if rater.left is not None:
                rater.left -= sum(not self._open(slot, name) for slot in slots)

    def _counted(self, name: str) -> tuple[int, int]:
        """How many pairs the rater voted on, and how many are open to them; counted once, and kept up from then on."""
        rater = self._rater(name)
        if rater.left is None:
            rater.known = sum(self._slots[two].pair is not None for two in rater.mine)
            rater.left = sum(self._open(slot, name) for slot in self._by_key.values())
        return rater.known, rater.left

    def _rater(self, name: str) -> OneRater:
        return self._raters.setdefault(name, OneRater())

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
            return next((s.pair.category for s in self._by_comparison.get(comparison, ()) if s.pair), "")

    def done_with(self, key: PairKey, rater: str) -> bool:
        """Whether the rater has said which of the two is better, or has seen who is who."""
        with self._lock:
            return self._done_with(self._by_key[key], rater)

    def count(self, rater: str) -> int:
        """How many pairs the rater voted on."""
        with self._lock:
            return len(self._rater(rater).mine)

    def voted(self, rater: str, most: int | None = None) -> list[tuple[int, Pair]]:
        """The `most` pairs that the rater voted on last, the last one at the end, with the number of their rating."""
        with self._lock:
            last = islice(reversed(self._rater(rater).mine.items()), most)
            found = [(rating.seq, self._slots[two].pair) for two, rating in last]
            return [(seq, pair) for seq, pair in reversed(found) if pair is not None]

    def free(
        self, rater: str, categories: Sequence[str], held: Mapping[PairKey, int], closed: Container[PairKey]
    ) -> Pair | None:
        """The first pair, category by category, that has a place for the rater.

        `held` says how many others have it on the screen at the moment; `closed` are not to be had.
        """
        with self._lock:
            for name in categories:
                for slot in self._waiting(name, rater):
                    if self._open(slot, rater, held) and slot.pair is not None and slot.pair.key not in closed:
                        return slot.pair
        return None

    def _waiting(self, category: str, rater: str) -> Iterator[Slot]:
        """The category's pairs without those before the first that is open to the rater: they stay closed."""
        if category not in self._categories:
            return iter(())
        slots, at = self._categories[category].slots, self._rater(rater).at
        start = at.get(category, 0)
        while start < len(slots) and not self._open(slots[start], rater):
            start += 1
        at[category] = start
        return islice(slots, start, None)

    def is_free(self, key: PairKey, rater: str, held: Mapping[PairKey, int]) -> bool:
        with self._lock:
            return self._open(self._by_key[key], rater, held)

    def progress(self, rater: str, closed: Collection[PairKey]) -> QueueProgress:
        with self._lock:
            mine, left = self._counted(rater)
            left -= sum(key in self._by_key and self._open(self._by_key[key], rater) for key in closed)
            counts = tuple(
                CategoryCount(name, category.done, len(category.slots) * self._places)
                for name, category in self._categories.items()
            )
            return QueueProgress(mine, left, sum(c.done for c in counts), sum(c.places for c in counts), counts)

    def _open(self, slot: Slot, rater: str, held: Mapping[PairKey, int] | None = None) -> bool:
        if slot.pair is None:
            return False
        taken = slot.fair + (held.get(slot.pair.key, 0) if held else 0)
        return taken < self._places and not self._done_with(slot, rater)

    def _done_with(self, slot: Slot, rater: str) -> bool:
        return rater in slot.last or (slot.pair is not None and slot.pair.comparison in self._rater(rater).opened)


def place_of(batch: str, question: int) -> bytes:
    """Where a question comes in the batch's random order, in which it is asked and rated."""
    return scramble(batch, "question", str(question))


def scramble(*parts: str) -> bytes:
    """A fixed random number of these texts (BLAKE2b, 64 bits)."""
    return hashlib.blake2b("\0".join(parts[1:]).encode(), key=parts[0].encode()[:64], digest_size=8).digest()


def _two(one: str, other: str) -> Two:
    return (one, other) if one < other else (other, one)
