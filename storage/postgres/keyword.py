"""Keyword search: BM25 over an inverted table, its weights settled when a passage is stored.

A posting is (term, passage, weight) with weight = tf / (tf + k1 (1 − b + b · length / average)); the
score of a passage is the sum of idf · weight over the question's terms (Robertson & Zaragoza 2009).
The average length is a constant of the collection and idf comes with the question, so that storing
a document changes no row of another.

A question is answered in two stages: the rarest terms, whose postings are few, pick the passages;
those alone are then scored by all terms. Reading the postings of every term instead took ten times
as long at 100,000 passages, for the same first ten in 96 of 100 (`python -m benchmarks.search`).
Limited to some documents, every term is read, in those alone: what is rare in them need not be rare
in the collection.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from enum import Enum
from functools import lru_cache
from itertools import chain
from zlib import crc32

import numpy as np
import numpy.typing as npt
from psycopg import sql

from app.domain.documents import Chunking

K1 = 0.6
B = 0.4
BUDGET = 5000  # postings that the first stage reads at most, unless its two rarest terms alone have more
LEAST_BUDGET = 2000  # in a small collection; there all of BM25's first ten are found so
SHORTLIST = 100  # passages that the second stage scores, at least
MOST_FEW = 100  # documents of which each is looked into, rather than all postings of the terms read
LOOKUPS = 1000  # postings that it reads, at least: more passages for a question of few terms

# One row of COPY's binary form: the number of fields, then each with its length before it; big-endian.
_ROW = np.dtype(
    [
        ("fields", ">i2"),
        ("l1", ">i4"),
        ("term", ">i4"),
        ("l2", ">i4"),
        ("id", ">i4"),
        ("l3", ">i4"),
        ("weight", ">f4"),
        ("l4", ">i4"),
        ("document", ">i4"),
    ]
)
HEADER = b"PGCOPY\n\xff\r\n\0" + bytes(8)
TRAILER = b"\xff\xff"


class Among(Enum):
    """The documents to which a question is limited."""

    ALL = "all"
    FEW = "few"
    MANY = "many"

    @classmethod
    def of(cls, documents: int) -> Among:
        """`documents` is their number; 0: all."""
        return cls.ALL if documents == 0 else cls.FEW if documents <= MOST_FEW else cls.MANY


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
        terms, counts = np.unique(self.term, return_counts=True)
        return terms.tolist(), counts.tolist()

    def copy(self, first_id: int, document_id: int) -> bytes:
        """All of COPY's binary stream into (term, id, weight, document_id)."""
        rows = np.empty(len(self.term), _ROW)
        rows["fields"], rows["l1"], rows["l2"], rows["l3"], rows["l4"] = 4, 4, 4, 4, 4
        rows["term"] = self.term
        rows["id"] = self.passage + first_id
        rows["weight"] = self.weight
        rows["document"] = document_id
        return HEADER + rows.tobytes() + TRAILER


@lru_cache(maxsize=200_000)
def term_id(term: str) -> int:
    """A term's number. Two terms in some ten thousand million share one: no ranking feels it."""
    value = crc32(term.encode())
    return value - (1 << 32) if value >= 1 << 31 else value


def average_length(chunking: Chunking) -> float:
    """Terms in a full passage, near enough: one for every four characters, three for every four tokens.

    Frozen with the collection. An average of what is stored would change with every document.
    """
    return max(1.0, chunking.size * (0.25 if chunking.unit == "characters" else 0.75))


def weigh(passages: Sequence[Sequence[str]], average: float) -> Postings:
    """The postings of passages given as their terms."""
    lengths = np.fromiter(map(len, passages), np.int64, len(passages))
    terms = np.fromiter(map(term_id, chain.from_iterable(passages)), np.int64, int(lengths.sum()))
    # Term and passage as one number, so that one sort both counts and orders them.
    keys, counts = np.unique((terms << 32) | np.repeat(np.arange(len(passages)), lengths), return_counts=True)
    passage = (keys & 0xFFFFFFFF).astype(np.int32)
    tf = counts.astype(np.float64)
    norm = K1 * (1 - B + B * lengths / average)
    return Postings((keys >> 32).astype(np.int32), passage, (tf / (tf + norm[passage])).astype(np.float32))


