"""A made-up collection in Korean and English with planted facts, for measuring search.

Each passage is a dozen sentences whose nouns are drawn by Zipf's law. A planted fact is a sentence
with three nouns that stand together nowhere else; nine other passages hold two of the three, so that
a question is answered by all of its words or not at all. The questions are in `questions.toml`, to be
written by somebody else than the lists in app/retrieval/korean.py.
"""

from __future__ import annotations

import random
import tomllib
from dataclasses import dataclass
from functools import lru_cache
from itertools import accumulate
from pathlib import Path

KOREAN_HEADS = """
연차 휴가 재택 근무 출장 정산 영수증 계약 견적 검수 납품 재고 창고 배송 환불 결제 청구 세금 급여 성과 평가 채용
면접 교육 훈련 보안 방화벽 비밀번호 계정 권한 서버 백업 복구 로그 배포 장애 점검 회선 장비 설치 검색 색인 문서
양식 서명 결재 승인 반려 회의 안건 회의록 일정 예약 회의실 주차 출입 방문 고객 문의 상담 민원 설문 홍보 광고
행사 박람회 연구 실험 시료 분석 측정 온도 습도 압력 전압 배터리 충전 센서 카메라 로봇 부품 조립 포장 품질 불량
수리 보증 특허 상표 저작권 소송 규정 지침 감사 회계 예산 지출 투자 대출 이자 보험 연금 건강 검진 병원 약국 식당
급식 메뉴 셔틀 통근 기숙사 도서관 열람실 대출증 학생 교수 강의 성적 장학금 졸업 논문 실습 동아리 체육관 수영장
강당 엘리베이터 소방 대피 훈련장 지진 태풍
""".split()  # noqa: SIM905 - a list of words reads best as words
KOREAN_TAILS = """
신청서 담당자 기준 절차 한도 기간 목록 현황 보고서 계획 관리 시스템 지원금 수수료 안내문 번호 대장 위원회 부서
창구 예외 항목 내역 확인서 상한선
""".split()  # noqa: SIM905
ENGLISH_HEADS = """
leave travel receipt contract quote delivery stock warehouse shipping refund payment invoice tax salary review
hiring interview training security firewall password account permission server backup recovery log release
outage inspection line device setup search index document form signature approval rejection meeting agenda
minutes schedule booking room parking entrance visitor customer inquiry survey campaign event fair research
sample analysis measurement temperature humidity pressure voltage battery charger sensor camera robot part
assembly packaging quality defect repair warranty patent trademark copyright lawsuit rule guideline audit
ledger budget expense investment loan interest insurance pension health checkup hospital pharmacy canteen menu
shuttle commute dormitory library reading student professor lecture grade scholarship graduation thesis
workshop club gym pool hall elevator fire evacuation drill earthquake storm
""".split()  # noqa: SIM905
ENGLISH_TAILS = """
form officer standard procedure limit period list status report plan manager system grant fee notice number
register committee department desk exception item record certificate ceiling
""".split()  # noqa: SIM905
KOREAN_SENTENCES = (
    "{a}은(는) {b}에 따라 처리하며 {c}에서 확인할 수 있습니다.",
    "{a}을(를) 변경하려면 먼저 {b}을(를) 제출해야 합니다.",
    "{b}이(가) 없는 경우에는 {a}의 사용이 제한될 수 있다.",
    "담당 팀은 매월 {a}와(과) {b}을(를) 비교하여 기록한다.",
    "{a}에서 {b}까지 걸리는 시간은 {n}일을 넘지 않는다.",
    "{c}이(가) 끝나면 {a}으로(로) 결과를 보내 주십시오.",
    "지난해 {a}의 {b}은(는) {n}건으로 집계되었습니다.",
)
ENGLISH_SENTENCES = (
    "The {a} is handled according to the {b} and can be checked in the {c}.",
    "To change the {a}, submit the {b} first.",
    "Without a {b}, the use of the {a} may be limited.",
    "Every month the team compares the {a} with the {b}.",
    "From the {a} to the {b} it takes no more than {n} days.",
    "Once the {c} is finished, send the result to the {a}.",
    "Last year {n} cases of {b} were counted for the {a}.",
)
KOREAN_FACT = "{a}의 {b}은(는) {c} 기준으로 {n}입니다."
ENGLISH_FACT = "The {b} of the {a} is {n} as measured by the {c}."
DISTRACTORS = 9


