"""The rating queue: who is given which pair, and what becomes of a vote."""

from __future__ import annotations

from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from sqlalchemy import update

from app.domain.answers import Status
from app.domain.batches import BatchState
from app.domain.errors import UserError
from app.domain.ratings import Outcome, Vote
from app.services.comparing.service import Comparing
from app.services.rating import queueing
from app.services.rating import view as queue_view
from app.services.rating.queueing import RatingQueue
from app.services.rating.voting import RatingService
from storage.database import open_database, write
from storage.evaluation_tables import BatchRow
from storage.ratings import SqlRatingStore
from tests.integration.evaluated import BATCH, MODELS, Planted, plant
from tests.integration.queued import queued, says
from tests.integration.storing import address, python, rating


def test_each_pair_goes_to_as_many_people_as_wanted_and_to_nobody_twice(tmp_path: Path) -> None:
    with queued(tmp_path, 5, raters=2) as q:
        for rater in ("mina", "jun", "sora"):
            q.rest(rater)
        pairs = Counter((r.comparison, r.rater) for r in q.stored())
        assert set(pairs.values()) == {1}
        assert Counter(comparison for comparison, _ in pairs) == {f"c{n:031d}": 2 for n in range(5)}


def test_of_three_contestants_every_pair_is_one_and_stored_as_a_plain_pair(tmp_path: Path) -> None:
    with queued(tmp_path, 2, contestants=3) as q:
        tasks = q.rest("mina")
        assert len({frozenset((t.behind.left, t.behind.right)) for t in tasks}) == 6
        assert {r.best_of for r in q.stored()} == {None}
        assert all(r.blind for r in q.stored())


@pytest.mark.parametrize("status", [s for s in Status if s is not Status.DONE])
def test_only_complete_answers_reach_a_rater(tmp_path: Path, status: Status) -> None:
    with queued(tmp_path, 2) as q:
        q.ends(0, 1, status)
        assert [t.behind.key[0] for t in q.rest("mina")] == [f"c{1:031d}"]


