"""The language of short and mixed texts, and what leaked into it."""

from __future__ import annotations

import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.evaluation.language import foreign_runs, language_matches, language_of, without_code


@pytest.mark.parametrize(
    "text",
    [
        "연차는 15일입니다.",
        "네",
        "15일",
        "인사팀",
        "ㅋㅋ 네",
        unicodedata.normalize("NFD", "연차는 15일입니다"),
        "Kubernetes Deployment를 rollout restart 하세요",
        "React의 useState hook은 state를 관리하는 함수입니다.",
        "Terms of Service를 확인하세요",
        "Out of the Box 기능입니다.",
        "AWS Lambda 사용",
        "PDF, DOCX, XLSX 지원",
        "API key 설정 → Settings > API keys",
        "서비스 수준 계약(Service Level Agreement)에 따릅니다.",
        "https://example.com/the/of/and 를 보세요",
        '"I have a dream"는 연설입니다',
        "아래 명령을 실행하세요.\n```bash\nkubectl get the pods for all of the namespaces and then do it\n```",
        "`SELECT * FROM the_table WHERE a IS NOT NULL` 문을 쓰세요",
        "이사(理事)는 3명입니다.",
        "第三條 契約의 解除는 書面으로 한다.",
    ],
)
def test_korean(text: str) -> None:
    assert language_of(text) == "ko"


@pytest.mark.parametrize(
    "text",
    [
        "Yes.",
        "15 days",
        "You get fifteen days a year.",
        "The Korean word 안녕하세요 means hello.",
        "The departments are 인사팀, 개발팀, 영업팀 and 재무팀.",
        'See "연차 규정" for the details.',
        "Docker is a tool for containers (도커).",
        "Müller and Søren work here.",
        "The café is open until 9.",
        "The kanji 水 means water.",
        "Licence: MIT, for all of it.",
    ],
)
def test_english(text: str) -> None:
    assert language_of(text) == "en"


@pytest.mark.parametrize(
    ("text", "language"),
    [
        ("東京タワーは333メートルです。", "ja"),
        ("はい", "ja"),
        ("年假为十五天。", "zh"),
        ("东京", "zh"),
        ("我们使用 Kubernetes Deployment 来管理", "zh"),
        ("Die Antwort ist nicht bekannt.", "other"),
        ("Le congé annuel est de 15 jours.", "other"),
        ("Xin chào, tôi không biết.", "other"),
        ("Ответ неизвестен.", "other"),
        ("สวัสดีครับ", "other"),
    ],
)
def test_other_languages(text: str, language: str) -> None:
    assert language_of(text) == language


@pytest.mark.parametrize("text", ["", "42", "Kim Minsu", "[1] 2026-11-12", "```python\nprint('the and of')\n```", "🙂"])
def test_nothing_to_tell_it_by(text: str) -> None:
    assert language_of(text) is None


@pytest.mark.parametrize(
    ("question", "answer", "matches"),
    [
        ("연차는 며칠인가요?", "15일입니다.", True),
        ("연차는 며칠인가요?", "You get 15 days a year.", False),
        ("연차는 며칠인가요?", "年假为十五天。", False),
        ("How many days do I get?", "연차는 15일입니다.", False),
        ("How many days do I get?", "15 days", True),
        ("Dockerfile에서 ENTRYPOINT와 CMD의 차이는?", "The difference is that CMD can be overridden.", False),
        ("日本の首都は?", "東京", True),
        ("日本の首都はどこですか?", "日本的首都是东京,它是一座很大的城市。", False),
        ("Wie viele Tage sind es?", "Ответ неизвестен.", False),
        # Which of two European languages it is, is not told.
        ("Wie viele Tage sind es?", "Il y a 15 jours.", None),
        ("대표 이름은?", "Kim Minsu", None),
        ("2 + 2 = ?", "4", None),
        # The question itself asks for another language.
        ("“감사합니다”를 영어로 번역해 줘", "Thank you.", None),
        ("다음 문장을 영어로 써 주세요: 안녕", "Hello there.", None),
        ("Answer in Korean: what is the capital of France?", "파리입니다.", None),
    ],
)
def test_the_answer_is_in_the_language_of_the_question(question: str, answer: str, matches: bool | None) -> None:
    assert language_matches(question, answer) is matches


def test_the_language_that_the_set_names_goes_first() -> None:
    assert language_matches("Docker CMD?", "컨테이너가 시작할 때 실행됩니다.", "ko-KR") is True
    assert language_matches("Docker CMD?", "It is run when the container starts.", "ko") is False
    assert language_matches("Docker CMD?", "It is run when the container starts.", "de") is False


def test_letters_of_another_script_leak_into_korean() -> None:
    answer = "이 제품은 非常 좋습니다. また 사용하세요. Привет, 그리고 또 非常 좋습니다."
    assert foreign_runs(answer) == ("非常", "また", "Привет")


@pytest.mark.parametrize(
    "answer",
    [
        "이사(理事)는 3명입니다.",
        "『論語』는 공자의 말씀을 모은 책입니다.",
        "前 대표와 美 정부가 합의했습니다.",
        "각도 α와 저항 10 kΩ, 용량 5 ℓ, 길이 3 μm입니다.",
        "Kubernetes의 Pod를 지우세요.",
        "`正規` 표현식을 쓰세요.",
    ],
)
def test_what_korean_prose_takes_in_is_no_leak(answer: str) -> None:
    assert foreign_runs(answer) == ()


def test_what_the_question_or_a_passage_holds_is_no_leak() -> None:
    assert foreign_runs("漢字는 한자를 뜻합니다.", "漢字란?") == ()
    assert foreign_runs("漢字는 한자를 뜻합니다.", "한자란?", "제1장 漢字") == ()
    assert foreign_runs("漢字는 한자를 뜻합니다.", "한자란?") == ("漢字",)


def test_leaks_into_other_languages() -> None:
    assert foreign_runs("The office is in 부산 and the rest 不明.") == ("부산", "不明")
    assert foreign_runs("The сlоud is free.") == ("с", "о")  # Cyrillic letters that look like Latin ones
    assert foreign_runs("员工每年享有十五天的带薪年假이다。") == ("이다",)
    assert foreign_runs("東京は大きい都市です。") == ()
    assert foreign_runs("42") is None


def test_code_that_is_never_closed_is_code() -> None:
    assert without_code("설명\n```\nlist[0]").strip() == "설명"
    assert without_code("쓰세요: ``a`` 와 `b[1]` 입니다").split() == ["쓰세요:", "와", "입니다"]


@given(st.text(max_size=200))
def test_any_text_has_an_answer(text: str) -> None:
    assert (foreign_runs(text) is None) == (language_of(text) is None)
    assert language_matches(text, text) in (True, None)