@dataclass(frozen=True, slots=True)
class Question:
    """`passage` is the place (from 0) of the one that answers."""

    text: str
    passage: int
    korean: bool


@dataclass(frozen=True, slots=True)
class Planted:
    passages: tuple[str, ...]
    questions: tuple[Question, ...]


def make(count: int, questions: int, seed: int = 7) -> Planted:
    """`count` passages, six in ten Korean, and `questions` planted facts in each language."""
    rng = random.Random(seed)
    korean = [rng.random() < 0.6 for _ in range(count)]
    passages = [_passage(rng, k) for k in korean]
    asked: list[Question] = []
    for of_korean in (True, False):
        places = [i for i in range(count) if korean[i] is of_korean]
        rng.shuffle(places)
        for n in range(questions):
            nouns = _three(rng, of_korean)
            here = places[n * (DISTRACTORS + 1) : (n + 1) * (DISTRACTORS + 1)]
            value = f"{rng.randint(11, 9999)}"
            passages[here[0]] = _with(rng, passages[here[0]], _fact(of_korean, nouns, value))
            for m, place in enumerate(here[1:]):
                two = list(nouns)
                two[m % 3] = _noun(rng, of_korean)
                passages[place] = _with(rng, passages[place], _fact(of_korean, tuple(two), value[::-1]))
            asked.append(Question(_question(rng, of_korean, nouns), here[0], of_korean))
    return Planted(tuple(passages), tuple(asked))


def josa(text: str) -> str:
    """Choose each particle that is written as both, like 은(는), by the syllable before it."""
    for after_consonant, after_vowel in (("은", "는"), ("을", "를"), ("이", "가"), ("과", "와"), ("으로", "로")):
        for mark in (f"{after_consonant}({after_vowel})", f"{after_vowel}({after_consonant})"):
            while (at := text.find(mark)) >= 0:
                final = (ord(text[at - 1]) - 0xAC00) % 28 if "가" <= text[at - 1] <= "힣" else 0
                closed = final != 0 and not (after_vowel == "로" and final == 8)
                text = text[:at] + (after_consonant if closed else after_vowel) + text[at + len(mark) :]
    return text


def _passage(rng: random.Random, korean: bool) -> str:
    sentences = []
    for _ in range(rng.randint(11, 20) if korean else rng.randint(8, 13)):
        pattern = rng.choice(KOREAN_SENTENCES if korean else ENGLISH_SENTENCES)
        nouns = {name: _noun(rng, korean) for name in "abc"}
        sentences.append(josa(pattern.format(**nouns, n=rng.randint(2, 90))))
    return " ".join(sentences)


def _with(rng: random.Random, passage: str, sentence: str) -> str:
    sentences = passage.split(". ")
    at = rng.randrange(len(sentences))
    return ". ".join([*sentences[:at], sentence.rstrip("."), *sentences[at:]])


def _fact(korean: bool, nouns: tuple[str, ...], value: str) -> str:
    a, b, c = nouns
    return josa((KOREAN_FACT if korean else ENGLISH_FACT).format(a=a, b=b, c=c, n=value))


def _question(rng: random.Random, korean: bool, nouns: tuple[str, ...]) -> str:
    a, b, c = nouns
    return josa(rng.choice(_patterns()["korean" if korean else "english"]).format(a=a, b=b, c=c))


@lru_cache(maxsize=1)
def _patterns() -> dict[str, list[str]]:
    with Path(__file__).with_name("questions.toml").open("rb") as file:
        return {name: list(patterns) for name, patterns in tomllib.load(file).items()}


@lru_cache(maxsize=2)
def _weights(count: int) -> list[float]:
    return list(accumulate(1 / rank for rank in range(1, count + 1)))


def _noun(rng: random.Random, korean: bool) -> str:
    heads, tails = (KOREAN_HEADS, KOREAN_TAILS) if korean else (ENGLISH_HEADS, ENGLISH_TAILS)
    head = rng.choices(heads, cum_weights=_weights(len(heads)))[0]
    if rng.random() < 0.35:
        return head
    return head + ("" if korean else " ") + rng.choice(tails)


def _three(rng: random.Random, korean: bool) -> tuple[str, str, str]:
    heads, tails = (KOREAN_HEADS, KOREAN_TAILS) if korean else (ENGLISH_HEADS, ENGLISH_TAILS)
    a, b, c = rng.sample(heads, 3)
    space = "" if korean else " "
    return a + space + rng.choice(tails), b + space + rng.choice(tails), c
