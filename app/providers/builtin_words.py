"""From prose to the terms that are compared, in English and Korean, without a dictionary.

English words lose their endings by a few rules. Korean words lose their particles and are compared
by pairs of syllables: 무소 of 사무소 is found in 사무소는 and in 부산사무소에서 alike.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator

_TOKEN = re.compile(r"\d+(?:[.,:]\d+)*|[a-z]+(?:['’][a-z]+)?|[가-힣]+|[^\W\d_a-z가-힣]+")
# fmt: off
_STOP = frozenset((
    "a", "an", "the", "of", "to", "in", "on", "at", "for", "from", "by", "with", "about", "into", "and", "or", "but",
    "if", "is", "are", "was", "were", "be", "been", "being", "am", "do", "does", "did", "done", "has", "have", "had",
    "can", "could", "will", "would", "should", "shall", "may", "might", "must", "i", "you", "he", "she", "it", "we",
    "they", "me", "my", "your", "our", "their", "its", "his", "her", "them", "us", "this", "that", "these", "those",
    "there", "here", "what", "which", "who", "whom", "whose", "when", "where", "why", "how", "much", "many", "not",
    "no", "as", "so", "than", "then", "please", "tell", "say", "says", "said", "any", "some", "get", "give",
    "explain", "according", "context", "source", "sources", "following", "answer", "question", "long", "often",
))
_KOREAN_STOP = frozenset((
    "무엇", "무슨", "어떤", "어떻게", "어디", "언제", "누구", "누가", "왜", "몇", "얼마", "얼마나", "어느", "뭐",
    "그리고", "그러나", "하지만", "또는", "및", "이", "그", "저", "것", "수", "등", "때", "좀", "알려", "알려줘",
    "알려주세요", "설명", "설명해", "설명해줘", "무엇인가요", "무엇입니까", "뭐예요", "뭔가요", "언제인가요",
    "어디인가요", "어디에", "있나요", "있습니까", "있어요", "인가요", "입니까", "하나요", "합니까", "되나요",
    "됩니까", "주세요", "해주세요", "대해", "대한", "대해서", "있습니다", "합니다", "됩니다", "입니다", "있다",
    "한다", "된다", "이다", "얼마인가요", "얼마예요", "얼마입니까", "누구인가요", "위해", "위한", "따라", "경우",
    "어떤가요", "무엇을", "무엇이", "하는", "있는", "되는",
))
# The longest first: 에서는 before 는.
_PARTICLES = tuple(sorted((
    "은", "는", "이", "가", "을", "를", "의", "에", "에서", "에게", "에는", "에서는", "에게는", "에서의", "으로",
    "로", "으로는", "로는", "으로서", "로서", "으로써", "로써", "와", "과", "와는", "과는", "도", "만", "만은",
    "부터", "까지", "까지는", "부터는", "보다", "처럼", "마다", "이나", "나", "라도", "이라도", "이란", "란",
    "이라는", "라는", "께서", "한테", "하고", "이며", "며", "입니다", "이에요", "예요", "인가요", "입니까", "이다",
    "인지", "인", "이고", "들", "들은", "들이", "들의", "들을", "들에게",
), key=len, reverse=True))
_VERB_ENDINGS = tuple(sorted((
    "합니다", "합니까", "하나요", "해요", "하는", "한다", "하면", "하고", "하여", "해야", "했습니다", "됩니다",
    "됩니까", "되나요", "돼요", "되는", "된다", "되면", "되어", "되었습니다", "했나요", "할까요", "하려면", "습니다",
    "습니까", "나요", "어요", "아요", "는가요", "은가요", "던가요", "었나요", "았나요", "었습니다", "았습니다",
    "해도", "하지",
), key=len, reverse=True))
# fmt: on


def terms(text: str) -> list[str]:
    """The terms of a text, stop words included, in order, with repeats."""
    folded = unicodedata.normalize("NFC", text).casefold()
    return [term for match in _TOKEN.finditer(folded) for term in _of_word(match.group())]


def query_terms(text: str) -> list[str]:
    """The terms of a question that say what it is about; all of them where nothing else is left."""
    folded = unicodedata.normalize("NFC", text).casefold()
    words = _TOKEN.findall(folded)
    telling = [w for w in words if not _empty(w)]
    return [term for word in telling or words for term in _of_word(word)]


def _empty(word: str) -> bool:
    return word in _STOP or word in _KOREAN_STOP or word.partition("'")[0] in _STOP or _bare(word) in _KOREAN_STOP


def _of_word(word: str) -> Iterator[str]:
    if "가" <= word[0] <= "힣":
        stem = _bare(word)
        if len(stem) == 1:
            yield stem
        for i in range(len(stem) - 1):
            yield stem[i : i + 2]
    elif word[0].isdigit():
        yield word.replace(",", "")
    elif word.isascii():
        yield _stem(re.split("['’]", word)[0])
    else:
        yield word


def _bare(word: str) -> str:
    """A Korean word without the ending of its verb or its particles; at least one syllable stays."""
    for ending in _VERB_ENDINGS:
        if word.endswith(ending) and len(word) > len(ending):
            return word[: -len(ending)]
    for particle in _PARTICLES:
        if word.endswith(particle) and len(word) - len(particle) >= (2 if len(particle) == 1 and len(word) > 2 else 1):
            return word[: -len(particle)]
    return word


def _stem(word: str) -> str:
    """`opens`, `opened`, `opening` → `open`; irregular forms stay apart."""
    if len(word) <= 3:
        return word
    for ending, instead in (
        ("ies", "y"),
        ("sses", "ss"),
        ("ations", "at"),
        ("ation", "at"),
        ("ments", ""),
        ("ment", ""),
    ):
        if word.endswith(ending) and len(word) - len(ending) >= 3:
            return word[: -len(ending)] + instead
    for ending in ("ings", "ing", "ers", "er", "ed", "es", "ly", "s", "e"):
        if word.endswith(ending) and not word.endswith(("ss", "us", "is")) and len(word) - len(ending) >= 3:
            stem = word[: -len(ending)]
            return (
                stem[:-1]
                if len(stem) > 3 and stem[-1] == stem[-2] and stem[-1] not in "lsz"
                else stem.removesuffix("e")
            )
    return word
