"""Keyword search: BM25 over an inverted table, its weights settled when a passage is stored.

The score of a passage is the sum of idf · weight over the question's terms (postings.py has the
weights). idf comes with the question, from the table that counts the passages of each term.

A question is answered in two stages: the rarest terms, whose postings are few, pick the passages;
those alone are then scored by all terms. Reading the postings of every term instead took ten times
as long at 100,000 passages, for nine of the same first ten (`python -m benchmarks.search`).
Limited to some documents, every term is read, in those alone: what is rare in them need not be rare
in the collection.
"""

from __future__ import annotations

from enum import Enum

from psycopg import sql

from storage.postgres.postings import SCALE

BUDGET = 5000  # postings that the first stage reads at most, unless its two rarest terms alone have more
LEAST_BUDGET = 2000  # in a small collection; there all of BM25's first ten are found so
SHORTLIST = 100  # passages that the second stage scores, at least
MOST_FEW = 100  # documents of which each is looked into, rather than all postings of the terms read
LOOKUPS = 500  # postings that it reads, at least: more passages for a question of few terms


class Among(Enum):
    """The documents to which a question is limited."""

    ALL = "all"
    FEW = "few"
    MANY = "many"

    @classmethod
    def of(cls, documents: int) -> Among:
        """`documents` is their number; 0: all."""
        return cls.ALL if documents == 0 else cls.FEW if documents <= MOST_FEW else cls.MANY


def statement(
    postings: sql.Identifier, terms: sql.Identifier, collections: sql.Identifier, among: Among
) -> sql.Composed:
    """(false, id, score), best first.

    Parameters: `terms` int[], `collection` int, `depth`, and `shortlist` among all, else `documents` int[].
    OFFSET 0 keeps the planner from flattening: it would join the whole table by hash.
    """
    return sql.SQL(_TEXTS[among]).format(
        postings=postings,
        terms=terms,
        collections=collections,
        scale=sql.Literal(float(SCALE)),
        budget=sql.Literal(BUDGET),
        least=sql.Literal(LEAST_BUDGET),
        lookups=sql.Literal(LOOKUPS),
    )


# A term that is not counted yet (counting.py) may be there all the same.
_ASKED = """
    WITH asked AS MATERIALIZED (
        SELECT u.term, n.found, c.passages,
            ln(1 + (greatest(c.passages - n.found, 0) + .5) / (n.found + .5))::float8 AS idf
        FROM unnest(%(terms)s::int[]) AS u(term)
            LEFT JOIN {terms} t USING (term)
            CROSS JOIN LATERAL (SELECT greatest(t.passages, 1) AS found) n
            CROSS JOIN (SELECT passages FROM {collections} WHERE id = %(collection)s) c
        WHERE t.passages > 0 OR EXISTS (SELECT FROM {postings} p WHERE p.term = u.term)
    )"""

# In the second stage a passage's posting is found in its row by halving: they are in its order.
_TWO_STAGES = f"""
    ({_ASKED}, q AS MATERIALIZED (
        SELECT term, idf, sum(found) OVER rarest <= least({{budget}}, greatest({{least}}, passages / 20))
            OR row_number() OVER rarest <= 2 AS rare
        FROM asked
        WINDOW rarest AS (ORDER BY found, term ROWS UNBOUNDED PRECEDING)
    ), first AS MATERIALIZED (
        SELECT p.id + (p.posting >> 16) AS id, p.document_id, sum(q.idf * (p.posting & 65535)) AS score
        FROM (SELECT term, idf FROM q WHERE rare OFFSET 0) q
            CROSS JOIN LATERAL (
                SELECT document_id, id, unnest(packed) AS posting FROM {{postings}} WHERE term = q.term OFFSET 0
            ) p
        GROUP BY 1, 2 ORDER BY 3 DESC, 1
        LIMIT greatest(%(shortlist)s, {{lookups}} / (SELECT greatest(count(*), 1) FROM q WHERE NOT rare))
    ), rest AS (
        SELECT f.id, f.id - p.id AS place, p.idf,
            p.packed[width_bucket((f.id - p.id) << 16 | 65535, p.packed)] AS posting
        FROM first f JOIN (
            SELECT q.idf, p.document_id, p.id, p.packed
            FROM (SELECT term, idf FROM q WHERE NOT rare OFFSET 0) q
                CROSS JOIN LATERAL (
                    SELECT document_id, id, packed FROM {{postings}}
                    WHERE term = q.term AND document_id = ANY(ARRAY(SELECT DISTINCT document_id FROM first)) OFFSET 0
                ) p
            OFFSET 0
        ) p ON p.document_id = f.document_id AND f.id - p.id BETWEEN 0 AND 32767
        OFFSET 0
    )
    SELECT false, s.id, sum(s.score) / {{scale}} AS score
    FROM (
        SELECT id, score FROM first
        UNION ALL SELECT id, idf * (posting & 65535) FROM rest WHERE posting >> 16 = place
    ) s
    GROUP BY 2 ORDER BY 3 DESC, 2 LIMIT %(depth)s)
"""

_IN_FEW = f"""
    ({_ASKED}
    SELECT false, p.id + (p.posting >> 16), sum(q.idf * (p.posting & 65535)) / {{scale}} AS score
    FROM asked q CROSS JOIN LATERAL (
        SELECT id, unnest(packed) AS posting FROM {{postings}}
        WHERE term = q.term AND document_id = ANY(%(documents)s::int[]) OFFSET 0
    ) p
    GROUP BY 2 ORDER BY 3 DESC, 2 LIMIT %(depth)s)
"""

# The documents are chosen outside of what the inner OFFSET closes off: inside, each would be looked up.
_IN_MANY = f"""
    ({_ASKED}
    SELECT false, p.id + (p.posting >> 16), sum(q.idf * (p.posting & 65535)) / {{scale}} AS score
    FROM asked q CROSS JOIN LATERAL (
        SELECT p.id, unnest(p.packed) AS posting
        FROM (SELECT document_id, id, packed FROM {{postings}} WHERE term = q.term OFFSET 0) p
        WHERE p.document_id = ANY(%(documents)s::int[]) OFFSET 0
    ) p
    GROUP BY 2 ORDER BY 3 DESC, 2 LIMIT %(depth)s)
"""

_TEXTS = {Among.ALL: _TWO_STAGES, Among.FEW: _IN_FEW, Among.MANY: _IN_MANY}
