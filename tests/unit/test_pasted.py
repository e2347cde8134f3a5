"""Pasted context becomes passages."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from app.services.comparing.pasted import LONGEST, pasted
from app.services.comparing.prompting import clean


def test_blank_text_gives_no_passage() -> None:
    assert not pasted([("notes", " \n\n\t\n")])


def test_short_paragraphs_share_a_passage() -> None:
    evidence = pasted([("notes", "Returns within 30 days.\n\nShipping is free.\n")])
    assert [p.text for p in evidence.passages] == ["Returns within 30 days.\n\nShipping is free."]


def test_a_long_text_is_parted_at_the_ends_of_sentences() -> None:
    text = " ".join(f"문장 {n}번은 여기에서 끝납니다." for n in range(200))
    passages = pasted([("notes", text)]).passages
    assert len(passages) > 2
    assert all(p.text.endswith("끝납니다.") for p in passages)


def test_each_document_keeps_its_name_and_order() -> None:
    evidence = pasted([("a.txt", "one"), ("b.txt", "two")])
    assert [(p.document, p.text) for p in evidence.passages] == [("a.txt", "one"), ("b.txt", "two")]


@given(st.text(alphabet="가나 .\n\tab。!\x00", max_size=4000))
def test_every_passage_stands_where_it_says_and_nothing_is_lost(text: str) -> None:
    cleaned = clean(text)[0]
    passages = pasted([("t", text)]).passages
    assert all(cleaned[p.start : p.end] == p.text and 0 < len(p.text) <= LONGEST for p in passages)
    assert "".join("".join(p.text for p in passages).split()) == "".join(cleaned.split())
