"""A made-up collection in Korean and English with planted facts, for measuring search.

Each passage is a dozen sentences whose nouns are drawn by Zipf's law from `nouns.toml`. A planted
fact is a sentence with three nouns whose words stand together in no other passage; nine others hold
two of the three, so that a question is answered by all of its words or not at all. The questions
are in `questions.toml`, to be written by somebody else than the lists in app/retrieval/korean.py.
"""

from __future__ import annotations

import random
import re
import tomllib
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import lru_cache
from itertools import accumulate
from pathlib import Path

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
    "When there is no {b}, the use of the {a} may be limited.",
    "Every month the team compares the {a} with the {b} and keeps a note.",
    "From the {a} to the {b} it takes no more than {n} days.",
    "Once the {c} is finished, send the result to the {a}.",
    "Last year {n} cases of {b} were counted for the {a}.",
)
KOREAN_FACT = "{a}의 {b}은(는) {c} 기준으로 {n}입니다."
ENGLISH_FACT = "The {b} of the {a} is {n} as measured by the {c}."
DISTRACTORS = 9
_SPARE = 1.5  # facts planted for each one wanted: a word of theirs may stand in a passage by chance


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


@dataclass(slots=True)
class _Page:
    """A passage in the making, and the words of its nouns."""

    text: str
    words: set[str]


def make(count: int, questions: int, seed: int = 7) -> Planted:
    """`count` passages, six in ten Korean, and `questions` planted facts in each language, or as many as fit."""
    rng = random.Random(seed)
    korean = [rng.random() < 0.6 for _ in range(count)]
    pages = [_page(rng, k) for k in korean]
    asked: list[Question] = []
    for of_korean in (True, False):
        places = [i for i in range(count) if korean[i] is of_korean]
        rng.shuffle(places)
        facts: list[tuple[tuple[str, ...], int]] = []
        for n in range(min(int(questions * _SPARE), len(places) // (DISTRACTORS + 1))):
            nouns = _three(rng, of_korean)
            here = places[n * (DISTRACTORS + 1) : (n + 1) * (DISTRACTORS + 1)]
            value = f"{rng.randint(11, 9999)}"
            _plant(rng, pages[here[0]], of_korean, nouns, value)
            for m, place in enumerate(here[1:]):
                two = list(nouns)
                two[m % 3] = _noun(rng, of_korean)
                _plant(rng, pages[place], of_korean, two, value[::-1])
            facts.append((nouns, here[0]))
        alone = [(nouns, place) for nouns, place in facts if _stand_together(pages, nouns) == [place]]
        asked += [Question(_question(rng, of_korean, nouns), place, of_korean) for nouns, place in alone[:questions]]
    return Planted(tuple(page.text for page in pages), tuple(asked))


def josa(text: str) -> str:
    """Choose each particle that is written as both, like 은(는), by the syllable before it."""
    for after_consonant, after_vowel in (("은", "는"), ("을", "를"), ("이", "가"), ("과", "와"), ("으로", "로")):
        for mark in (f"{after_consonant}({after_vowel})", f"{after_vowel}({after_consonant})"):
            while (at := text.find(mark)) >= 0:
                final = (ord(text[at - 1]) - 0xAC00) % 28 if "가" <= text[at - 1] <= "힣" else 0
                closed = final != 0 and not (after_vowel == "로" and final == 8)
                text = text[:at] + (after_consonant if closed else after_vowel) + text[at + len(mark) :]
    return text


def plural(noun: str) -> str:
    """The English plural: what `{a}s` in a question means."""
    if re.search(r"(s|x|ch|sh)$", noun):
        return noun + "es"
    return re.sub(r"([^aeiou])y$", r"\1ie", noun) + "s"


def _page(rng: random.Random, korean: bool) -> _Page:
    sentences, words = [], set[str]()
    for _ in range(rng.randint(11, 20) if korean else rng.randint(8, 13)):
        pattern = rng.choice(KOREAN_SENTENCES if korean else ENGLISH_SENTENCES)
        nouns = {name: _noun(rng, korean) for name in "abc"}
        sentences.append(josa(pattern.format(**nouns, n=rng.randint(2, 90))))
        words |= _words(noun for name, noun in nouns.items() if f"{{{name}}}" in pattern)
    return _Page(" ".join(sentences), words)


def _plant(rng: random.Random, page: _Page, korean: bool, nouns: Sequence[str], value: str) -> None:
    a, b, c = nouns
    fact = josa((KOREAN_FACT if korean else ENGLISH_FACT).format(a=a, b=b, c=c, n=value))
    sentences = page.text.split(". ")
    at = rng.randrange(len(sentences))
    page.text = ". ".join([*sentences[:at], fact.rstrip("."), *sentences[at:]])
    page.words |= _words(nouns)


def _stand_together(pages: Sequence[_Page], nouns: Iterable[str]) -> list[int]:
    words = _words(nouns)
    return [n for n, page in enumerate(pages) if words <= page.words]


def _words(nouns: Iterable[str]) -> set[str]:
    return {word for noun in nouns for word in noun.split()}


def _question(rng: random.Random, korean: bool, nouns: Sequence[str]) -> str:
    a, b, c = nouns
    pattern = rng.choice(_patterns()["korean" if korean else "english"])
    return josa(pattern.replace("{a}s", "{many}").format(a=a, b=b, c=c, many=plural(a)))


@lru_cache(maxsize=1)
def _patterns() -> dict[str, list[str]]:
    with Path(__file__).with_name("questions.toml").open("rb") as file:
        return {name: list(patterns) for name, patterns in tomllib.load(file).items()}


@lru_cache(maxsize=2)
def _nouns(korean: bool) -> tuple[list[str], list[str], list[float]]:
    """Heads, tails and how often each head comes, added up."""
    with Path(__file__).with_name("nouns.toml").open("rb") as file:
        found = tomllib.load(file)["korean" if korean else "english"]
    heads = found["heads"].split()
    return heads, found["tails"].split(), list(accumulate(1 / rank for rank in range(1, len(heads) + 1)))


def _noun(rng: random.Random, korean: bool) -> str:
    heads, tails, weights = _nouns(korean)
    head = rng.choices(heads, cum_weights=weights)[0]
    if rng.random() < 0.35:
        return head
    return head + ("" if korean else " ") + rng.choice(tails)


def _three(rng: random.Random, korean: bool) -> tuple[str, str, str]:
    heads, tails, _ = _nouns(korean)
    a, b, c = rng.sample(heads, 3)
    space = "" if korean else " "
    return a + space + rng.choice(tails), b + space + rng.choice(tails), c
