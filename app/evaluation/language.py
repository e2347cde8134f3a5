"""Which language a text is in — Korean, English, Japanese, Chinese or another — and what does not belong in it.

By script and by the small words, so that it is right for a line as well as for a page. What says
nothing of the language is left out first: code, links, file names, quotes, glosses in parentheses.
"""

from __future__ import annotations

import re
import unicodedata
from collections import Counter
from functools import lru_cache

from app.domain.measures import Language

_CODE = re.compile(
    r"(?:^|\n)[ \t]*(?P<fence>`{3,}|~{3,}).*?(?:\n[ \t]*(?P=fence)|\Z)|(?<!`)(?P<tick>`++)[^`]++(?P=tick)", re.DOTALL
)
_NAMES = re.compile(
    r"https?://[^\s<>\"'）)\]가-힣]+|www\.[^\s<>\"'）)\]가-힣]+|(?<![\w.+-])[\w.+-]++@[A-Za-z0-9-]+\.[A-Za-z0-9.-]+"
    r"|</?[A-Za-z][^<>\n]*>|(?<![A-Za-z0-9-])[A-Za-z0-9-]++(?:[./\\_][A-Za-z0-9_-]++)+",
    re.ASCII,
)
_QUOTES = re.compile(
    r"“[^”\n]{1,300}”|\"[^\"\n]{1,300}\"|‘[^’\n]{1,300}’(?![A-Za-z])|(?<!\w)'[^'\n]{1,300}'(?![A-Za-z])"
    r"|「[^」\n]{1,300}」|『[^』\n]{1,300}』|《[^》\n]{1,300}》|〈[^〉\n]{1,300}〉|«[^»\n]{1,300}»"
)
_GLOSSES = re.compile(r"\([^()\n]{1,60}\)|（[^（）\n]{1,60}）")

_HANGUL = "ᄀ-ᇿㄱ-ㆎꥠ-ꥼ가-힣ힰ-ퟻﾠ-ￜ"
_KANA = "ぁ-ゖゝ-ゟァ-ヺー-ヿㇰ-ㇿｦ-ﾝ"
_HAN = "㐀-䶿一-鿿々豈-龎\U00020000-\U000323af"
_LATIN = "A-Za-zÀ-ÖØ-öø-ɏḀ-ỿＡ-Ｚａ-ｚ"
_SCRIPTS = (
    ("hangul", re.compile(f"[{_HANGUL}]")),
    ("kana", re.compile(f"[{_KANA}]")),
    ("han", re.compile(f"[{_HAN}]")),
    ("latin", re.compile(f"[{_LATIN}]")),
)
_WORD = re.compile(f"[{_LATIN}]+(?:['’][{_LATIN}]+)*")
_HANGUL_WORD = re.compile(f"(?<![{_HANGUL}])[{_HANGUL}]++(?=[^{_HANGUL}{_LATIN}\\s]*+(?:\\s|$))")
# A Hangul word that ends in a particle or an ending of a verb, and one that ends a sentence.
_KOREAN_WORD = re.compile(r"[은는이가을를에의로와과도만서고면며니지죠오요다까음함됨임나게해한할된될인라]$")
_KOREAN_END = re.compile(
    r"[가-힣](?:다|요|까|죠|오|음|함|됨|임)[\"'”’)\]]*[.!?。…]*[\"'”’)\]]*\s*(?:\n|$|(?<=[.!?。…])\s)"
)

# The commonest words of English; one of another language's below says that it is not English.
_ENGLISH = frozenset(
    """the be is are was were been being am a an and or but not no yes of to in on at by for with from as into than that
    this these those it its he she they we you i his her their our your my who whom whose which what when where why how
    if then else so because while can could may might must shall should will would do does did done have has had there
    here all any both each few more most other some such only own same too very just about after again also before
    between during out over under until up down off once per within without please sorry thanks thank hello hi ok okay
    one two three four five six seven eight nine ten first second third day days week weeks month months year years
    hour hours minute minutes free none nothing never always every new use used using need see say says said get make
    means mean according sources source documents document answer question information available contact unknown
    i'm it's don't can't isn't doesn't you're that's there's won't cannot""".split()  # noqa: SIM905
)
_NOT_ENGLISH = frozenset(
    """der das und ist nicht ein eine einen einem mit für auf den dem sie wir ich werden wird sind auch bei nach kann
    zum zur wie oder aber haben le la les est une et dans pour que qui pas vous nous sur avec sont cette il elle au du
    je ce el los las y es por para con se su del como está más pero muy hay um uma os é em não na dos das são mais ou
    lo gli di è per che sono della nel het een van niet dat zijn voor ook maar yang dan untuk dengan ini itu adalah
    tidak pada dari và là của có không được cho một các ve bir bu için och att det som är nie się jest""".split()  # noqa: SIM905
)

_NAME = (
    "영어|영문|한국어|한글|국문|우리말|일본어|일어|중국어|중문|한문|프랑스어|불어|독일어|스페인어|러시아어"
    "|베트남어|태국어"
)
_ASKED_FOR = re.compile(
    rf"(?:{_NAME})\s?(?:으로|로)|번역|통역|translat"
    r"|\b(?:in|into|to)\s+(?:plain\s+|simple\s+)?(?:english|korean|japanese|chinese|mandarin|french|german|spanish"
    r"|russian|vietnamese|thai|italian|portuguese)\b|(?:英語|日本語|韓国語|中国語)で|翻訳|翻译|翻譯|用(?:英|中|韩|韓|日)[文语語]",
    re.IGNORECASE,
)
# Hanja that Korean prose sets alone before a word, as newspapers do: 前 대표, 美 정부.
_KOREAN_HANJA = frozenset("前現故新舊美中日韓北英佛獨對反親女男")
_SHORT_HAN = 8


