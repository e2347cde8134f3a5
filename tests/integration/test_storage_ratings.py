"""Ratings are facts: what was said stays, and a correction says what it corrects."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta, timezone
from pathlib import Path

import pytest
from sqlalchemy import Engine

from app.domain.errors import UserError
from app.domain.ratings import Outcome, Stars
from app.services.comparing.history import History
from storage.comparisons import SqlComparisonStore
from storage.ratings import SqlRatingStore
from tests.integration.storing import ask, database, finish, rating


@pytest.fixture
def engine(tmp_path: Path) -> Iterator[Engine]:
    with database(tmp_path) as engine:
        yield engine


def test_a_rating_comes_back_as_it_was_given(engine: Engine) -> None:
    store, ratings = SqlComparisonStore(engine), SqlRatingStore(engine)
    record = finish(store, ask(store))
    given = rating(
        record,
        Outcome.BOTH_BAD,
        blind=True,
        best_of=None,
        tags=("wrong", "style"),
        comment="둘 다 \n별로",
        rater="미나",
    )
    stars = Stars(given.vote, record.answers[0].id, 2, True, "미나", given.created_at)
    ratings.add([given], [stars])
    assert ratings.of(record.id) == ((given,), (stars,))


def test_a_time_in_another_zone_is_the_same_moment(engine: Engine) -> None:
    store, ratings = SqlComparisonStore(engine), SqlRatingStore(engine)
    record = finish(store, ask(store))
    seoul = datetime(2026, 11, 21, 8, 0, tzinfo=timezone(timedelta(hours=9)))
    ratings.add([rating(record, created_at=seoul)], [])
    [stored], _ = ratings.of(record.id)
    assert stored.created_at == seoul
    assert stored.created_at.tzinfo is UTC


def test_a_correction_is_a_new_row_and_the_old_one_is_marked(engine: Engine, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("storage.ratings._BATCH", 2)
    store, ratings = SqlComparisonStore(engine), SqlRatingStore(engine)
    record = finish(store, ask(store))
    rows = [
        rating(record, Outcome.LEFT, vote="v1"),
        rating(record, Outcome.TIE, vote="v2", supersedes="v1"),
        rating(record, Outcome.RIGHT, vote="v3", supersedes="v2"),
        rating(record, Outcome.LEFT, vote="w1", rater="jun"),
    ]
    stars = [Stars(v, record.answers[0].id, n, False, "mina", datetime.now(UTC)) for n, v in enumerate(("v1", "v3"), 1)]
    for row in rows:
        ratings.add([row], [s for s in stars if s.vote == row.vote])
    assert list(ratings.all()) == [(rows[0], True), (rows[1], True), (rows[2], False), (rows[3], False)]
    assert list(ratings.all_stars()) == [(stars[0], True), (stars[1], False)]
    assert ratings.of(record.id) == (tuple(rows), tuple(stars))


def test_a_reopened_comparison_tells_what_stands(engine: Engine) -> None:
    store, ratings = SqlComparisonStore(engine), SqlRatingStore(engine)
    record = finish(store, ask(store))
    ratings.add([rating(record, vote="v1")], [Stars("v1", record.answers[0].id, 1, False, "mina", datetime.now(UTC))])
    ratings.add([rating(record, Outcome.TIE, vote="v2", supersedes="v1")], [])
    reopened = History(store, ratings).get(record.id[:6])
    assert reopened.record == record
    assert [r.vote for r in reopened.ratings] == ["v1", "v2"]
    assert [r.vote for r in reopened.standing] == ["v2"]
    assert reopened.standing_stars == ()


def test_a_rating_of_an_answer_that_is_not_stored_is_refused_whole(engine: Engine) -> None:
    store, ratings = SqlComparisonStore(engine), SqlRatingStore(engine)
    record = finish(store, ask(store))
    with pytest.raises(UserError, match="not of answers that are stored"):
        ratings.add([rating(record), rating(record, right="nobody")], [])
    assert ratings.of(record.id) == ((), ())


def test_six_stars_are_refused(engine: Engine) -> None:
    store, ratings = SqlComparisonStore(engine), SqlRatingStore(engine)
    record = finish(store, ask(store))
    with pytest.raises(UserError, match="1 to 5"):
        ratings.add([], [Stars("v", record.answers[0].id, 6, False, "mina", datetime.now(UTC))])
