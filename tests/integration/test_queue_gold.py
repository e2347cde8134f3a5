"""Gold pairs: their outcome is known, and on the screen they are pairs like any other."""

from __future__ import annotations

from pathlib import Path

from app.domain.ratings import Outcome
from tests.integration.evaluated import BATCH
from tests.integration.queued import Queued, queued, says


def right_one(q: Queued, rater: str, *, attentive: bool) -> int:
    """Rate all; on gold pairs choose as somebody who reads, or the other. Returns how many gold ones there were."""
    golds = 0
    while (task := q.queue.next(BATCH, rater)) is not None:
        golds += task.behind.gold
        fits = Outcome.LEFT if task.behind.left == task.behind.key[1] else Outcome.RIGHT
        other = Outcome.RIGHT if fits is Outcome.LEFT else Outcome.LEFT
        q.queue.vote(task, says(task, fits if attentive else other))
    return golds


def test_one_among_so_many_is_gold_and_none_of_them_is_a_rating(tmp_path: Path) -> None:
    with queued(tmp_path, 20, gold_every=5) as q:
        assert right_one(q, "mina", attentive=True) == 4
        assert len(q.stored()) == 20
        assert q.queue.progress(BATCH, "mina").done == 20


def test_a_gold_pair_holds_an_answer_to_the_question_and_the_same_contestants_to_another(tmp_path: Path) -> None:
    with queued(tmp_path, 20, gold_every=2) as q:
        golds = [t for t in q.rest("mina") if t.behind.gold]
        assert len(golds) == 10
        for task in golds:
            comparison, right, wrong = task.behind.key
            assert right[1:28] == comparison[5:] and wrong[1:28] != right[1:28] and wrong[28:] == right[28:]
            texts = [a.answer.text for a in task.record.by_side]
            of = {a.id: a.answer.text for a in q.comparisons.get(comparison).answers}
            assert of[right] in texts


def test_a_gold_pair_looks_like_any_other(tmp_path: Path) -> None:
    with queued(tmp_path, 20, gold_every=4, raters=3) as q:
        tasks = q.rest("mina")
        golds = [t for t in tasks if t.behind.gold]
        assert {t.behind.left == t.behind.key[1] for t in golds} == {True, False}
        assert {len(t.id) for t in tasks} == {16}
        assert all(t.category == "faq" and t.record.hidden for t in golds)
        assert "gold" not in repr(golds[0])


def test_who_reads_passes_and_who_does_not_is_seen(tmp_path: Path) -> None:
    with queued(tmp_path, 20, gold_every=5, raters=2) as q:
        right_one(q, "mina", attentive=True)
        right_one(q, "jun", attentive=False)
        found = q.queue.attention(BATCH)
        assert (found["mina"].passed, found["mina"].total) == (4, 4)
        assert (found["jun"].passed, found["jun"].total) == (0, 4)


def test_a_gold_vote_that_was_thought_over_counts_as_it_was_first(tmp_path: Path) -> None:
    with queued(tmp_path, 20, gold_every=1) as q:
        while not (task := q.next()).behind.gold:
            q.queue.vote(task, says(task))
        q.queue.vote(task, says(task, Outcome.TIE))
        back = q.queue.back(BATCH, "mina")
        assert back is not None and back.id == task.id
        assert back.ballot is not None and back.ballot.vote.outcome is Outcome.TIE
        q.queue.vote(back, says(back, Outcome.BOTH_BAD))
        assert (q.queue.attention(BATCH)["mina"].passed, q.queue.attention(BATCH)["mina"].total) == (0, 1)


def test_a_gold_pair_stays_through_a_reload_and_goes_with_a_skip(tmp_path: Path) -> None:
    with queued(tmp_path, 6, gold_every=1) as q:
        while not (task := q.next()).behind.gold:
            q.queue.vote(task, says(task))
        assert q.another().next(BATCH, "mina") == task
        q.queue.skip(task)
        assert task.id not in {t.id for t in q.rest("mina")}


def test_a_batch_without_gold_pairs_has_none(tmp_path: Path) -> None:
    with queued(tmp_path, 5) as q:
        assert not any(t.behind.gold for t in q.rest("mina"))
        assert q.queue.attention(BATCH) == {}
