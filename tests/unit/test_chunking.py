"""Passages: nothing lost, nothing invented, parted where a reader would part."""

from __future__ import annotations

import itertools
import re

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from app.domain.documents import Chunk, Chunking
from app.domain.errors import UserError
from app.domain.loading import Heading
from app.domain.models import ModelRef
from app.retrieval.chunking import Section, StructureChunker, chunk, sections_of

WORDS = st.sampled_from(
    ["연차는", "십오", "일이다.", "Leave", "is", "granted.", "Why?", "a,", "b;", "x" * 70, "値段。高い。"]
)
BLANKS = st.sampled_from([" ", "\n", "\n\n", "  \n \n", "\t"])
TEXTS = st.lists(st.tuples(WORDS, BLANKS), max_size=120).map(lambda parts: "".join(w + b for w, b in parts))


def words_counted(text: str) -> int:
    return len(text.split())


@settings(max_examples=150, deadline=None)
@given(
    TEXTS,
    st.integers(50, 200),
    st.floats(0, 0.5),
    st.sampled_from(["characters", "tokens"]),
    st.lists(st.integers(0, 2000), max_size=4),
    st.lists(st.integers(0, 2000), max_size=4),
)
def test_passages_are_the_text_itself_cover_it_and_fit(text, size, share, unit, pages, sections) -> None:
    chunking = Chunking(size, int(size * share), unit)
    starts = sorted({0, *(p for p in pages if p < len(text))}) if pages else []
    made = chunk(
        text,
        chunking,
        page_starts=starts,
        sections=[Section(s, (f"S{s}",)) for s in sorted(set(sections)) if s < len(text)],
        count_tokens=words_counted,
    )
    covered = set()
    for c in made:
        assert c.text == text[c.start : c.end] and c.text == c.text.strip() and c.text
        assert (len(c.text) if unit == "characters" else words_counted(c.text)) <= size
        covered.update(range(c.start, c.end))
        if starts:
            assert c.page == sum(s <= c.start for s in starts)
            assert not any(c.start < s < c.end for s in starts)
    assert all(text[i].isspace() for i in range(len(text)) if i not in covered)
    assert [c.start for c in made] == sorted(c.start for c in made)


def test_short_text_is_one_passage() -> None:
    assert chunk("One.\n\nTwo.", Chunking()) == [Chunk("One.\n\nTwo.", 0, 10)]


def test_paragraphs_are_not_parted_when_they_need_not_be() -> None:
    paragraphs = ["A" * 10 + f" paragraph {n}." for n in range(6)]
    made = chunk("\n\n".join(paragraphs), Chunking(60, 0))
    assert [c.text for c in made] == ["\n\n".join(paragraphs[n : n + 2]) for n in (0, 2, 4)]


def test_a_long_paragraph_is_parted_at_sentences_korean_too() -> None:
    sentence = "신입 사원은 첫해에 십오 일의 휴가를 받는다."
    made = chunk(" ".join([sentence] * 10), Chunking(80, 0))
    assert all(c.text.endswith("받는다.") and c.text.startswith("신입") for c in made)


def test_neighbours_share_whole_sentences_up_to_the_overlap() -> None:
    text = " ".join(f"Sentence number {n:02} is here." for n in range(20))
    made = chunk(text, Chunking(120, 60))
    for before, after in itertools.pairwise(made):
        shared = text[after.start : before.end]
        assert 0 < len(shared) <= 60
        assert re.fullmatch(r"Sentence number \d\d is here\.( Sentence number \d\d is here\.)*", shared)


def test_a_run_without_blanks_is_cut_where_it_is_full() -> None:
    assert [len(c.text) for c in chunk("가" * 250, Chunking(100, 0))] == [100, 100, 50]


def test_sections_are_not_mixed_and_carry_their_path() -> None:
    text = "# Leave\n" + "Days are granted. " * 30 + "\n## Sick\n" + "A note is needed. " * 30
    at = text.index("## Sick")
    made = chunk(text, Chunking(300, 50), sections=sections_of([Heading(0, 1, "Leave"), Heading(at, 2, "Sick")]))
    assert {c.heading for c in made} == {"Leave", "Leave › Sick"}
    assert all((c.heading == "Leave") == (c.end <= at) for c in made)


def test_a_bare_heading_goes_with_the_section_below_it() -> None:
    text = "# Handbook\n\n## Leave\n\nFifteen days."
    made = chunk(text, Chunking(), sections=sections_of([Heading(0, 1, "Handbook"), Heading(12, 2, "Leave")]))
    assert [(c.text, c.heading) for c in made] == [(text, "Handbook › Leave")]


def test_small_sections_share_a_passage_under_what_they_share() -> None:
    text = "# FAQ\n## A\nyes yes\n## B\nno no"
    headings = [Heading(0, 1, "FAQ"), Heading(6, 2, "A"), Heading(19, 2, "B")]
    assert [c.heading for c in chunk(text, Chunking(), sections=sections_of(headings))] == ["FAQ"]


def test_a_passage_does_not_cross_pages() -> None:
    made = chunk("First page.\n\nSecond page.", Chunking(), page_starts=(0, 11))
    assert [(c.text, c.page) for c in made] == [("First page.", 1), ("Second page.", 2)]


def test_a_heading_closes_those_of_its_level_and_below() -> None:
    headings = [Heading(0, 1, "A"), Heading(1, 3, "B"), Heading(2, 2, "C"), Heading(3, 1, "D")]
    assert [s.path for s in sections_of(headings)] == [("A",), ("A", "B"), ("A", "C"), ("D",)]


def test_tokens_need_a_counter_and_are_counted_by_it() -> None:
    made = chunk("one two three. " * 60, Chunking(60, 0, "tokens"), count_tokens=words_counted)
    assert [words_counted(c.text) for c in made] == [60, 60, 60]
    with pytest.raises(ValueError, match="count_tokens"):
        chunk("x", Chunking(60, 0, "tokens"))


@pytest.mark.parametrize("chunking", [Chunking(10, 0), Chunking(100_000, 0), Chunking(900, 500), Chunking(900, -1)])
def test_sizes_that_cannot_be_are_refused(chunking: Chunking) -> None:
    with pytest.raises(UserError):
        chunk("text", chunking)


def test_a_documents_own_structure_is_followed() -> None:
    class Words:
        def count(self, text, model):
            return words_counted(text), True

    headings = [Heading(0, 1, "Leave")]
    made = StructureChunker(Words())("Leave\n\nDays.", (0,), headings, Chunking(60, 0, "tokens"), ModelRef("a", "b"))
    assert made == [Chunk("Leave\n\nDays.", 0, 12, 1, "Leave")]
