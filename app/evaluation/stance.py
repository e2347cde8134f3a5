"""Whether a text answers, will not answer, or says that the sources (or its knowledge) do not hold the answer.

English and Korean. It goes by how such sentences are put, and only by the first ones: a long answer whose
last line names what is missing is an answer. Told on purpose narrowly — "the customer cannot check it"
is no refusal — so a refusal in unusual words passes as an answer.
"""

from __future__ import annotations

import re

from app.domain.citations import cited
from app.domain.measures import Language, Stance
from app.domain.sentences import sentences

_HELP = (
    r"(?:help|assist|comply|provide|answer|fulfil+|do\s+(?:that|this)|discuss|generate|create|share|support|engage"
    r"|continue|respond|give|write|offer|process|complete|recommend)"
)
_CANNOT = (
    r"(?:can't|cannot|can\s+not|couldn't|could\s+not|won't|will\s+not|(?:am|'m|was)\s+(?:unable|not\s+able|not\s+allowed"
    r"|not\s+permitted)\s+to)"
)
_TEXTS = r"(?:sources?|documents?|passages?|context|texts?|materials?|excerpts?|(?:given|provided)\s+information)"
_PAPERS = rf"(?:{_TEXTS}|handbooks?|polic(?:y|ies)|agreements?|contracts?|faqs?|manuals?|guides?)"
_NOT = r"(?:do(?:es)?\s+not|don't|doesn't|did\s+not|didn't)"

_REFUSED = (
    rf"\bI\s*{_CANNOT}\s+(?:\w+\s+){{0,2}}{_HELP}\b",
    rf"\bI(?:'m|\s+am)\s+sorry,?\s+(?:but\s+)?(?:I\s*)?{_CANNOT}\s+(?:do|help|assist)",
    r"\bas\s+an?\s+(?:AI|artificial\s+intelligence)\b.{0,80}\b(?:can't|cannot|unable|not\s+able|don't|won't|not\s+allowed)",
    r"\bI(?:'m|\s+am)\s+not\s+(?:able|allowed|permitted|comfortable|going|willing)\s+(?:to|with)\b",
    r"\bI\s+(?:must|have\s+to|need\s+to)\s+(?:\w+\s+)?(?:decline|refuse)\b",
    r"\b(?:against|violates?)\s+(?:my|our)\s+(?:\w+\s+)?(?:guidelines|policy|policies|programming|principles)\b",
    # 죄송하지만 … 드릴 수 없습니다: 드리다 is said of oneself.
    r"(?:드릴|도울|응할|응해\s?줄|들어\s?줄)\s?수(?:가|는)?\s?없",
    r"(?:죄송|미안|유감).{0,60}(?:할|줄|드릴|될|을|릴)\s?수(?:가|는)?\s?없",
    r"(?:저는|제가|AI|인공지능|언어\s?모델|챗봇|어시스턴트).{0,60}(?:할|줄|드릴|을|릴)\s?수(?:가|는)?\s?없",
    r"(?:요청|질문|부탁)(?:에는|에|은|을|하신)?.{0,30}(?:답|응답|대답|답변|수행|처리|제공|도움).{0,12}수(?:가|는)?\s?없",
    r"(?:거절|거부|사양)(?:하겠|할게|해야\s?(?:합니다|할|하겠))",
    r"^(?:답변|대답|응답|도움)(?:을|이)?\s?(?:제공)?(?:할|드릴|줄)\s?수\s?없",
)
_ABSTAINED = (
    # Of any paper: "does not say". Only of "the sources": "does not include", which a contract may well not.
    rf"\b{_PAPERS}\b[^.!?]{{0,60}}\b(?:{_NOT}|(?:is|are)\s+silent|never|fails?\s+to|nowhere)\s*(?:\w+\s+){{0,2}}"
    r"(?:mention|say|state|specify|indicate|answer|address|tell|explain|describe|on\b|about\b)",
    rf"\b{_TEXTS}\b[^.!?]{{0,60}}\b{_NOT}\s+(?:\w+\s+){{0,2}}(?:contain|include|provide|cover|hold|give|discuss|list|have)",
    rf"\b{_TEXTS}\s+(?:(?:above|provided|given|here|that\s+I\s+have)\s+)?(?:contains?|provides?|includes?|has|have|lacks?|offers?)\s+(?:no|nothing|any)\b",
    r"\b(?:not|isn't|aren't|wasn't|nothing|nowhere|no\s+(?:\w+\s+)?(?:information|mention|answer|details?|reference|data))\b"
    rf"[^.!?]{{0,60}}\b(?:in|from|by|within)\s+(?:the|these|those|this|any\s+of\s+the|your|my)\s+(?:\w+\s+){{0,2}}{_PAPERS}\b(?!'s|\s+server)",
    r"\bI\s+(?:really\s+|honestly\s+|do\s+not|don't|simply\s+)*(?:don't|do\s+not)\s+(?:know|have\s+(?:\w+\s+){0,3}"
    r"(?:information|data|details?|knowledge|access))",
    rf"\bI\s*{_CANNOT}\s+(?:\w+\s+)?(?:find|tell|determine|see|locate|say|confirm|verify)\b",
    rf"\bI\s*{_CANNOT}\s+(?:\w+\s+)?answer\b[^.!?]{{0,60}}\b(?:from|based|using|with|because|since|as)\b",
    r"\bthere(?:'s|\s+is|\s+are)\s+(?:no|not\s+enough|insufficient)\s+(?:\w+\s+){0,2}(?:information|mention|data\s+(?:on|about|in)|answer\s+(?:to|in|for))\b",
    r"\b(?:not\s+(?:enough|sufficient)|insufficient)\s+(?:information|context|data|details?)\b",
    r"\bI(?:'m|\s+am)\s+not\s+(?:sure|certain|aware)\b",
    r"^(?:unknown|n/a|not\s+(?:known|available|found|specified|mentioned|stated))\W*$",
    # 자료에는 … 나와 있지 않습니다
    r"(?:자료|문서|출처|소스|지문|본문|단락|내용|텍스트|문맥|맥락|컨텍스트|발췌문?|계약서|안내서|핸드북|편람|규정집?|FAQ|매뉴얼|정보)"
    r"(?:들)?(?:에서는|에서도|에서|에는|에도|에|만으로는|만으로|로는|상으로는|상에는|상)\s(?!대해|대한|관해|관한).{0,80}"
    r"(?:나와|나오|언급|명시|기재|포함|설명|정보|내용|답|찾|확인|알\s?수|제시|서술|기술|적혀|규정되|다루|판단|근거).{0,14}"
    r"(?:없|않|못).{0,6}$",
    r"(?:정보|내용|답|답변|해답|관련|질문|자료|근거|기록|여부|언급).{0,40}(?:알|찾을|확인할|파악할|판단할|찾아볼)\s?수(?:가|는)?\s?없.{0,6}$",
    r"^.{0,25}(?:알|찾을)\s?수(?:가|는)?\s?없(?:습니다|어요|음|다|네요)\W*$",
    r"(?:모르겠|모릅니다|몰라요|알지\s?못합니다|알지\s?못해요).{0,6}$",
    r"(?:관련된?|대한|충분한|해당하는|필요한)\s(?:정보|내용|언급|기록|답|설명|자료|근거|문서)(?:이|가|은|는|도)?\s?"
    r"(?:나와\s?있지|포함되어\s?있지|포함돼\s?있지|찾지|충분하지|부족|없|제공되지).{0,12}$",
    r"(?:정보|자료|근거)(?:이|가)?\s?(?:부족|불충분|충분하지).{0,20}$",
    # … 없어(서) 답변드릴 수 없습니다: what is missing is the reason
    r"(?:정보|자료|내용|문서|근거|출처|언급|답).{0,30}(?:없|않|못)(?:어|아|으므로|으니|기\s?때문에|하여|해)서?.{0,30}"
    r"(?:답|알려|말씀|제공).{0,16}(?:없|어렵).{0,6}$",
)
_REFUSAL = re.compile("|".join(f"(?:{p})" for p in _REFUSED), re.IGNORECASE)
_ABSTENTION = re.compile("|".join(f"(?:{p})" for p in _ABSTAINED), re.IGNORECASE)

