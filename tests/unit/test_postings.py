"""Terms as numbers, and their weights packed into rows."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.retrieval.tokenising import Stems
from storage.postgres import postings
from storage.postgres.postings import Postings, numbered, term_id, weigh

TEXTS = ["연차휴가는 20일입니다. PGVector로  검색", "", "the invoices, the INVOICE\n휴가", "  ", "!"]


class Whole:
    """The same terms, from a tokeniser that is asked for whole texts."""

    terms = Stems().terms
    question = Stems().question


@given(st.lists(st.text(alphabet="가나휴는을ab9 .,'\n\u3000e\u0301", max_size=30), max_size=6))
def test_the_numbers_of_a_texts_words_are_those_of_its_terms(texts: list[str]) -> None:
    for one, other in zip(numbered(Stems(), texts), numbered(Whole(), texts), strict=True):
        assert one.tolist() == other.tolist()


def test_words_that_were_forgotten_are_numbered_anew(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(postings, "_REMEMBERED", 2)
    tokeniser = Stems()
    for _ in range(3):
        assert numbered(tokeniser, TEXTS)[0].tolist() == numbered(Whole(), TEXTS)[0].tolist()


def test_a_text_of_as_many_words_as_were_forgotten_has_its_own_terms(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(postings, "_REMEMBERED", 3)
    tokeniser = Stems()
    for text in ("apple banana cherry", "date elder fig", "grape 사과 배"):
        assert numbered(tokeniser, [text])[0].tolist() == numbered(Whole(), [text])[0].tolist()


def test_a_tokeniser_that_fails_once_leaves_nothing_wrong_behind() -> None:
    class Failing:
        failed = False

        def terms(self, text: str) -> Sequence[str]:
            return text.split()

        question = terms

        def of_word(self, word: str) -> Sequence[str]:
            if word == "bad" and not self.failed:
                self.failed = True
                raise RuntimeError(word)
            return [word]

    tokeniser = Failing()
    with pytest.raises(RuntimeError):
        numbered(tokeniser, ["good bad"])
    assert numbered(tokeniser, ["bad good new"])[0].tolist() == [term_id(word) for word in ("bad", "good", "new")]


def test_a_passage_that_says_a_word_more_often_weighs_more_and_a_longer_one_less() -> None:
    found = weigh(Stems(), ["zebra zebra", "zebra", "zebra " + "other " * 40], 10)
    once = {
        int(p): float(w)
        for t, p, w in zip(found.term, found.passage, found.weight, strict=True)
        if t == term_id("zebra")
    }
    assert once[0] > once[1] > once[2]
    terms, counts = found.frequencies()
    assert dict(zip(terms, counts, strict=True))[term_id("zebra")] == 3


def test_a_row_holds_no_more_than_an_index_takes_and_reaches_no_further_than_four_bytes() -> None:
    passages = np.array([0, *range(40_000, 40_600)], np.int32)
    found = Postings(np.full(601, 7, np.int32), passages, np.full(601, 0.5, np.float32))
    starts = found._rows()
    rows = np.split(passages, starts[1:])
    assert [len(row) for row in rows] == [1, 249, 250, 101]
    assert max(int(row[-1] - row[0]) for row in rows) < postings.REACH