def test_an_answer_that_comes_while_others_are_rated_is_put_to_a_rater_too(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(queue_view, "_PAIRS_EVERY", 0.0)
    with queued(tmp_path, 2) as q:
        row = update(BatchRow).values(state=BatchState.RUNNING.value)
        write(q.engine, lambda connection: connection.execute(row))
        q.ends(1, 1, Status.RUNNING)
        assert len(q.rest("mina")) == 1
        q.ends(1, 1, Status.DONE)
        assert [t.behind.key[0] for t in q.rest("mina")] == [f"c{1:031d}"]


def test_pairs_are_not_read_again_while_no_answer_has_come(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(queue_view, "_PAIRS_EVERY", 0.0)
    with queued(tmp_path, 3) as q:
        q.next()
        monkeypatch.delattr(type(q.store), "pairs")
        assert len(q.rest("mina")) == 3


def test_nothing_that_is_shown_tells_who_is_who(tmp_path: Path) -> None:
    with queued(tmp_path, 3, text="Same words") as q:
        for task in q.rest("mina"):
            shown = repr(replace(task.record, answers=())) + repr([a.contestant for a in task.record.answers])
            shown += repr([replace(a.answer, text="") for a in task.record.answers]) + repr(task)
            hidden = repr([task.record.answers[0].answer.text, task.record.answers[1].answer.text])
            assert not any(model in shown for model in MODELS), shown
            assert task.behind.left not in shown and task.behind.key[0] not in shown
            assert "Same words" in hidden
            assert task.record.answers[0].answer.usage is None and task.record.hidden


def test_a_vote_in_the_queue_reveals_nothing_to_others(tmp_path: Path) -> None:
    with queued(tmp_path, 1, raters=2) as q:
        task = q.rate("mina", Outcome.LEFT)
        assert not q.comparisons.get(task.behind.key[0]).revealed


def test_a_vote_is_stored_by_the_sides_that_were_shown(tmp_path: Path) -> None:
    with queued(tmp_path, 12) as q:
        tasks = [q.rate("mina", Outcome.RIGHT) for _ in range(12)]
        assert [(r.left, r.right, r.outcome) for r in q.stored()] == [
            (t.behind.left, t.behind.right, Outcome.RIGHT) for t in tasks
        ]
        for task in tasks:
            record = q.comparisons.get(task.behind.key[0])
            texts = {a.id: a.answer.text for a in record.answers}
            assert [a.answer.text for a in task.record.by_side] == [texts[task.behind.left], texts[task.behind.right]]


def test_sides_are_random_by_pair_and_by_rater(tmp_path: Path) -> None:
    with queued(tmp_path, 40, raters=2) as q:
        sides = {rater: {t.behind.key: t.behind.left == t.behind.key[1] for t in q.rest(rater)} for rater in ("a", "b")}
        for mine in sides.values():
            assert 8 <= sum(mine.values()) <= 32
        assert 8 <= sum(sides["a"][key] != sides["b"][key] for key in sides["a"]) <= 32


def test_a_reload_brings_the_same_pair_with_the_same_sides(tmp_path: Path) -> None:
    with queued(tmp_path, 8) as q:
        before = q.next("mina")
        again = q.another().next(BATCH, "mina")
        assert again == before and again.behind == before.behind


def test_stars_tags_and_a_comment_are_kept_with_the_vote(tmp_path: Path) -> None:
    with queued(tmp_path, 1) as q:
        task = q.next("민지")
        left, right = task.record.by_side
        stars = {left.id: 5, right.id: 2}
        q.queue.vote(task, says(task, Outcome.LEFT, stars=stars, tags=("wrong",), comment="쪽 번호가 틀림"))
        ratings, given = q.ratings.of(task.behind.key[0])
        assert (ratings[0].tags, ratings[0].comment, ratings[0].rater) == (("wrong",), "쪽 번호가 틀림", "민지")
        assert {s.answer: s.stars for s in given} == {task.behind.left: 5, task.behind.right: 2}


def test_a_vote_that_makes_no_sense_is_refused_and_the_pair_stays(tmp_path: Path) -> None:
    with queued(tmp_path, 1) as q:
        task = q.next("mina")
        with pytest.raises(UserError):
            q.queue.vote(task, Vote("mina", best="somebody"))
        assert q.stored() == [] and q.next("mina").id == task.id


def test_two_people_are_not_given_the_last_place_of_a_pair(tmp_path: Path) -> None:
    with queued(tmp_path, 1) as q:
        q.next("mina")
        assert q.another().next(BATCH, "jun") is None


def test_two_tabs_of_one_rater_that_take_the_same_pair_at_once_do_not_stand_in_each_others_way(tmp_path: Path) -> None:
    with queued(tmp_path, 1) as q:
        key, now = q.next("mina").behind.key, datetime.now(UTC)

        def tab(n: int) -> bool:
            q.store.skip(key, "mina", now)
            return q.store.claim(key, "mina", places=1, now=now, until=now + timedelta(minutes=n + 1))

        with ThreadPoolExecutor(8) as tabs:
            assert all(tabs.map(tab, range(16)))
        [claim] = q.store.claims(BATCH)
        assert claim.skipped


def test_a_place_that_was_held_for_ten_minutes_is_free_again(tmp_path: Path) -> None:
    with queued(tmp_path, 1) as q:
        task = q.next("mina")
        then = datetime.now(UTC) - timedelta(minutes=11)
        assert q.store.claim(task.behind.key, "mina", places=1, now=then, until=then + timedelta(minutes=10))
        assert q.another().next(BATCH, "jun") is not None


def test_many_at_once_get_different_pairs(tmp_path: Path) -> None:
    with queued(tmp_path, 6) as q:
        queues: list[RatingQueue] = [q.another() for _ in range(6)]
        with ThreadPoolExecutor(6) as people:
            tasks = list(people.map(lambda n: queues[n].next(BATCH, f"rater {n}"), range(6)))
        assert len({t.behind.key for t in tasks if t}) == 6


def test_processes_at_once_give_every_pair_to_as_many_as_wanted(tmp_path: Path) -> None:
    script = (
        "import sys; from pathlib import Path\n"
        "from tests.integration.queued import *; from storage.database import open_database\n"
        "q = Queued(open_database(sys.argv[1], Path(sys.argv[2])), BatchPlan('planted', 1, (), raters=2))\n"
        "print('ready', flush=True); sys.stdin.readline(); print(len(q.rest(sys.argv[3])))\n"
    )
    with address(tmp_path) as url:
        engine = open_database(url, tmp_path)
        plant(engine, {"faq": Planted(0, 0)}, questions=30, raters=0)
        others = [python(script, url, str(tmp_path), name) for name in ("mina", "jun", "sora")]
        for other in others:
            assert other.stdout is not None and other.stdout.readline() == "ready\n"
        for other in others:
            assert other.stdin is not None
            other.stdin.write("\n")
            other.stdin.flush()
        counts = [int(other.communicate(timeout=60)[0]) for other in others]
        given = Counter((r.comparison, r.rater) for r, _ in SqlRatingStore(engine).all())
        engine.dispose()
    assert set(given.values()) == {1}
    assert set(Counter(comparison for comparison, _ in given).values()) == {2} and sum(counts) == 60


def test_a_skipped_pair_comes_back_once_at_the_end(tmp_path: Path) -> None:
    with queued(tmp_path, 4) as q:
        skipped = q.next("mina")
        q.queue.skip(skipped)
        rest = [q.rate("mina") for _ in range(3)]
        assert skipped.id not in {t.id for t in rest}
        again = q.next("mina")
        assert again.id == skipped.id and again.returned
        q.queue.skip(again)
        assert q.queue.next(BATCH, "mina") is None
        assert q.next("jun").behind.key == skipped.behind.key


def test_the_place_of_a_skipped_pair_is_free_for_others_at_once(tmp_path: Path) -> None:
    with queued(tmp_path, 1) as q:
        q.queue.skip(q.next("mina"))
        assert q.next("jun")


def test_going_back_shows_the_vote_which_stands_until_there_is_another(tmp_path: Path) -> None:
    with queued(tmp_path, 3) as q:
        first = q.rate("mina", Outcome.LEFT)
        waiting = q.next("mina")
        back = q.queue.back(BATCH, "mina")
        assert back is not None and back.id == first.id
        assert back.ballot is not None and back.ballot.vote.best == first.record.by_side[0].id
        assert [r.outcome for r in q.stored()] == [Outcome.LEFT]
        q.queue.vote(back, says(back, Outcome.BOTH_BAD))
        assert [r.outcome for r in q.stored()] == [Outcome.BOTH_BAD]
        assert q.next("mina").id == waiting.id


def test_one_can_go_back_further_and_from_the_first_no_more(tmp_path: Path) -> None:
    with queued(tmp_path, 3) as q:
        first, second = q.rate(), q.rate()
        back = q.queue.back(BATCH, "mina")
        assert back is not None and back.id == second.id
        further = q.queue.back(BATCH, "mina", back)
        assert further is not None and further.id == first.id
        assert q.queue.back(BATCH, "mina", further) is None


def test_a_skip_can_be_taken_back(tmp_path: Path) -> None:
    with queued(tmp_path, 3) as q:
        skipped = q.next("mina")
        q.queue.skip(skipped)
        q.next("mina")
        back = q.queue.back(BATCH, "mina")
        assert back is not None and back.id == skipped.id and back.ballot is None


def test_a_correction_of_one_pair_leaves_the_other_pairs_of_its_comparison(tmp_path: Path) -> None:
    with queued(tmp_path, 1, contestants=3) as q:
        for _ in range(3):
            q.rate("mina", Outcome.LEFT)
        back = q.queue.back(BATCH, "mina")
        assert back is not None
        q.queue.vote(back, says(back, Outcome.TIE))
        assert sorted(r.outcome.value for r in q.stored()) == ["left", "left", "tie"]


def test_a_comparison_of_a_batch_is_not_voted_on_by_itself(tmp_path: Path) -> None:
    with queued(tmp_path, 2) as q:
        with pytest.raises(UserError, match="belongs to a batch") as refused:
            RatingService(q.comparisons, q.ratings).vote(f"c{1:031d}", Vote("mina", outcome=Outcome.TIE))
        assert BATCH in str(refused.value.remedy)
        assert q.stored() == [] and not q.comparisons.get(f"c{1:031d}").revealed


def test_a_choice_among_all_answers_leaves_the_queues_pairs_alone(tmp_path: Path) -> None:
    with queued(tmp_path, 1, contestants=3) as q:
        for _ in range(3):
            task = q.rate("mina", Outcome.LEFT)
        comparison = task.behind.key[0]
        assert RatingService(q.comparisons, q.ratings).ballot(comparison, "mina") is None
        for vote, outcome in (("first", Outcome.TIE), ("second", Outcome.BOTH_BAD)):
            q.ratings.add([rating(q.comparisons.get(comparison), outcome, vote=vote, best_of=3)], [])
        assert Counter((r.best_of, r.outcome) for r in q.stored()) == {
            (None, Outcome.LEFT): 3,
            (3, Outcome.BOTH_BAD): 1,
        }


def test_whoever_chose_among_all_answers_is_not_given_the_pair(tmp_path: Path) -> None:
    with queued(tmp_path, 1, contestants=3) as q:
        q.ratings.add([rating(q.comparisons.get(f"c{0:031d}"), Outcome.TIE, best_of=3)], [])
        assert q.queue.next(BATCH, "mina") is None
        assert q.next("jun")


def test_whoever_revealed_the_names_is_not_given_the_pair(tmp_path: Path) -> None:
    with queued(tmp_path, 1) as q:
        q.comparisons.reveal(f"c{0:031d}", "mina")
        assert q.queue.next(BATCH, "mina") is None and q.queue.progress(BATCH, "mina").left == 0
        assert q.next("jun")


def test_a_first_vote_of_somebody_who_revealed_the_names_is_not_blind(tmp_path: Path) -> None:
    with queued(tmp_path, 1) as q:
        task = q.next("mina")
        q.comparisons.reveal(task.behind.key[0], "mina")
        q.queue.vote(task, says(task, Outcome.LEFT))
        assert [r.blind for r in q.stored()] == [False]
        other = q.next("jun")
        q.queue.vote(other, says(other, Outcome.LEFT))
        assert [r.blind for r in q.stored()] == [False, True]


def test_a_batchs_names_are_not_revealed_to_nobody_knows_whom(tmp_path: Path) -> None:
    with queued(tmp_path, 1) as q:
        with pytest.raises(UserError, match="whoever has seen the names"):
            Comparing(q.comparisons, None, None, None, None, "here").reveal(f"c{0:031d}", " ")  # type: ignore[arg-type]
        assert not q.comparisons.get(f"c{0:031d}").revealed


def test_a_correction_after_the_names_were_shown_is_not_blind(tmp_path: Path) -> None:
    with queued(tmp_path, 1) as q:
        task = q.rate("mina", Outcome.LEFT)
        q.comparisons.reveal(task.behind.key[0], "sora")
        back = q.queue.back(BATCH, "mina")
        assert back is not None
        q.queue.vote(back, says(back, Outcome.RIGHT))
        assert [r.blind for r in q.stored()] == [False]
        assert q.queue.next(BATCH, "jun") is None, "what was said blind counts on"


def test_the_order_within_a_category_is_the_same_for_everybody_whatever_was_voted(tmp_path: Path) -> None:
    with queued(tmp_path, 10, raters=2) as q:
        order = [q.rate("mina", Outcome.LEFT).behind.key for _ in range(10)]
        assert [q.rate("jun", Outcome.BOTH_BAD).behind.key for _ in range(10)] == order
        assert order != sorted(order)


def test_all_repeats_of_a_question_come_together(tmp_path: Path) -> None:
    with queued(tmp_path, 5, repeats=2) as q:
        questions = [int(t.behind.key[0][1:]) // 2 for t in q.rest("mina")]
        assert questions[::2] == questions[1::2]


def test_categories_take_turns(tmp_path: Path) -> None:
    with queued(tmp_path, 3, categories=("계약", "faq", "code")) as q:
        names = [t.category for t in q.rest("mina")]
        assert [set(names[n : n + 3]) for n in (0, 3, 6)] == [{"계약", "faq", "code"}] * 3


def test_the_category_that_is_named_first_comes_first(tmp_path: Path) -> None:
    with queued(tmp_path, 3, categories=("계약", "faq"), order=lambda batch, counts: ["faq", "계약"]) as q:
        assert [t.category for t in q.rest("mina")] == ["faq"] * 3 + ["계약"] * 3


def test_identical_answers_are_shown_and_said_to_be_identical(tmp_path: Path) -> None:
    with queued(tmp_path, 1) as q:
        task = q.next()
        assert not task.identical
        same = tuple(replace(a, answer=task.record.answers[0].answer) for a in task.record.answers)
        assert replace(task, record=replace(task.record, answers=same)).identical
        assert q.stored() == []


def test_progress_says_what_is_mine_what_is_left_and_how_far_each_category_is(tmp_path: Path) -> None:
    with queued(tmp_path, 3, raters=2, categories=("faq", "계약")) as q:
        for _ in range(2):
            q.rate("mina")
        q.rate("jun")
        mine = q.queue.progress(BATCH, "mina")
        assert (mine.mine, mine.left, mine.done, mine.places) == (2, 4, 3, 12)
        assert sum(c.done for c in mine.categories) == 3
        assert [(c.name, c.places) for c in mine.categories] == [("faq", 6), ("계약", 6)]


def test_a_batch_is_listed_with_what_is_left_of_it(tmp_path: Path) -> None:
    with queued(tmp_path, 2) as q:
        q.rate("mina")
        [waiting] = q.queue.waiting("mina")
        assert (waiting.batch.id, waiting.progress.left) == (BATCH, 1)


def test_a_name_is_one_whatever_its_unicode_form(tmp_path: Path) -> None:
    with queued(tmp_path, 2) as q:
        task = q.next("\u1106\u1175\u11ab\u110c\u1175")
        assert q.next("민지").id == task.id


def test_what_a_queue_counted_is_kept_up_as_votes_names_and_answers_come(tmp_path: Path) -> None:
    with queued(tmp_path, 6, raters=2, contestants=3, categories=("faq", "계약")) as q:
        everybody = ("mina", "jun", "sora")
        for rater in everybody:
            q.queue.progress(BATCH, rater)
        for step in range(30):
            rater = everybody[step % 3]
            if (task := q.queue.next(BATCH, rater)) is None:
                continue
            if step % 7 == 3:
                q.comparisons.reveal(task.behind.key[0], rater)
            if step % 5 == 4:
                q.queue.skip(task)
            else:
                q.queue.vote(task, says(task))
            counted = [q.queue.progress(BATCH, name) for name in everybody]
            assert counted == [q.another().progress(BATCH, name) for name in everybody]
        assert counted[0].left < 36 and counted[0].mine > 0


def test_going_back_far_passes_over_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(queueing, "_RECENT", 2)
    with queued(tmp_path, 6) as q:
        rated = [q.rate().id for _ in range(6)]
        back, found = None, []
        while (back := q.queue.back(BATCH, "mina", back)) is not None:
            found.append(back.id)
        assert found == rated[::-1]
