"""Text cut into the terms of keyword search, Korean and English in one index.

Korean binds particles and endings to its words (검색은, 검색을, 검색했습니다), so words as written
rarely match. `stems` takes those off by list and indexes what is left as pairs of syllables, so
that 검색 is found in 벡터검색 too. `kiwi` asks the morphological analyser kiwipiepy, which is better
at it, slower, and 88 MB to install.
"""

from __future__ import annotations

import re
import threading
import unicodedata
from collections.abc import Sequence
from functools import lru_cache
from itertools import chain
from typing import Any

from app.domain.documents import Tokeniser, TokeniserName
from app.domain.errors import UserError
from app.domain.message import Message
from app.retrieval import english, korean

# A run of one script: Hangul, Latin letters, digits with their points and commas, Han and Kana, other letters.
_RUNS = re.compile(
    r"(?P<hangul>[가-힣]+)|(?P<latin>[a-z]+(?:'[a-z]+)?)|(?P<number>[0-9]+(?:[.,][0-9]+)*)"
    r"|(?P<cjk>[\u3040-\u30ff\u3400-\u9fff]+)|(?P<other>[^\W\d_]+)"
)
_ACCENTED = re.compile("[\u00c0-\u024f]")
_LONGEST = 40  # characters of one run: the rest of a base64 block is nobody's word
_REMEMBERED, _REMEMBERED_LENGTH = 100_000, 60  # words, and the characters of the longest of them


def normalise(text: str) -> str:
    """NFC, small letters, no accents on Latin ones: done here for passages and questions alike."""
    text = unicodedata.normalize("NFKC", text).lower()
    if text.isascii():
        return text
    return _unaccented(text)


class _Words(dict[str, tuple[str, ...]]):
    """The terms of words as they are written, between blanks: the same ones come again and again.

    A blank ends a run, and neither NFKC nor lower case looks across one, so that a text has the
    terms of its words. Looking them up takes a tenth of the time that finding them takes.
    """

    def __missing__(self, word: str) -> tuple[str, ...]:
        found = tuple(term for kind, run, after in _runs(word) for term in _passage_terms(kind, run, after))
        if len(word) <= _REMEMBERED_LENGTH:
            if len(self) >= _REMEMBERED:
                self.clear()
            self[word] = found
        return found


class Stems:
    """Stems by list, as pairs of syllables; English words by a light stemmer."""

    def __init__(self) -> None:
        self._words = _Words()

    def terms(self, text: str) -> Sequence[str]:
        return list(chain.from_iterable(map(self._words.__getitem__, text.split())))

    def of_word(self, word: str) -> Sequence[str]:
        return self._words[word]

    def question(self, text: str) -> Sequence[str]:
        runs = list(_runs(text))
        kept = [term for kind, run, after in runs for term in _question_terms(kind, run, after)]
        # A question of nothing but stop words ("what is it?") is still a question.
        return list(dict.fromkeys(kept or (t for kind, run, after in runs for t in _passage_terms(kind, run, after))))


class Kiwi:
    """Morphemes by kiwipiepy: nouns, verb and adjective stems, foreign words, numbers."""

    _KEPT = ("N", "VV", "VA", "XR", "SL", "SN", "SH", "MM", "MAG")

    def __init__(self) -> None:
        try:
            from kiwipiepy import Kiwi as Analyser  # type: ignore[import-not-found, unused-ignore]
        except ImportError:
            raise UserError(
                Message("The Korean analyser kiwipiepy is not installed."),
                Message("Run `pip install kiwipiepy`, or choose the built-in way to read Korean."),
            ) from None
        self._analyser: Any = Analyser()
        self._lock = threading.Lock()

    def terms(self, text: str) -> Sequence[str]:
        # Half of a surrogate pair, as a broken file may hold, is nothing that it can take.
        whole = normalise(text).encode("utf-8", "replace").decode()
        with self._lock:
            found = self._analyser.tokenize(whole)
        return [
            english.stem(token.form) if token.tag == "SL" else token.form
            for token in found
            if token.tag.startswith(self._KEPT) and token.tag not in ("NP", "NNB")
        ]

    def question(self, text: str) -> Sequence[str]:
        terms = self.terms(text)
        kept = [t for t in terms if t not in english.STOP and t not in korean.STOP]
        return list(dict.fromkeys(kept or terms))


def tokeniser(name: TokeniserName) -> Tokeniser:
    """The tokeniser of a collection. Raises UserError when it is not installed."""
    return _kiwi() if name is TokeniserName.KIWI else _STEMS


_STEMS = Stems()


@lru_cache(maxsize=1)
def _kiwi() -> Kiwi:
    return Kiwi()


def _runs(text: str) -> list[tuple[str, str, bool]]:
    """(script, run, whether it stands right behind a Latin or digit run)."""
    runs: list[tuple[str, str, bool]] = []
    end = -1
    for found in _RUNS.finditer(normalise(text)):
        kind = found.lastgroup or "other"
        runs.append((kind, found.group()[:_LONGEST], found.start() == end))
        end = found.end() if kind in ("latin", "number") else -1
    return runs


# What is left of words without their marks and quotes.
@lru_cache(maxsize=50_000)
def _passage_terms(kind: str, run: str, after: bool) -> tuple[str, ...]:
    if kind == "hangul":
        return () if after and korean.is_particle(run) else korean.passage_terms(run)
    if kind == "latin":
        return (english.stem(run),)
    if kind == "number":
        return (run.replace(",", ""),)
    return pairs(run) if kind == "cjk" else (run,)


@lru_cache(maxsize=10_000)
def _question_terms(kind: str, run: str, after: bool) -> tuple[str, ...]:
    if kind == "hangul":
        return () if after and korean.is_particle(run) else korean.question_terms(run)
    if kind == "latin" and run in english.STOP:
        return ()
    return _passage_terms(kind, run, after)


def pairs(run: str) -> tuple[str, ...]:
    """Each two neighbours; a single character as it is."""
    return (run,) if len(run) == 1 else tuple(run[i : i + 2] for i in range(len(run) - 1))


def _unaccented(text: str) -> str:
    # Latin only: taking a mark off Hangul or Kana would make another word of it.
    return _ACCENTED.sub(lambda found: _plain(found.group()), text)


@lru_cache(maxsize=1024)
def _plain(character: str) -> str:
    return unicodedata.normalize("NFD", character)[0]
