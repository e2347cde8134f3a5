"""Korean words without their particles and endings, by list and by the rule of final consonants.

After a noun the particle follows its sound: 은, 이, 을, 과, 으로 come after a final consonant, 는, 가,
를, 와, 로 after a vowel. 나이 therefore ends in no particle, and 회의 may: what is left in doubt is
kept in the passage both ways and asked for without.
"""

from __future__ import annotations

# Particles and forms of 이다 that follow only a final consonant, only a vowel (로 also after ㄹ), or either.
_AFTER_CONSONANT = """
은 이 을 과 으로 이나 이란 이라 이라고 이라는 이라도 이라면 이라서 이랑 이며 이든 이든지 이야 이야말로 으로서
으로써 으로는 으로도 으로의 으로만 으로까지 으로부터 이고 일 임 이면 이지만 이다 이에요 이었다 이었습니다
이었던 이므로 이니 이나요 과의 과는 과도
""".split()  # noqa: SIM905
_AFTER_VOWEL = """
는 가 를 와 로 나 란 라 라고 라는 라도 라면 랑 며 든지 야 야말로 로서 로써 로는 로도 로의 로만 로까지 로부터
예요 였다 였습니다 였던 와의 와는 와도
""".split()  # noqa: SIM905
_AFTER_ANY = """
의 에 도 만 에서 에게 에게서 한테 한테서 께 께서 까지 부터 마다 밖에 보다 처럼 만큼 조차 마저 대로 커녕 뿐 뿐만
뿐이 같이 끼리 씩 에는 에도 에만 에의 에서는 에서도 에서의 에서만 에서부터 에서까지 에게는 에게도 에게만 까지는
까지도 까지의 까지만 부터는 부터의 부터도 만의 만을 만이 만은 만으로 보다는 보다도 처럼은 마다의 들 들은 들이
들을 들의 들에 들에게 들에서 들도 들과 들로 들만 들까지 인데 인지 인가 인가요 입니까 입니다 일까 일까요 인지를
인지는 이란 하고 한테는 께서는 요
""".split()  # noqa: SIM905

# What may follow the stem of any verb, and what follows its past.
_ENDINGS = """
는 는데 는지 는지를 는지는 는가 는가요 는다 는다면 고 고서 고자 며 면 면서 려 려고 려면 려는 지 지만 지는 지도
지를 지않 기 기에 기는 기를 기가 기도 기로 기만 기위해 기위한 도록 거나 게 게끔 나 나요 니 니까 므로 던 더라도
자 자마자 다가 느라 네요 군요 죠 지요 세요 십시오 시오 시면 실 신 십니까 시나요 셔야 시는 여 여서 여야 여도
여야만 여요
""".split()  # noqa: SIM905
_AFTER_PAST = """
다 습니다 습니까 고 던 는데 는지 는가 을 을까 을까요 을때 을경우 나 나요 지만 으면 으며 으니 으나 으므로 어
어요 어도 어야 네요 군요 다면 다고 다는 다가 기 기에 음 음을 죠 지요 더라도 거든요
""".split()  # noqa: SIM905
# Of ㄴ, ㄹ, ㅁ and ㅂ written into the stem's last syllable: 한, 할, 함, 합.
_AFTER_N = """
다 다면 다고 다는 다며 데 지 가 가요 지를 지는 경우 후 뒤
""".split()  # noqa: SIM905
_AFTER_L = """
지 지를 지는 까 까요 때 때는 때의 수 게 게요 경우 뿐
""".split()  # noqa: SIM905
_AFTER_M = """
은 을 이 에 의 에도 으로 으로써 과
""".split()  # noqa: SIM905
_AFTER_B = """
니다 니까 시다 니다만
""".split()  # noqa: SIM905
_AFTER_E = """
서 서는 서도 야 야만 야하 야할 도 요 라 주 주세요 줘 줘요 주는 주면 두 둬 보 봐 본 볼 놓 버리 달라 주십시오
줍니다 주나요 있 집 진 지는
""".split()  # noqa: SIM905
# Forms of verbs that take another final consonant first, with the stem of one syllable or more before them.
_OTHERS = """
습니다 습니까 겠습니다 겠다 으면 으면서 으며 으려면 으려고 으려는 으니 으니까 으나 으므로 을까 을까요 을지 을때
은지 은데 은가 은가요 으세요 으십시오 어서 아서 어도 아도 어야 아야 어요 아요 어야만 아야만 는데 는지 는지를
는가 나요 는다 는다면 는다고 지만 지는 지도 도록 거나 더라도 려면 려고 세요 십시오 십니까 시나요 기에 기는 기를
기가 기도 기로 므로 자마자 면서 스럽 스러운 스럽게 로운 롭게 적인 적으로 적이며 어진 아진 어지는 아지는
""".split()  # noqa: SIM905

# What only makes a question of what is asked about: as written, or as it is left by the lists above.
_STOP_WORDS = """
무엇 무엇인 뭐 뭔 뭘 뭔가 뭔지 뭐야 뭐지 뭐예 무슨 무얼 어떤 어떻 어떻게 어떠 어디 어디서 어디에 언제 누구 누가
누굴 얼마 얼마나 얼만 얼마큼 몇 어느 어떨 왜 어째서 어찌 알려 알려줘 알려주 알려주세요 말해 말하 설명 설명해
설명해줘 가르쳐 보여 보여줘 찾아 찾아줘 찾 궁금 알고 알 싶 싶은 싶어 싶습니다 싶습 대해 대하 대한 대해서 관해
관하 관한 관해서 위해 위하 위한 위해서 통해 통한 통하 따라 따른 따르 의해 의한 경우 때 때문 것 거 건 게 걸 수
등 및 또는 그리고 그런데 하지만 그 이 저 그것 이것 저것 여기 거기 저기 제 내 나 저희 우리 좀 더 잘 꼭 혹시 만약
만일 정도 쯤 바 데 줄 점 중 있 있는 있나 있나요 있습 있습니 있어 있다 있을 있으 있는지 없 없는 없나 없나요 없다
없어 없습 없을 없으 하 하는 하나 하나요 합니까 합니다 해야 해 할 한 하면 하려 하려면 했 했나 했나요 되 되는
되나 되나요 됩니까 됩니다 된 될 되면 되어 돼 돼요 인가 인가요 입니까 입니다 인지 이란 란 맞 맞나 맞나요 같 같은
주 주세요 줘 줘요 달라 가능 나요 까요 건가 건가요 걸까 걸까요 무언 무엇일
""".split()  # noqa: SIM905

