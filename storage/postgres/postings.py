"""What a passage's terms weigh, packed for keyword search: a row for each term of a document.

A posting is (term, passage, weight) with weight = tf / (tf + k1 (1 − b + b · length / average)), the part
of BM25 that the passage alone decides (Robertson & Zaragoza 2009). The average length is a constant of
the collection, so that storing a document changes no row of another.

A row holds the postings of one term in one document, each in four bytes: how far its passage is from
the row's first, and its weight in 65,535ths. A row for each posting took three times as long to store
and twice the space (`python -m benchmarks.indexing`).
"""

from __future__ import annotations

import threading
from array import array
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from itertools import chain
from weakref import WeakKeyDictionary
from zlib import crc32

import numpy as np
import numpy.typing as npt

from app.domain.documents import Chunking, Tokeniser, WordByWord

K1 = 0.6
B = 0.4
SCALE = 65_535  # of a weight of 1
MOST = 250  # postings in a row: a kilobyte of the index, whose entries may have two and a half
REACH = 1 << 15  # passages from the first of a row to its last, at most: what is left of four bytes
_REMEMBERED = 200_000  # terms

HEADER = b"PGCOPY\n\xff\r\n\0" + bytes(8)
TRAILER = b"\xff\xff"
_INT4 = 23  # the type of the array's elements

# One row of COPY's binary form: the number of fields, then each with its length before it; big-endian.
_ROW = np.dtype([
    ("fields", ">i2"),
    ("l1", ">i4"), ("term", ">i4"),
    ("l2", ">i4"), ("document", ">i4"),
    ("l3", ">i4"), ("id", ">i4"),
    ("l4", ">i4"), ("dimensions", ">i4"), ("nulls", ">i4"), ("type", ">i4"), ("count", ">i4"), ("lower", ">i4"),
])  # fmt: skip
_ELEMENT = np.dtype([("length", ">i4"), ("value", ">i4")])