def statement(
    postings: sql.Identifier,
    terms: sql.Identifier,
    collections: sql.Identifier,
    passages: sql.Identifier,
    among: Among,
) -> sql.Composed:
    """(false, id, score), best first.

    Parameters: `terms` int[], `collection` int, `depth`, and `shortlist` among all, else `documents` int[].
    OFFSET 0 keeps the planner from flattening: it would join the whole table by hash.
    """
    return sql.SQL(_TEXTS[among]).format(
        postings=postings,
        terms=terms,
        collections=collections,
        passages=passages,
        budget=sql.Literal(BUDGET),
        least=sql.Literal(LEAST_BUDGET),
        lookups=sql.Literal(LOOKUPS),
    )


_TWO_STAGES = """
    (WITH q AS MATERIALIZED (
        SELECT t.term, ln(1 + (greatest(c.passages - t.passages, 0) + .5) / (t.passages + .5))::float8 AS idf,
            sum(t.passages) OVER rarest <= least({budget}, greatest({least}, c.passages / 20))
                OR row_number() OVER rarest <= 2 AS rare
        FROM unnest(%(terms)s::int[]) AS u(term)
            JOIN {terms} t USING (term)
            CROSS JOIN (SELECT passages FROM {collections} WHERE id = %(collection)s) c
        WHERE t.passages > 0
        WINDOW rarest AS (ORDER BY t.passages, t.term ROWS UNBOUNDED PRECEDING)
    ), first AS MATERIALIZED (
        SELECT p.id, sum(q.idf * p.weight) AS score
        FROM (SELECT term, idf FROM q WHERE rare OFFSET 0) q
            CROSS JOIN LATERAL (SELECT id, weight FROM {postings} WHERE term = q.term OFFSET 0) p
        GROUP BY p.id ORDER BY 2 DESC, 1
        LIMIT greatest(%(shortlist)s, {lookups} / (SELECT greatest(count(*), 1) FROM q WHERE NOT rare))
    ), rest AS MATERIALIZED (
        SELECT p.id, sum(q.idf * p.weight) AS score
        FROM (SELECT term, idf FROM q WHERE NOT rare OFFSET 0) q
            CROSS JOIN LATERAL (
                SELECT id, weight FROM {postings}
                WHERE term = q.term AND id = ANY(ARRAY(SELECT id FROM first ORDER BY id)) OFFSET 0
            ) p
        GROUP BY p.id
    )
    SELECT false, f.id, f.score + coalesce(r.score, 0) AS score
    FROM first f LEFT JOIN rest r USING (id) ORDER BY 3 DESC, 2 LIMIT %(depth)s)
"""

_RARITY = """
    WITH q AS MATERIALIZED (
        SELECT t.term, ln(1 + (greatest(c.passages - t.passages, 0) + .5) / (t.passages + .5))::float8 AS idf
        FROM unnest(%(terms)s::int[]) AS u(term)
            JOIN {terms} t USING (term)
            CROSS JOIN (SELECT passages FROM {collections} WHERE id = %(collection)s) c
        WHERE t.passages > 0
    )
"""

# The passages of a document have ids one after another: a term's postings in it are one stretch of the index.
_IN_FEW = f"""
    ({_RARITY}, stretch AS MATERIALIZED (
        SELECT d.id AS document, ends.first, ends.last
        FROM unnest(%(documents)s::int[]) AS d(id) CROSS JOIN LATERAL (
            SELECT min(id) AS first, max(id) AS last FROM {{passages}} WHERE document_id = d.id
        ) ends
    )
    SELECT false, p.id, sum(q.idf * p.weight) AS score
    FROM q CROSS JOIN stretch s CROSS JOIN LATERAL (
        SELECT id, weight FROM {{postings}}
        WHERE term = q.term AND id BETWEEN s.first AND s.last AND document_id = s.document OFFSET 0
    ) p
    GROUP BY p.id ORDER BY 3 DESC, 2 LIMIT %(depth)s)
"""

# The documents are chosen outside of what OFFSET closes off: inside, the index that deletes them would be taken.
_IN_MANY = f"""
    ({_RARITY}
    SELECT false, p.id, sum(q.idf * p.weight) AS score
    FROM q CROSS JOIN LATERAL (SELECT id, weight, document_id FROM {{postings}} WHERE term = q.term OFFSET 0) p
    WHERE p.document_id = ANY(%(documents)s::int[])
    GROUP BY p.id ORDER BY 3 DESC, 2 LIMIT %(depth)s)
"""

_TEXTS = {Among.ALL: _TWO_STAGES, Among.FEW: _IN_FEW, Among.MANY: _IN_MANY}