PARTICLES = frozenset((*_AFTER_CONSONANT, *_AFTER_VOWEL, *_AFTER_ANY))
STOP = frozenset(_STOP_WORDS)

_CONSONANT, _VOWEL, _ANY = frozenset(_AFTER_CONSONANT), frozenset(_AFTER_VOWEL), frozenset(_AFTER_ANY)
_PAST = frozenset(_AFTER_PAST)


def _forms(stem: str, n: str, ell: str, m: str, b: str, *e: str) -> list[str]:
    """All forms of a verb with a vowel at its stem's end: 하 with 한, 할, 함, 합 and 해."""
    parts = [(stem, _ENDINGS), (n, _AFTER_N), (ell, _AFTER_L), (m, _AFTER_M), (b, _AFTER_B)]
    parts += [(form, _AFTER_E) for form in e]
    made = [start + end for start, ends in parts for end in ends]
    return [*made, stem + "다", n, ell, m, *e]


# Behind a noun they make a verb of it, in the past too: 검색+하다, 설정+되었습니다.
_DO = frozenset(
    (
        *_forms("하", "한", "할", "함", "합", "해", "하여"),
        *_forms("되", "된", "될", "됨", "됩", "돼", "되어"),
        *_forms("시키", "시킨", "시킬", "시킴", "시킵", "시켜"),
        *_forms("당하", "당한", "당할", "당함", "당합", "당해"),
        *(past + end for past in ("했", "하였", "됐", "되었", "시켰", "당했") for end in ("", *_AFTER_PAST)),
    )
)
_END = frozenset(_OTHERS)
_LONGEST = max(map(len, (*PARTICLES, *_DO, *_END)))
# Syllables that often end a noun themselves, and are particles too.
_DOUBTFUL = frozenset("가이의도로나만과")


def is_particle(word: str) -> bool:
    """Whether a word is nothing but a particle, as what stands behind a foreign word may be: PGVector로."""
    return word in PARTICLES or word in _DO


def stem(word: str) -> str:
    """The word without its particle or ending; as it is when nothing can be taken off."""
    rest, tail = _split(word)
    if not tail:
        return word
    if tail in _PAST and _is_past(rest):
        return rest[:-1] if rest[-1] in "었았였" and len(rest) > 1 else _split_past(rest)
    if tail in PARTICLES and len(rest) > 2:
        # 사용하기를, 서울에서만이: one more, of two syllables at least.
        shorter, inner = _split(rest)
        if len(inner) > 1 and len(shorter) > 1:
            return shorter
        if rest.endswith("들"):
            return rest[:-1]
    return rest


def passage_terms(word: str) -> tuple[str, ...]:
    """The pairs of syllables of the stem.

    Where the word may end in what was taken off (휴가, 회의, 연차휴가), the pair that it makes is kept.
    """
    found = stem(word)
    terms = _pairs(found)
    if len(word) - len(found) == 1 and (len(word) == 2 or word[-1] in _DOUBTFUL):
        return (*terms, word[-2:])
    return terms


def question_terms(word: str) -> tuple[str, ...]:
    """As for a passage, but in doubt the shorter stem alone; nothing for what only makes it a question."""
    if word in STOP:
        return ()
    found = stem(word)
    if found in STOP:
        return ()
    if len(word) == 2 and len(found) == 1:
        # 휴가 or 휴+가? Both, or the commonest words could not be asked for.
        return (found, word)
    return _pairs(found)


def _split(word: str) -> tuple[str, str]:
    """The word and the longest ending that can be taken off it; "" when there is none."""
    for size in range(min(_LONGEST, len(word) - 1), 0, -1):
        rest, tail = word[:-size], word[-size:]
        if _is_particle_after(rest, tail):
            return rest, tail
        # 한, 할, 해 end many a noun of two syllables (권한, 역할, 이해).
        if tail in _DO and (size > 1 or len(rest) > 1):
            return rest, tail
        if (tail in _END and size > 1) or (tail in _PAST and _is_past(rest)):
            return rest, tail
    return word, ""


def _split_past(word: str) -> str:
    rest, tail = word[:-1], word[-1:]
    return rest if rest and tail in ("했", "됐") else word


def _is_past(rest: str) -> bool:
    return bool(rest) and (ord(rest[-1]) - 0xAC00) % 28 == 20 and rest[-1] not in "있겠"


def _is_particle_after(rest: str, tail: str) -> bool:
    if tail in _ANY:
        return True
    final = (ord(rest[-1]) - 0xAC00) % 28  # 0: none; 8: ㄹ, which takes 로
    if tail in _CONSONANT:
        return final != 0
    return tail in _VOWEL and (final == 0 or (final == 8 and tail.startswith("로")))


def _pairs(word: str) -> tuple[str, ...]:
    return (word,) if len(word) == 1 else tuple(word[i : i + 2] for i in range(len(word) - 1))
