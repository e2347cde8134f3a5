"""Where sentences begin and end."""

from __future__ import annotations

import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.domain.sentences import cleaned, is_heading, sentences


def split(text: str) -> list[str]:
    return [text[a:b] for a, b in sentences(text)]


@pytest.mark.parametrize(
    "parts",
    [
        ["The Busan office opens at 9:30.", "It costs 3.5 won.", "Really?", "Yes!"],
        ["Dr. Kim leads it, e.g. on Mondays.", "It closes at 6 p.m.", "Visitors ring."],
        ["See fig. 3 and No. 5.", "J. Smith of the U.S. Army came at 5 p.m. on Monday."],
        ["They ring at gate B.", "The Seoul office is larger."],
        ["“Stop!” she said.", "Then she left."],
        ["He waited… and left.", "Nothing (or little) happened.)", "Fine."],
        ["Version 2.0.1 is out.", "See example.com/a.html for more."],
        ["부산 사무소는 오전 9시 30분에 엽니다.", "서울은 8시에 열어요!", "정말요?", "네, 그렇습니다."],
        ["2026. 3. 5. 회의를 했습니다.", "비용은 3.5%입니다.", "다음은 2027년입니다."],
        ["그는 “네.”라고 했다.", "그리고 갔다."],
    ],
)
def test_sentences_are_told_apart(parts: list[str]) -> None:
    assert split(" ".join(parts)) == parts


def test_korean_without_the_gap_is_told_apart() -> None:
    assert split("문을 엽니다.하지만 쉽니다.끝.") == ["문을 엽니다.", "하지만 쉽니다.", "끝."]


def test_full_width_marks_need_no_gap() -> None:
    assert split("開店。閉店！") == ["開店。", "閉店！"]


def test_wrapped_prose_is_joined_and_short_lines_are_not() -> None:
    text = "This sentence was wrapped by an editor at some width and\ngoes on here. Next one.\nBusan 9:30\nSeoul 8:00"
    assert split(text) == [
        "This sentence was wrapped by an editor at some width and\ngoes on here.",
        "Next one.",
        "Busan 9:30",
        "Seoul 8:00",
    ]


def test_lists_titles_and_tables_are_parted_by_line() -> None:
    long = "- one thing that is long enough to be taken for wrapped prose"
    text = f"# Title\n{long}\n- two\n1. First. Second.\n| a | b |\n| c | d |"
    assert split(text) == ["# Title", long, "- two", "1. First.", "Second.", "| a | b |", "| c | d |"]


@pytest.mark.parametrize("title", ["# 사무소", "## Offices", "Opening hours", "자주 묻는 질문", "Model K-300 manual"])
def test_titles_are_known(title: str) -> None:
    assert is_heading(title)


@pytest.mark.parametrize("line", ["It opens at nine.", "부산 9시", "- milk", "Busan: 9:30", "Really?", "a, b,", ""])
def test_what_is_no_title(line: str) -> None:
    assert not is_heading(line)


def test_cleaning_composes_hangul_and_drops_what_no_model_takes() -> None:
    assert cleaned("\u1107\u116e\u1109\u1161\u11ab\x00\x07\r\nx\ty\ud800\ufffe") == "부산\nx\ty"


@given(st.text(alphabet='가나다요. .!?\n\tab "A1-#|…。', max_size=200))
def test_only_white_space_lies_between_sentences(text: str) -> None:
    at = 0
    for start, end in sentences(text):
        assert at <= start < end <= len(text)
        assert not text[at:start].strip()
        assert text[start:end] == text[start:end].strip()
        at = end
    assert not text[at:].strip()


@pytest.mark.parametrize("piece", ["a", ".", ". ", "\n", " ", "x. ", "\n \n", ".'", "# h\n", "a.b", "'"])
def test_a_megabyte_of_anything_is_quick(piece: str) -> None:
    text = (piece * 1_000_000)[:1_000_000]
    started = time.process_time()
    sentences(cleaned(text) + "x")
    assert time.process_time() - started < 5
