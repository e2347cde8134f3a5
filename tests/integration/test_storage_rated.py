"""Rated comparisons, a page at a time, with the ratings that count."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from sqlalchemy import Engine

from app.domain.ratings import Outcome, Stars
from storage.comparisons import SqlComparisonStore
from storage.rated import SqlRatedStore
from storage.ratings import SqlRatingStore
from tests.integration.evaluated import Planted, plant
from tests.integration.storing import ask, database, finish, rating


@pytest.fixture
def engine(tmp_path: Path) -> Iterator[Engine]:
    with database(tmp_path) as engine:
        yield engine


def test_only_what_was_rated_comes_with_the_votes_that_count(engine: Engine) -> None:
    store, ratings = SqlComparisonStore(engine), SqlRatingStore(engine)
    rated, _ = finish(store, ask(store, "며칠?")), finish(store, ask(store))
    first = rating(rated, Outcome.LEFT, vote="v1", rater="미나")
    ratings.add([first], [Stars("v1", rated.answers[0].id, 1, False, "미나", first.created_at)])
    second = rating(rated, Outcome.TIE, vote="v2", rater="미나")
    ratings.add([second], [Stars("v2", rated.answers[0].id, 5, False, "미나", second.created_at)])
    (found,) = SqlRatedStore(engine).rated()
    assert found.record == store.get(rated.id)
    assert [r.vote for r in found.ratings] == ["v2"] and [s.stars for s in found.stars] == [5]


def test_a_batch_is_told_from_the_rest_page_by_page(engine: Engine, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("storage.rated._PAGE", 7)
    batch = plant(engine, {"faq": Planted(0.5, 0.2)}, questions=20, raters=2)
    store = SqlComparisonStore(engine)
    other = finish(store, ask(store))
    SqlRatingStore(engine).add([rating(other)], [])
    of_batch = list(SqlRatedStore(engine).rated(batch))
    assert len({r.record.id for r in of_batch}) == len(of_batch) == 20
    assert all(len(r.ratings) == 2 for r in of_batch)
    everything = [r.record.id for r in SqlRatedStore(engine).rated()]
    assert len(everything) == 21 and other.id in everything
    assert list(SqlRatedStore(engine).rated("nobody")) == []
