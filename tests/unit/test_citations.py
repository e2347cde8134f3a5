"""Citations are found as people and models write them."""

from __future__ import annotations

import pytest

from app.domain.citations import Citation, cited, missing, split


def test_text_without_brackets_is_one_part() -> None:
    assert split("No source here.") == ["No source here."]


def test_a_citation_is_cut_out_and_nothing_is_lost() -> None:
    text = "15 days [1], one month later [2, 3]."
    parts = split(text)
    assert parts == ["15 days ", Citation("[1]", (1,)), ", one month later ", Citation("[2, 3]", (2, 3)), "."]
    assert "".join(p if isinstance(p, str) else p.raw for p in parts) == text


@pytest.mark.parametrize(
    ("written", "numbers"),
    [
        ("[1][2]", (1, 2)),
        ("[1,2]", (1, 2)),
        ("[2-4]", (2, 3, 4)),
        ("[2–4]", (2, 3, 4)),
        ("[1, 3-4]", (1, 3, 4)),
        ("[ 7 ]", (7,)),
        ("【2】", (2,)),
        ("[1、2]", (1, 2)),
        ("[3; 1]", (3, 1)),
        ("[1] and again [1]", (1,)),
    ],
)
def test_the_ways_to_write_one(written: str, numbers: tuple[int, ...]) -> None:
    assert cited(written) == numbers


@pytest.mark.parametrize("written", ["[2024]", "[a]", "[]", "[1", "1]", "[1.5]", "[^1]", "[-1]"])
def test_what_is_no_citation(written: str) -> None:
    assert cited(written) == ()


def test_a_range_that_cannot_be_meant_is_not_spelled_out() -> None:
    assert cited("[1-900]") == (1, 900)
    assert cited("[4-2]") == (4, 2)


def test_a_citation_of_a_passage_that_was_not_given_is_named() -> None:
    assert missing("[1] [7] [0]", passages=3) == (7, 0)
