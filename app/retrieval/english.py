"""A light English stemmer: the plural, -ed and -ing, as far as they go without a dictionary."""

from __future__ import annotations

from functools import lru_cache

STOP = frozenset(
    """
    a an and are as at be been being but by can could did do does doing for from get gets had has have having he her
    him his how i if in into is it its me may might must my no not of on one or our shall she should so some such tell
    than that the their them then there these they this those to us was we were what what's when where which while who
    whom whose why will with would you your please explain describe show give list find about any also does
    """.split()  # noqa: SIM905 - a list of words reads best as words
)

_VOWELS = frozenset("aeiouy")


@lru_cache(maxsize=50_000)
def stem(word: str) -> str:
    """The same for `charge`, `charges`, `charged` and `charging`; not always a word."""
    word = word.removesuffix("'s").replace("'", "")
    if len(word) <= 3:
        return word
    if word.endswith("ies") and len(word) > 4:
        word = word[:-3] + "y"
    elif word.endswith(("sses", "shes", "ches", "xes", "zes")):
        word = word[:-2]
    elif word.endswith("s") and not word.endswith(("ss", "us", "is")):
        word = word[:-1]
    for ending in ("ing", "ed"):
        rest = word.removesuffix(ending)
        if rest != word and len(rest) > 2 and _VOWELS.intersection(rest):
            word = rest
            if word[-1] == word[-2] and word[-1] not in "lsz":
                word = word[:-1]  # running → run, but not call, pass, buzz
            break
    if len(word) > 4 and word.endswith("ly"):
        word = word[:-2]
    # charge, charg(ing) and charg(ed) meet without their e; policy and polici(es) in y.
    if len(word) > 3 and word.endswith("e"):
        word = word[:-1]
    return word
