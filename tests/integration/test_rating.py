"""A vote is a fact, and lifts the blind only once it is stored."""

from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from app.domain.chat import TextDelta
from app.domain.errors import UserError
from app.domain.ratings import Outcome, Vote
from tests.integration.world import Named, world


def test_the_better_answer_is_stored_by_the_side_it_was_shown_on(tmp_path: Path) -> None:
    with world(tmp_path) as w:
        record = w.ask(blind=True)
        right = record.by_side[1]
        w.rating.vote(record.id, Vote("Kim", best=right.id))
        (rating,), _ = w.ratings.of(record.id)
        assert (rating.outcome, rating.left, rating.right) == (Outcome.RIGHT, record.by_side[0].id, right.id)
        assert rating.blind and rating.best_of is None


def test_identities_are_hidden_until_the_vote_is_stored(tmp_path: Path) -> None:
    with world(tmp_path) as w:
        record = w.ask(blind=True)
        assert record.hidden
        assert not w.rating.vote(record.id, Vote("Kim", outcome=Outcome.TIE)).hidden


def test_the_best_of_three_is_rated_against_each_other_answer(tmp_path: Path) -> None:
    with world(tmp_path, Named("a"), Named("b"), Named("c")) as w:
        record = w.ask()
        w.rating.vote(record.id, Vote("Kim", best=record.answers[1].id))
        ratings, _ = w.ratings.of(record.id)
        assert [(r.outcome, r.best_of) for r in ratings] == [(Outcome.RIGHT, 3), (Outcome.LEFT, 3)]


def test_a_second_vote_supersedes_the_first(tmp_path: Path) -> None:
    with world(tmp_path) as w:
        record = w.ask(blind=True)
        w.rating.vote(record.id, Vote("Kim", outcome=Outcome.TIE))
        w.rating.vote(record.id, Vote("Kim", outcome=Outcome.BOTH_BAD))
        (first, first_gone), (second, second_gone) = w.ratings.all()
        assert second.supersedes == first.vote and (first_gone, second_gone) == (True, False)
        assert (first.blind, second.blind) == (True, False)


def test_stars_added_after_the_reveal_leave_the_choice_blind(tmp_path: Path) -> None:
    with world(tmp_path) as w:
        record = w.ask(blind=True)
        best = record.by_side[0].id
        w.rating.vote(record.id, Vote("Kim", best=best))
        w.rating.vote(record.id, Vote("Kim", best=best, stars={best: 5}))
        ballot = w.rating.ballot(record.id, "Kim")
        assert ballot is not None and ballot.blind and ballot.vote.stars == {best: 5}


def test_two_raters_do_not_supersede_each_other(tmp_path: Path) -> None:
    with world(tmp_path) as w:
        record = w.ask()
        w.rating.vote(record.id, Vote("Kim", outcome=Outcome.TIE))
        w.rating.vote(record.id, Vote("Lee", outcome=Outcome.BOTH_BAD))
        assert [gone for _, gone in w.ratings.all()] == [False, False]


def test_a_cut_answer_does_not_reach_a_rater(tmp_path: Path) -> None:
    with world(tmp_path, Named("whole"), Named("cut", TextDelta("And then"))) as w:
        record = w.ask()
        with pytest.raises(UserError, match="two complete answers"):
            w.rating.vote(record.id, Vote("Kim", outcome=Outcome.TIE))


@pytest.mark.parametrize(
    "wrong",
    [
        Vote("Kim"),
        Vote("Kim", best="x", outcome=Outcome.TIE),
        Vote("Kim", best="x"),
        Vote("Kim", outcome=Outcome.LEFT),
        Vote("Kim", outcome=Outcome.TIE, tags=("nonsense",)),
        Vote("Kim", outcome=Outcome.TIE, stars={"x": 3}),
        Vote("Kim", outcome=Outcome.TIE, comment="x" * 10_001),
    ],
)
def test_a_vote_that_makes_no_sense_is_refused(tmp_path: Path, wrong: Vote) -> None:
    with world(tmp_path) as w:
        record = w.ask()
        with pytest.raises(UserError):
            w.rating.vote(record.id, wrong)
        assert list(w.ratings.all()) == []


def test_a_nameless_rater_is_anonymous_and_a_name_is_composed(tmp_path: Path) -> None:
    with world(tmp_path) as w:
        record = w.ask()
        w.rating.vote(record.id, Vote(" \x00 ", outcome=Outcome.TIE))
        w.rating.vote(record.id, Vote("\u1100\u1175\u11b7", outcome=Outcome.TIE))
        assert [r.rater for r, _ in w.ratings.all()] == ["anonymous", "김"]


def test_one_raters_presses_at_once_leave_one_vote_standing(tmp_path: Path) -> None:
    with world(tmp_path) as w:
        record = w.ask()
        with ThreadPoolExecutor(6) as presses:
            list(presses.map(lambda _: w.rating.vote(record.id, Vote("Kim", outcome=Outcome.TIE)), range(6)))
        assert [gone for _, gone in w.ratings.all()].count(False) == 1