_TURN = re.compile(
    r"\b(?:but|however|that\s+said|nevertheless|though)\b|다만|하지만|그러나|그렇지만|(?<=지)만(?=[,\s])", re.IGNORECASE
)
# What may follow without being an answer: an offer, an advice whom to ask.
_OFFER = re.compile(
    r"\b(?:contact|ask|consult|check\s+with|reach\s+out|provide\s+(?:me|more)|let\s+me\s+know|happy\s+to|glad\s+to|feel\s+free"
    r"|I\s+can\s+(?:help|offer|try|still)|if\s+you|please|would\s+you|recommend|suggest)\b"
    r"|문의|연락|도와\s?드|제공해\s?주|말씀해\s?주|알려\s?주|주시면|바랍니다|확인하시|참고하",
    re.IGNORECASE,
)
_LOOKED_AT = 3
_SHORT_TURN, _SHORT_REST = 20, 200


def stance_of(text: str, language: Language | None) -> Stance | None:
    """Of prose in `language`; None for one that is read neither as English nor as Korean, or for no text."""
    text = text.replace("’", "'")
    said = [text[start:end] for start, end in sentences(text)]
    for n, sentence in enumerate(said[:_LOOKED_AT]):
        # A sentence that gives its reason is an abstention even where it says "I cannot answer".
        stated = sentence.rstrip(" .!?。…)\"'")
        stance: Stance = "abstention"
        match = _ABSTENTION.search(stated)
        if match is None:
            stance, match = "refusal", _REFUSAL.search(stated)
        if match is not None:
            rest = [s for s in said[:n] + said[n + 1 :] if not (_ABSTENTION.search(s.rstrip(" .")) or _OFFER.search(s))]
            return "answer" if _answers(sentence[match.end() :], rest, said[n + 1 :]) else stance
    return "answer" if said and language in ("ko", "en", None) else None


def _answers(tail: str, rest: list[str], after: list[str]) -> bool:
    """Whether what stands beside the "no" answers after all: "… but it is about 30 days"."""
    turn = _TURN.search(tail)
    turned = tail[turn.end() :] if turn else ""
    if not turned and after and (opening := _TURN.match(after[0])):
        turned = after[0][opening.end() :]
    if (
        turned
        and not _OFFER.search(turned)
        and not _ABSTENTION.search(turned)
        and (bool(cited(turned)) or _weight(turned) >= _SHORT_TURN)
    ):
        return True
    return sum(map(_weight, rest)) > _SHORT_REST


def _weight(text: str) -> int:
    """Characters, those of Korean twice: they say about as much as two Latin ones."""
    return sum(2 if c >= "ᄀ" else 1 for c in text.strip())
