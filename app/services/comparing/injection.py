"""Marks a passage that reads like instructions to a model: conservative, for a person to look at.

It protects nobody by itself — the passages are fenced as data, and models are told so — but shows
where a document tries. A handbook is full of orders to people ("ignore calls from unknown numbers"),
so only what is plainly said to a model counts.
"""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass

# What is to be forgotten: earlier instructions, the rules, the system prompt.
_RULES = (
    r"(?:(?:all|any|every|the|your|of|these|those|other|previous|prior|preceding|above|earlier|existing|former)\s+){1,5}"
    r"(?:instructions?|prompts?|directives?|guidelines|system\s+(?:prompt|message)s?|rules\s+(?:you|above))"
)
_ENGLISH = (
    rf"\b(?:ignore|disregard|forget|override|bypass|do\s+not\s+(?:follow|obey))\s+{_RULES}",
    r"\byou\s+are\s+(?:now|no\s+longer)\s+(?:an?\s+|the\s+)?(?:\w+\s+){0,3}"
    r"(?:ai|assistant|chat\s?bot|language\s+model|llm|dan|jailbroken|unrestricted)\b",
    r"\b(?:reveal|print|repeat|output|show|disclose|leak)\s+(?:me\s+)?(?:your|the)\s+"
    r"(?:(?:entire|full|hidden|secret|initial|original)\s+)*(?:system\s+)(?:prompt|message|instructions?)",
    r"\b(?:new|updated|real|actual)\s+(?:system\s+)?instructions?\s*(?:for\s+(?:the\s+)?(?:ai|assistant|model))?\s*:",
    r"\b(?:dear|attention|note\s+to(?:\s+the)?|hey|instructions?\s+(?:for|to)(?:\s+(?:the|any|all))?)\s+"
    r"(?:ai|llms?|language\s+models?|chat\s?bots?|ai\s+(?:assistants?|models?|agents?))\b",
    r"\b(?:if|when)\s+you\s+are\s+(?:an?\s+)?(?:ai|llm|language\s+model|chat\s?bot|ai\s+(?:assistant|model|agent))\b",
    r"\b(?:do\s+not|don't|never)\s+(?:tell|inform|reveal\s+(?:this\s+)?to|mention\s+(?:this\s+)?to)\s+the\s+user\b",
    r"\bas\s+an\s+ai(?:\s+(?:language\s+)?model|\s+assistant)?\s*,?\s+you\s+(?:must|should|will|have\s+to)\b",
    r"\b(?:answer|respond|reply)\s+(?:only\s+)?(?:with|that)\s+.{1,80}\s+(?:regardless|no\s+matter)\s+(?:of\s+)?what\s+"
    r"(?:the\s+user|is\s+asked|the\s+question)",
)
_KOREAN = (
    # 이전의 모든 지시를 무시하고 …
    r"(?:이전|앞선|앞의|위의|지금까지의|기존|모든|시스템)\s*(?:의\s*)?(?:모든\s*)?"
    r"(?:지시(?:\s*사항)?|명령|프롬프트|지침|시스템\s*메시지)(?:들)?(?:은|는|을|를)?\s*(?:모두|전부|다|절대)?\s*"
    r"(?:무시|잊|따르지|삭제|폐기|덮어)",
    # 너는 이제 …
    r"(?:너는|넌|당신은|귀하는)\s*(?:이제|지금)(?:부터)?\s*.{0,30}(?:AI|인공지능|챗봇|어시스턴트|언어\s*모델|비서)",
    # 시스템 프롬프트를 출력해
    r"시스템\s*(?:프롬프트|메시지|지시문?|지침)(?:을|를)?\s*(?:그대로\s*|모두\s*|전부\s*)?(?:출력|공개|보여|알려|말해|누설|반복)",
    # 이 문서를 읽는 AI 는 …
    r"(?:읽는|요약하는|처리하는|답하는|보는)\s*(?:AI|인공지능|챗봇|언어\s*모델|어시스턴트)(?:는|은|에게|라면|이라면|\s*모델)",
    r"(?:AI|인공지능|챗봇|언어\s*모델|LLM|어시스턴트)\s*(?:에게\s*(?:지시|명령|전달)|(?:라면|이라면)\s)",
    r"사용자(?:에게|한테)(?:는)?\s*(?:이\s*(?:사실|내용|지시)(?:을|를)\s*)?(?:절대\s*)?(?:알리지|말하지|밝히지)\s*(?:마|말)",
    r"(?:새로운|진짜|실제)\s*(?:시스템\s*)?(?:지시(?:\s*사항)?|명령)\s*:",
)
# What belongs to the wire and never to a document for people: turns of a conversation.
_MARKUP = (
    r"<\|?(?:im_start|im_end|system|assistant|endoftext|eot_id|start_header_id|begin_of_text)\|?>",
    r"\[/?INST\]|<</?SYS>>|</?start_of_turn>|<(?:start|end)_of_turn>",
    r"</(?:source|sources|context|documents?)>\s*\S",
    r"^#{2,4}\s*(?:system|assistant)\s*(?:prompt|message)?\s*:",
    r"(?:^|\n)\s*(?:system|assistant)\s*:\s*(?:you\s+are|ignore|from\s+now)",
)
_PATTERNS = re.compile("|".join(f"(?:{p})" for p in (*_ENGLISH, *_KOREAN, *_MARKUP)), re.IGNORECASE | re.MULTILINE)
# Letters that look like others, and characters without width, hide words from a search but not from a model.
_UNSEEN = re.compile("[\u00ad\u180e\u200b-\u200f\u202a-\u202e\u2060-\u2064\ufe00-\ufe0f\ufeff\U000e0000-\U000e007f]")
_TAGS = re.compile("[\U000e0020-\U000e007e]{4,}")


@dataclass(frozen=True, slots=True)
class Suspicion:
    """Why a passage is marked: the words, with their place in its text."""

    start: int
    end: int
    words: str


def suspicions(text: str) -> tuple[Suspicion, ...]:
    """The places in `text` that read like instructions to a model, in order; none for most texts."""
    plain, places = _plain(text)
    found = [
        Suspicion(places[m.start()], places[m.end() - 1] + 1, text[places[m.start()] : places[m.end() - 1] + 1])
        for m in _PATTERNS.finditer(plain)
        if m.end() > m.start()
    ]
    # Text written in invisible "tag" characters has no reader but a model.
    found += [Suspicion(m.start(), m.end(), "") for m in _TAGS.finditer(text)]
    return tuple(sorted(found, key=lambda s: s.start))


def suspicious(text: str) -> bool:
    return bool(suspicions(text))


def _plain(text: str) -> tuple[str, list[int]]:
    """The text without what cannot be seen and with full-width letters narrowed, and where each character was."""
    characters: list[str] = []
    places: list[int] = []
    for place, c in enumerate(text):
        if _UNSEEN.match(c):
            continue
        narrow = unicodedata.normalize("NFKC", c) if ord(c) > 0x2000 and not "가" <= c <= "힣" else c
        characters.append(narrow)
        places += [place] * len(narrow)
    return "".join(characters), places
