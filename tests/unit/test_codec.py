"""What is stored of a value, and what is read of it again."""

from __future__ import annotations

import json
import string
import unicodedata
from datetime import datetime
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy.dialects import sqlite

from app.domain.errors import AnswerError, Fault
from app.domain.evidence import Evidence, Passage, Retrieval
from app.domain.message import Message
from app.domain.models import Sampling
from storage import codec
from storage.columns import Money, UtcDateTime, clean, fold, json_safe
from storage.ids import new_id

anything = st.text(st.characters(exclude_categories=()))
wild_json = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | anything,
    lambda inner: st.lists(inner) | st.dictionaries(anything, inner) | st.tuples(inner, inner),
)


@given(anything)
def test_clean_text_can_be_stored_anywhere_and_loses_no_character_but_two_kinds(text: str) -> None:
    stored = clean(text)
    assert "\0" not in stored
    stored.encode()
    assert len(stored) == len(text)
    assert all(a == b or a == "\0" or "\ud800" <= a <= "\udfff" for a, b in zip(text, stored, strict=True))
    assert clean(stored) == stored


@given(anything)
def test_folding_forgets_the_unicode_form(text: str) -> None:
    assert fold(unicodedata.normalize("NFD", text)) == fold(text) == fold(unicodedata.normalize("NFC", text))


@pytest.mark.parametrize("text", ["ABC", "Straße", "ÀÉÎ", "ΣΊΣΥΦΟΣ", "İstanbul", "한국어 Model", "ǅ"])
def test_folding_forgets_the_case(text: str) -> None:
    assert fold(text.upper()) == fold(text) == fold(text.casefold()) == fold(fold(text))


@given(wild_json)
def test_any_value_becomes_json_that_every_database_takes(value: object) -> None:
    text = json.dumps(json_safe(value), ensure_ascii=False, allow_nan=False)
    text.encode()
    assert "\\u0000" not in text


def test_how_passages_were_found_is_kept_and_changes_no_digest() -> None:
    found = Retrieval("hybrid", 8, 0.042, "weighted", True)
    passages = (Passage("pasted", "붙여 넣음"), Passage("a.pdf", "휴가는 20일", collection="규정집"))
    evidence = Evidence(passages, found)
    stored = codec.evidence_to_json(evidence)
    assert codec.evidence_from_json(stored).retrieval == found
    assert evidence.digest == Evidence(passages).digest and evidence == Evidence(passages)
    assert codec.evidence_from_json(codec.evidence_to_json(Evidence(passages))).retrieval is None


@pytest.mark.parametrize("kept", [None, [], {"mode": "dense"}, {"mode": "dense", "k": 8, "seconds": 1.0, "later": 1}])
def test_what_another_version_kept_of_a_search_is_read_as_far_as_it_is_known(kept: object) -> None:
    evidence = codec.evidence_from_json([{"document": "a.pdf", "text": "x", "retrieval": kept}])
    whole = isinstance(kept, dict) and "k" in kept
    assert evidence.passages[0].text == "x" and evidence.retrieval == (Retrieval("dense", 8, 1.0) if whole else None)


@given(st.builds(Evidence, st.lists(st.builds(Passage, document=st.text(), text=st.text())).map(tuple)))
def test_evidence_keeps_its_digest(evidence: Evidence) -> None:
    stored = Evidence(tuple(Passage(clean(p.document), clean(p.text)) for p in evidence.passages))
    assert codec.evidence_from_json(json.loads(json.dumps(codec.evidence_to_json(stored)))).digest == stored.digest


def test_nothing_given_is_nothing_stored() -> None:
    assert codec.sampling_to_json(Sampling()) == {}
    assert codec.sampling_from_json({}) == Sampling()


def test_what_a_later_version_added_is_left_out() -> None:
    assert codec.sampling_from_json({"top_k": 20, "min_p": 0.1}) == Sampling(top_k=20)
    passage = {"document": "d", "text": "t", "paragraph": 3}
    assert codec.evidence_from_json([passage]) == Evidence((Passage("d", "t"),))


def test_a_fault_of_a_later_version_keeps_its_words() -> None:
    data = codec.error_to_json(AnswerError(Fault.SILENCE, Message("{n} s.", n=60), Message("Wait.")))
    assert isinstance(data, dict)
    error = codec.error_from_json(data | {"kind": "struck_by_lightning"})
    assert error is not None
    assert (error.kind, str(error.message)) == (Fault.INTERNAL, "60 s.")


@pytest.mark.parametrize("usd", ["0", "0.000000000123456789", "1E-10", "12345678901234567890.5", "1E+3"])
def test_money_is_kept_to_the_last_digit_and_written_without_exponent(usd: str) -> None:
    stored = Money().process_bind_param(Decimal(usd), sqlite.dialect())
    assert stored is not None and "E" not in stored
    assert Money().process_result_value(stored, sqlite.dialect()) == Decimal(usd)


def test_a_time_without_a_zone_is_refused() -> None:
    with pytest.raises(ValueError, match="without a zone"):
        UtcDateTime().process_bind_param(datetime(2026, 1, 1), sqlite.dialect())


def test_ids_are_told_apart_by_eye_and_begin_with_a_letter() -> None:
    ids = {new_id() for _ in range(1000)}
    assert len(ids) == 1000
    assert all(len(i) == 16 and i[0] in string.ascii_lowercase for i in ids)
    assert not set("".join(ids)) & set("ilou")
