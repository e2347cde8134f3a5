"""Text cut into the terms of keyword search: what a question and its passage must have in common."""

from __future__ import annotations

import unicodedata
from importlib.util import find_spec

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.domain.documents import TokeniserName
from app.domain.errors import UserError
from app.retrieval import tokenising
from app.retrieval.english import stem as english_stem
from app.retrieval.korean import stem
from app.retrieval.tokenising import Stems, _passage_terms, tokeniser

STEMS = Stems()


def shared(question: str, passage: str) -> set[str]:
    return set(STEMS.question(question)) & set(STEMS.terms(passage))


@pytest.mark.parametrize(
    ("word", "expected"),
    [
        ("검색은", "검색"),
        ("검색에서는", "검색"),
        ("서울로", "서울"),
        ("이메일로", "이메일"),
        ("사용자들에게는", "사용자"),
        ("검색했습니다", "검색"),
        ("검색하려면", "검색"),
        ("설정되었는지", "설정"),
        ("죽었을", "죽"),
        ("시작하기를", "시작"),
        ("보고서로서", "보고서"),
        # What only looks like a particle: the sound before it says no, or a word of two syllables ends in it.
        ("나이", "나이"),
        ("차이", "차이"),
        ("권한", "권한"),
        ("역할", "역할"),
        ("이해", "이해"),
        ("화면", "화면"),
        ("교통사고", "교통사고"),
        ("검색", "검색"),
        ("눈", "눈"),
    ],
)
def test_a_particle_or_ending_is_taken_off_and_nothing_else(word: str, expected: str) -> None:
    assert stem(word) == expected


@pytest.mark.parametrize(
    "ending", ["", "은", "을", "이", "에", "의", "으로", "에서", "에서는", "까지", "부터", "만", "도", "과"]
)
def test_a_noun_is_found_whatever_particle_it_bears_here_and_there(ending: str) -> None:
    assert "승인" in shared("승인은 누가 합니까?", f"팀장 승인{ending} 필요")
    assert "승인" in shared(f"승인{ending} 필요한가요?", "팀장 승인을 받는다")


@pytest.mark.parametrize("word", ["휴가", "회의", "제도", "결과", "도로", "마을", "가을"])
@pytest.mark.parametrize("particle", ["", "에는", "까지"])
def test_a_noun_that_ends_like_a_particle_is_found_with_one_and_without(word: str, particle: str) -> None:
    assert shared(f"{word}", f"이번 {word}{particle}")
    assert shared(f"{word}{particle} 알려주세요", f"이번 {word} 안내")
    assert word in shared(word, f"연간{word}")


def test_a_word_inside_a_compound_is_found() -> None:
    assert shared("검색", "벡터검색을 쓴다") == {"검색"}


def test_a_particle_behind_a_foreign_word_is_no_term() -> None:
    assert STEMS.terms("PGVector로 API를 GPT-4에서는") == ["pgvector", "api", "gpt", "4"]


def test_words_that_only_make_a_question_are_not_asked_for() -> None:
    assert STEMS.question("연차가 며칠인지 알려주세요") == ["연차", "며칠"]
    assert STEMS.question("How many days of leave are there?") == ["many", "day", "leav"]
    assert STEMS.question("무엇입니까?") != []


@pytest.mark.parametrize(
    "forms",
    [
        ("charge", "charges", "charged", "charging"),
        ("policy", "policies"),
        ("run", "runs", "running"),
        ("process", "processes", "processed", "processing"),
        ("invoice", "Invoices", "INVOICE's"),
        ("box", "boxes"),
        ("call", "calls", "called", "calling"),
    ],
)
def test_forms_of_an_english_word_are_one_term(forms: tuple[str, ...]) -> None:
    assert len({tuple(STEMS.terms(form)) for form in forms}) == 1


@pytest.mark.parametrize("word", ["is", "bus", "thing", "bring", "red", "class", "analysis", "this"])
def test_short_words_are_left_whole_enough(word: str) -> None:
    assert len(english_stem(word)) >= min(len(word), 3)


def test_composed_and_decomposed_text_give_the_same_terms() -> None:
    for text in ("검색은 한국어로", "Café déjà-vu", "ＦＵＬＬ width １２"):
        assert STEMS.terms(unicodedata.normalize("NFD", text)) == STEMS.terms(text)
    assert STEMS.terms("Café") == STEMS.terms("cafe")


def test_numbers_are_found_with_and_without_their_commas() -> None:
    assert shared("2000원", "금액은 2,000원입니다") == {"2000", "원"}
    assert STEMS.terms("v1.5") == ["v", "1.5"]


@pytest.mark.parametrize("text", ["", " \n", "?!…", "🙂🙂", "\0", "\ud800"])
def test_text_without_words_has_no_terms(text: str) -> None:
    assert list(STEMS.terms(text)) == [] and list(STEMS.question(text)) == []


def test_other_scripts_are_found_too() -> None:
    assert shared("東京", "東京都の天気") == {"東京"}
    assert shared("Привет", "привет мир") == {"привет"}


_AWKWARD = st.sampled_from(" \t\u00a0\u3000\u2028\u0301\u00a8'.,Σσé검색은가1a")


@given(st.text(st.one_of(_AWKWARD, st.characters()), max_size=25))
def test_a_text_has_the_terms_of_its_runs_whether_its_words_were_met_before_or_not(text: str) -> None:
    expected = [term for kind, run, after in tokenising._runs(text) for term in _passage_terms(kind, run, after)]
    fresh = Stems()
    assert [fresh.terms(text), fresh.terms(text)] == [expected, expected]


def test_memory_of_words_is_bounded(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tokenising, "_REMEMBERED", 10)
    stems = Stems()
    for n in range(100):
        assert stems.terms(f"word{n} {'long' * 50}{n}")
    assert len(stems._words) <= 10
    assert all(len(word) < 100 for word in stems._words)


def test_an_endless_word_is_cut() -> None:
    assert max(map(len, STEMS.terms("a" * 100_000))) <= 40
    assert len(STEMS.terms("가" * 100_000)) <= 40


@pytest.mark.parametrize("name", [n for n in TokeniserName if n is TokeniserName.STEMS or find_spec("kiwipiepy")])
def test_half_of_a_pair_of_surrogates_does_no_harm(name: TokeniserName) -> None:
    assert {"휴가"} & set(tokeniser(name).terms("휴가 \udc80 \0 규정"))


def test_kiwi_reads_korean_where_it_is_installed_and_says_how_to_install_it_where_not() -> None:
    if find_spec("kiwipiepy") is None:
        with pytest.raises(UserError, match=r"`pip install kiwipiepy`"):
            tokeniser(TokeniserName.KIWI)
        return
    kiwi = tokeniser(TokeniserName.KIWI)
    assert {"연차", "휴가"} & set(kiwi.terms("연차휴가를 신청했습니다"))
    assert set(kiwi.question("휴가는 며칠인가요?")) & set(kiwi.terms("휴가를"))
