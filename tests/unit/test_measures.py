"""What is measured of an answer, and what does not apply to it."""

from __future__ import annotations

import unicodedata
from dataclasses import asdict

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.domain.evidence import Evidence, Passage
from app.domain.searching import Target
from app.evaluation.measures import closeness, closeness_name, json_form, measure

HANDBOOK = Evidence(
    (
        Passage("faq.ko.md", "충전에는 두 시간이 걸립니다."),
        Passage("편람.pdf", "연차는 15일입니다.", page=3),
        Passage("편람.pdf", "이월은 되지 않습니다.", page=4),
    )
)


def test_everything_at_once() -> None:
    found = measure(
        "연차는 며칠인가요?",
        "연차는 15일이며 [2] 이월되지 않습니다 [3].",
        reference="연차는 15일입니다.",
        targets=(Target("편람.pdf", 3),),
        evidence=HANDBOOK,
    )
    assert (found.characters, found.words) == (28, 6)
    assert (found.language, found.language_matches, found.foreign, found.stance) == ("ko", True, (), "answer")
    assert (found.cited, found.cited_wrongly, found.citations_valid) == ((2, 3), (), True)
    assert (found.found_at, found.retrieval_hit) == (2, True)
    assert found.closeness is not None and 30 < found.closeness < 100
    assert found.json is None


def test_what_does_not_apply_is_none() -> None:
    found = measure("What is 6 × 7?", "42")
    unknown = ("language", "language_matches", "foreign", "cited", "cited_wrongly", "found_at", "closeness", "json")
    assert [asdict(found)[name] for name in unknown] == [None] * len(unknown)
    assert (found.citations_valid, found.retrieval_hit) == (None, None)


def test_an_empty_answer_has_no_language_and_no_stance_but_is_far_from_the_reference() -> None:
    found = measure("연차는?", "", reference="15일입니다.", wants_json=True, evidence=HANDBOOK)
    assert (found.characters, found.language, found.stance, found.cited) == (0, None, None, ())
    assert (found.closeness, found.json, found.citations_valid) == (0.0, "invalid", None)


def test_a_citation_of_a_passage_that_was_not_given_is_wrong() -> None:
    found = measure("?", "It takes two hours [1], as they say [4] [5-6].", evidence=HANDBOOK)
    assert (found.cited, found.cited_wrongly, found.citations_valid) == ((1, 4, 5, 6), (4, 5, 6), False)


def test_brackets_in_code_and_answers_without_documents_cite_nothing() -> None:
    code = "Write `items[9]`, or:\n```python\nitems[7]\n```\nas it says [1]."
    assert measure("?", code, evidence=HANDBOOK).cited == (1,)
    assert measure("?", "See [1].").cited is None


def test_a_search_that_found_nothing_is_a_miss() -> None:
    found = measure("?", "I don't know.", targets=(Target("편람.pdf"),), evidence=Evidence())
    assert (found.found_at, found.retrieval_hit, found.stance) == (0, False, "abstention")


@pytest.mark.parametrize(
    ("target", "rank"),
    [
        (Target("편람.pdf"), 2),
        (Target("편람.pdf", 4), 3),
        (Target("편람.pdf", 5), 0),
        (Target("other.pdf"), 0),
        (Target(unicodedata.normalize("NFD", "편람.pdf"), 3), 2),
    ],
)
def test_the_expected_place_among_the_passages(target: Target, rank: int) -> None:
    assert measure("?", "?", targets=(target,), evidence=HANDBOOK).found_at == rank


def test_text_composed_otherwise_measures_the_same() -> None:
    answer, reference = "연차는 15일입니다.", "연차 휴가는 15일입니다."
    decomposed = unicodedata.normalize("NFD", answer)
    assert measure("연차는?", decomposed, reference=reference) == measure("연차는?", answer, reference=reference)
    assert closeness(decomposed, answer) == 100


def test_closeness_is_chrf_as_it_is_defined() -> None:
    """By hand for runs of one and two characters alone would differ: "abc" to "abd", all orders up to 3."""
    # Shared runs: 1-grams 2 of 3, 2-grams 1 of 2, 3-grams 0 of 1; orders without runs are left out.
    average = (2 / 3 + 1 / 2 + 0) / 3
    assert closeness("abc", "abd") == pytest.approx(100 * average)
    assert closeness("같은 말", "같은말") == 100
    assert closeness_name().startswith("chrF2 (sacreBLEU 2.")


def test_a_nearer_korean_answer_is_nearer() -> None:
    reference = "연차 휴가는 1년에 15일이며 이월되지 않습니다."
    near = closeness("연차 휴가는 일 년에 15일이고 이월되지 않습니다.", reference)
    far = closeness("충전에는 두 시간이 걸립니다.", reference)
    assert near > 50 > 15 > far


@pytest.mark.parametrize(
    ("text", "form"),
    [
        ('{"답": 15, "근거": [1, 2]}', "valid"),
        ("  [1, 2]\n", "valid"),
        ("null", "valid"),
        ('```json\n{"a": 1}\n```', "fenced"),
        ('```\n{"a": 1}\n```\n', "fenced"),
        ('Here it is:\n```json\n{"a": 1}\n```', "invalid"),
        ('{"a": 1} {"b": 2}', "invalid"),
        ("{'a': 1}", "invalid"),
        ('{"a": NaN}', "invalid"),
        ('{"a": 1,}', "invalid"),
        ("", "invalid"),
        ("[" * 100_000, "invalid"),
        ("9" * 5000, "valid"),
    ],
)
def test_json(text: str, form: str) -> None:
    assert json_form(text) == form
    assert measure("?", text, wants_json=True).json == form


@given(st.text(max_size=120), st.text(max_size=120), st.text(max_size=40))
def test_any_texts_can_be_measured(question: str, answer: str, reference: str) -> None:
    found = measure(question, answer, reference=reference, wants_json=True, evidence=HANDBOOK)
    assert found == measure(question, answer, reference=reference, wants_json=True, evidence=HANDBOOK)
    assert found.closeness is None or 0 <= found.closeness <= 100
