"""Pasted text becomes passages that stand where they say and cut no sentence."""

from __future__ import annotations

import time

from hypothesis import given
from hypothesis import strategies as st

from app.domain.sentences import cleaned, sentences
from app.retrieval.pasted import ABOUT, MOST, split_pasted


def passages(text: str) -> list[str]:
    return [p.text for p in split_pasted(text).passages]


def test_blank_text_gives_no_passage() -> None:
    assert not split_pasted("") and not split_pasted(" \n\t\x00\n ")


def test_short_paragraphs_share_a_passage_as_they_stand() -> None:
    assert passages("One is here.\n\n  Two is here.\n") == ["One is here.\n\n  Two is here."]


def test_passages_are_named_after_the_document() -> None:
    (passage,) = split_pasted("Text.", document="notes.md").passages
    assert (passage.document, passage.page, passage.score) == ("notes.md", None, None)


def test_a_long_text_is_parted_between_sentences() -> None:
    text = " ".join(f"문장 {n}번은 여기에서 끝납니다. Sentence {n} ends here." for n in range(100))
    found = passages(text)
    assert len(found) > 4
    assert all(p.endswith(".") and len(p) <= ABOUT for p in found)
    assert all(len(p) > ABOUT // 2 for p in found[:-1])


def test_paragraphs_stay_whole_where_they_can() -> None:
    paragraph = "A sentence of some length stands here. " * 12
    found = passages("\n\n".join([paragraph.strip()] * 5))
    assert all(p.startswith("A sentence") and len(p) < ABOUT for p in found)
    assert len(found) == 5


def test_a_title_begins_a_passage_and_never_ends_one() -> None:
    body = "Words of the section stand here. " * 12
    found = passages("\n\n".join(f"# Section {n}\n\n{body.strip()}" for n in range(6)))
    assert len(found) == 6
    assert all(p.startswith("# Section") and p.endswith("here.") for p in found)


def test_an_endless_sentence_is_cut_at_a_space() -> None:
    found = passages("word " * 2_000)
    assert all(len(p) <= MOST and p.startswith("word") and p.endswith("word") for p in found)
    assert all(len(p) <= MOST for p in passages("x" * 10_000))


def test_offsets_are_those_of_the_text_itself_where_it_is_clean() -> None:
    text = "\n\n  One. Two.\n\n" + "Three is longer. " * 100
    for passage in split_pasted(text).passages:
        assert text[passage.start : passage.end] == passage.text


@given(
    st.lists(st.sampled_from(["가나다. ", "Word ", "End. ", "\n", "\n\n", "# T\n", "- x\n", "\x00", "x" * 500, "é"]))
)
def test_nothing_is_lost_or_cut_and_everything_stands_where_it_says(parts: list[str]) -> None:
    text = "".join(parts)
    clean = cleaned(text)
    found = split_pasted(text).passages
    starts = {a for a, _ in sentences(clean)}
    for passage in found:
        assert clean[passage.start : passage.end] == passage.text == passage.text.strip() != ""
        assert len(passage.text) <= 2 * MOST
    assert "".join("".join(p.text for p in found).split()) == "".join(clean.split())
    if len(clean) < ABOUT:
        assert {p.start for p in found} <= starts


def test_a_megabyte_takes_about_a_second() -> None:
    text = ("부산 사무소는 오전 9시 30분에 엽니다. The Busan office opens at 9:30.\n\n" * 20_000)[:1_000_000]
    started = time.process_time()
    split_pasted(text)
    assert time.process_time() - started < 5
