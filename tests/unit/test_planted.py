"""The made-up collection on which search is measured: a fact has one passage, and a question all of its words."""

from __future__ import annotations

import re

import pytest

from benchmarks.planted import Planted, Question, josa, make, plural


@pytest.fixture(scope="module")
def planted() -> Planted:
    return make(1500, 20)


@pytest.mark.parametrize("korean", [True, False], ids=["Korean", "English"])
def test_every_planted_fact_has_a_question(planted: Planted, korean: bool) -> None:
    assert len([q for q in planted.questions if q.korean is korean]) == 20


def test_the_words_of_a_fact_stand_together_in_its_own_passage_only(planted: Planted) -> None:
    pages = [set(re.findall(r"[a-z]+", text.lower())) for text in planted.passages]
    for question in planted.questions:
        if not question.korean:
            fact = re.search(
                r"The ([a-z ]+) of the ([a-z ]+) is \d+ as measured by the (\w+)\.", _at(planted, question)
            )
            assert fact
            words = {word for noun in fact.groups() for word in noun.split()}
            assert [n for n, page in enumerate(pages) if words <= page] == [question.passage]


def test_the_same_seed_makes_the_same_collection() -> None:
    assert make(300, 5) == make(300, 5)
    assert make(300, 5) != make(300, 5, seed=8)


@pytest.mark.parametrize(
    ("text", "chosen"),
    [("휴가은(는)", "휴가는"), ("기준은(는)", "기준은"), ("서울으로(로)", "서울로"), ("부산으로(로)", "부산으로")],
)
def test_a_particle_follows_the_sound_before_it(text: str, chosen: str) -> None:
    assert josa(text) == chosen


@pytest.mark.parametrize(
    ("noun", "plural_of_it"),
    [("fee", "fees"), ("delivery", "deliveries"), ("essay", "essays"), ("status", "statuses"), ("batch", "batches")],
)
def test_a_question_takes_the_english_plural(noun: str, plural_of_it: str) -> None:
    assert plural(noun) == plural_of_it


def _at(planted: Planted, question: Question) -> str:
    return planted.passages[question.passage]