@dataclass(frozen=True, slots=True)
class Postings:
    """Three arrays of one length, by term and passage: the order of the index.

    `passage` is the place of the passage among those given, from 0.
    """

    term: npt.NDArray[np.int32]
    passage: npt.NDArray[np.int32]
    weight: npt.NDArray[np.float32]

    def frequencies(self) -> tuple[list[int], list[int]]:
        """The distinct terms, ascending, and in how many of the passages each occurs."""
        starts = _starts(self.term)
        return self.term[starts].tolist(), np.diff(starts, append=len(self.term)).tolist()

    def copy(self, first_id: int, document_id: int) -> bytes:
        """All of COPY's binary stream into (term, document_id, id, packed)."""
        starts = self._rows()
        counts = np.diff(starts, append=len(self.term))
        rows = np.empty(len(starts), _ROW)
        for name, value in (("fields", 4), ("l1", 4), ("l2", 4), ("l3", 4), ("dimensions", 1), ("lower", 1)):
            rows[name] = value
        rows["term"] = self.term[starts]
        rows["document"] = document_id
        rows["id"] = self.passage[starts] + first_id
        rows["l4"] = 20 + counts * _ELEMENT.itemsize
        rows["nulls"], rows["type"], rows["count"] = 0, _INT4, counts
        elements = np.empty(len(self.term), _ELEMENT)
        elements["length"] = 4
        elements["value"] = (self.passage - np.repeat(self.passage[starts], counts)) << 16 | np.maximum(
            1, np.rint(self.weight * SCALE).astype(np.int32)
        )
        # Both have an even number of bytes: each row's head goes before its elements, two bytes at a time.
        head, element = _ROW.itemsize // 2, _ELEMENT.itemsize // 2
        places = (np.arange(len(starts)) * head + starts * element)[:, None] + np.arange(head)
        stream = np.empty(len(rows) * head + len(elements) * element, np.uint16)
        of_elements = np.ones(len(stream), bool)
        of_elements[places] = False
        stream[places] = rows.view(np.uint16).reshape(len(rows), head)
        stream[of_elements] = elements.view(np.uint16)
        return HEADER + stream.tobytes() + TRAILER

    def _rows(self) -> npt.NDArray[np.int64]:
        """Where each row begins: at another term, or when the row before is full."""
        starts = _starts(self.term)
        if len(starts) == 0:
            return starts
        counts = np.diff(starts, append=len(self.term))
        if counts.max() <= MOST and int(self.passage.max()) < REACH:
            return starts
        nth = np.arange(len(self.term)) - np.repeat(starts, counts)
        far = np.diff(self.passage // REACH, prepend=-1) != 0
        return np.flatnonzero((nth % MOST == 0) | far)


def term_id(term: str) -> int:
    """A term's number. Two terms in some ten thousand million share one: no ranking feels it."""
    value = crc32(term.encode())
    return value - (1 << 32) if value >= 1 << 31 else value


class _Ids(dict[str, int]):
    def __missing__(self, term: str) -> int:
        if len(self) >= _REMEMBERED:
            self.clear()
        self[term] = found = term_id(term)
        return found


class _Words(dict[str, int]):
    """Words by number; the terms of word n are `terms[starts[n]:starts[n + 1]]`."""

    def __init__(self, of_word: Callable[[str], Sequence[str]]) -> None:
        self._of_word = of_word
        self._terms, self._starts = array("q"), array("q", [0])
        self.terms = self.starts = np.zeros(1, np.int64)
        self.lock = threading.Lock()

    def __missing__(self, word: str) -> int:
        self._terms.extend(map(term_id, self._of_word(word)))
        self._starts.append(len(self._terms))
        self[word] = number = len(self)
        return number

    def numbers(self, words: Iterable[str], count: int) -> npt.NDArray[np.int64]:
        """Of `count` words, those met for the first time among them. Its caller holds the lock."""
        if len(self) >= _REMEMBERED:
            self.clear()
            self._terms, self._starts = array("q"), array("q", [0])
            self.terms = self.starts = np.zeros(1, np.int64)
        numbers = np.fromiter(map(self.__getitem__, words), np.int64, count)
        if len(self.starts) != len(self._starts):
            self.terms, self.starts = np.array(self._terms, np.int64), np.array(self._starts, np.int64)
        return numbers


_ids = _Ids()
_words: WeakKeyDictionary[WordByWord, _Words] = WeakKeyDictionary()


def numbered(tokeniser: Tokeniser, texts: Sequence[str]) -> tuple[npt.NDArray[np.int64], npt.NDArray[np.int64]]:
    """The terms of all texts, one after another, and how many each text has.

    Of a tokeniser that reads word by word each word's are kept as numbers: a third of the time.
    """
    if not isinstance(tokeniser, WordByWord):
        passages = [tokeniser.terms(text) for text in texts]
        lengths = np.fromiter(map(len, passages), np.int64, len(passages))
        return np.fromiter(map(_ids.__getitem__, chain.from_iterable(passages)), np.int64, int(lengths.sum())), lengths
    split = [text.split() for text in texts]
    words = np.fromiter(map(len, split), np.int64, len(split))
    known = _words.setdefault(tokeniser, _Words(tokeniser.of_word))
    with known.lock:
        numbers = known.numbers(chain.from_iterable(split), int(words.sum()))
        starts, terms = known.starts[numbers], known.terms
        counts = known.starts[numbers + 1] - starts
    ends = np.cumsum(counts)
    places = np.arange(int(counts.sum())) + np.repeat(starts - ends + counts, counts)
    of_text = np.concatenate(([0], np.concatenate(([0], ends))[np.cumsum(words)]))
    return terms[places], np.diff(of_text)


def average_length(chunking: Chunking) -> float:
    """Terms in a full passage, near enough: one for every four characters, three for every four tokens.

    Frozen with the collection. An average of what is stored would change with every document.
    """
    return max(1.0, chunking.size * (0.25 if chunking.unit == "characters" else 0.75))


def weigh(tokeniser: Tokeniser, texts: Sequence[str], average: float) -> Postings:
    """The postings of passages."""
    terms, lengths = numbered(tokeniser, texts)
    # Term and passage as one number, so that one sort both counts and orders them.
    keys = np.sort((terms << 32) | np.repeat(np.arange(len(texts)), lengths))
    starts = _starts(keys)
    passage = (keys[starts] & 0xFFFFFFFF).astype(np.int32)
    tf = np.diff(starts, append=len(keys)).astype(np.float64)
    norm = K1 * (1 - B + B * lengths / average)
    return Postings((keys[starts] >> 32).astype(np.int32), passage, (tf / (tf + norm[passage])).astype(np.float32))


def _starts(values: npt.NDArray[np.int32] | npt.NDArray[np.int64]) -> npt.NDArray[np.int64]:
    """Where each run of equal values begins."""
    if len(values) == 0:
        return np.empty(0, np.int64)
    return np.flatnonzero(np.concatenate(([True], values[1:] != values[:-1])))