def language_of(text: str) -> Language | None:
    """The language of `text`; None when it holds nothing to tell it by: numbers, code, a bare name."""
    return _language(prose(text))


def language_matches(question: str, answer: str, expected: str = "") -> bool | None:
    """Whether the answer is in the language of the question, or in `expected` (a BCP 47 tag) when given.

    None when either language cannot be told, and when the question itself asks for a language or a translation.
    """
    if _ASKED_FOR.search(unicodedata.normalize("NFC", question)):
        return None
    wanted = _of_tag(expected) or language_of(question)
    spoken = language_of(answer)
    if wanted is None or spoken is None:
        return None
    if wanted == spoken == "other":
        # Which one of many is not told here; another script is another language.
        return None if expected or _script(question) == _script(answer) else False
    if wanted == "ja" and spoken == "zh":
        # A short name is written alike in both.
        counts = _scripts(prose(answer))
        return not counts["kana"] and counts["han"] <= _SHORT_HAN
    return wanted == spoken


def foreign_runs(answer: str, *known: str) -> tuple[str, ...] | None:
    """Runs of letters that leaked in from another script, each once; None when the language is unknown.

    Quotes, glosses — 이사(理事) — and what also stands in a `known` text (question, passages) are no
    leaks, nor are Latin letters, which every language borrows, and Greek ones, which are symbols.
    """
    text = prose(answer)
    language = _language(text)
    if language is None:
        return None
    given = unicodedata.normalize("NFC", "\n".join(known))
    runs: dict[str, None] = {}
    for run in _runs(text, language):
        alone = language == "ko" and run in _KOREAN_HANJA
        if not alone and run not in given:
            runs[run] = None
    return tuple(runs)


def prose(text: str) -> str:
    """`text` without code, links, names of files, quotes and glosses — as far as anything is left then."""
    text = unicodedata.normalize("NFC", text)
    for pattern in (_CODE, _NAMES, _QUOTES, _GLOSSES):
        without = pattern.sub(" ", text)
        if pattern is _CODE or any(map(str.isalpha, without)):
            text = without
    return text


def without_code(text: str) -> str:
    """`text` without code blocks and code in a line: brackets in it are no citations."""
    return _CODE.sub(" ", text)


def _language(text: str) -> Language | None:
    counts = _scripts(text)
    eastern = counts["hangul"] + counts["kana"] + counts["han"]
    if counts["other"] > counts["latin"] + 2 * eastern:
        return "other"
    if not eastern:
        return _western(text) if counts["latin"] else None
    guess = _eastern(counts)
    if not counts["latin"]:
        return guess
    english = _words(text)[0]
    if guess == "ko":
        hangul = _HANGUL_WORD.findall(text)
        korean = sum(bool(_KOREAN_WORD.search(word)) for word in hangul) + 2 * len(_KOREAN_END.findall(text))
        return "ko" if korean >= english else "en"
    # A character of theirs says about as much as three letters.
    return guess if not english or 3 * eastern >= counts["latin"] else "en"


def _eastern(counts: Counter[str]) -> Language:
    if counts["hangul"] > counts["kana"] and 4 * counts["hangul"] >= counts["han"]:
        return "ko"
    return "ja" if 10 * counts["kana"] >= counts["kana"] + counts["han"] else "zh"


def _western(text: str) -> Language | None:
    english, other = _words(text)
    if other > english:
        return "other"
    return "en" if english else None


def _words(text: str) -> tuple[int, int]:
    """(words that are plainly English, words that plainly are not)."""
    english = other = 0
    for match in _WORD.finditer(text):
        word = match.group().replace("’", "'")
        small = word.lower()
        english += small in _ENGLISH
        # Names keep their accents in English, and MIT is no preposition: only small words tell another language.
        other += (small in _NOT_ENGLISH and not word.isupper()) or (not word.isascii() and word == small)
    return english, other


def _scripts(text: str) -> Counter[str]:
    return Counter(script for c in text if (script := _script_of(c)))


def _script(text: str) -> str:
    counts = _scripts(prose(text))
    return max(counts, key=lambda script: counts[script]) if counts else ""


@lru_cache(maxsize=65_536)
def _script_of(c: str) -> str:
    """The script of a letter; empty for what is none, and for Greek, which stands as a symbol in any text."""
    for script, pattern in _SCRIPTS:
        if pattern.match(c):
            return script
    if not c.isalpha():
        return ""
    plain = unicodedata.normalize("NFKC", c)[0]
    if plain != c:
        return _script_of(plain)
    return "" if unicodedata.name(c, "").startswith("GREEK") else "other"


_FOREIGN: dict[Language, frozenset[str]] = {
    "ko": frozenset({"han", "kana", "other"}),
    "en": frozenset({"hangul", "han", "kana", "other"}),
    "ja": frozenset({"hangul", "other"}),
    "zh": frozenset({"hangul", "kana", "other"}),
    "other": frozenset(),
}


def _runs(text: str, language: Language) -> list[str]:
    """Stretches of letters in scripts that are foreign to `language`, as they stand."""
    foreign = _FOREIGN[language]
    runs: list[str] = []
    run = ""
    for c in text:
        if _script_of(c) in foreign or (run and unicodedata.category(c) == "Mn"):
            run += c
        elif run:
            runs.append(run)
            run = ""
    return [*runs, run] if run else runs


def _of_tag(tag: str) -> Language | None:
    main = tag.replace("_", "-").split("-")[0].lower()
    tags: dict[str, Language] = {"ko": "ko", "en": "en", "ja": "ja", "zh": "zh"}
    return tags.get(main, "other" if main else None)
