"""A passage with what matters marked in it: the words of the question, and what reads like instructions to a model."""

from __future__ import annotations

import re
from collections.abc import Iterable
from html import escape

from app.services.comparing.injection import suspicions

Span = tuple[int, int]

_WORD = re.compile(r"[^\W_]+")
_HANGUL = re.compile(r"[가-힣]+")
_MOST_WORDS = 40
# Words of a question that say nothing of what it is about.
_EMPTY_WORDS = (
    "a an and are as at be been by can could did do does for from had has have how i if in is it its me my of on or our"
    " shall should so than that the their them then there these they this to us was we were what when where which who"
    " whom whose why will with would you your"
    " 무엇 무엇인가요 언제 어디 누구 어떻게 얼마 얼마나 있나요 있는 있습니까 인가요 되나요 하나요 수 몇"
)
_EMPTY = frozenset(_EMPTY_WORDS.split())


def question_spans(text: str, question: str) -> list[Span]:
    """Where words of the question stand in `text`: whole words and their other endings; Hangul without its particle."""
    folded = text.lower()
    if len(folded) != len(text):  # a letter that grows when lowered would move everything after it
        folded = text
    words = dict.fromkeys(w for w in _WORD.findall(question.lower()) if w not in _EMPTY and len(w) > 1)
    return [span for word in list(words)[:_MOST_WORDS] for span in _found(folded, word)]


def _found(text: str, word: str) -> list[Span]:
    if _HANGUL.fullmatch(word):
        # 연차휴가는 → 연차휴가: what is left when particles and endings go, two syllables at least.
        for length in range(len(word), max(1, len(word) - 4), -1):
            if length > 1 and word[:length] in text:
                return [m.span() for m in re.finditer(re.escape(word[:length]), text)]
        return []
    stem = word[: max(4, len(word) - 3)] if len(word) > 4 and word.isascii() else word
    ending = r"\w{0,4}" if stem != word or len(word) > 3 else ""
    return [m.span() for m in re.finditer(rf"\b{re.escape(stem)}{ending}\b", text)]


def passage_html(text: str, question: str = "") -> str:
    """The text exactly as it is, with what is to be seen in it marked."""
    suspect = [(s.start, s.end) for s in suspicions(text)]
    asked = question_spans(text, question) if question else []
    return f'<div class="us-plain">{_painted(text, asked, suspect)}</div>'


def _painted(text: str, asked: Iterable[Span], suspect: Iterable[Span]) -> str:
    """One walk over the borders of all spans; where both are, the warning is what shows."""
    kinds = [0] * len(text)
    for kind, spans in ((1, asked), (2, suspect)):
        for start, end in spans:
            kinds[start:end] = [kind] * (min(end, len(text)) - start)
    parts, start = [], 0
    for place in range(1, len(text) + 1):
        if place == len(text) or kinds[place] != kinds[start]:
            piece = escape(text[start:place])
            parts.append(_TAGS[kinds[start]].format(piece) if kinds[start] else piece)
            start = place
    return "".join(parts)


_TAGS = ("{}", "<mark>{}</mark>", '<mark class="us-suspect">{}</mark>')
