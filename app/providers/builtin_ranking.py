"""Which sentences of the evidence answer a prompt best, by the words they share with it.

BM25 (Robertson and Zaragoza 2009) over sentences, with what stands around a sentence and what kind
of answer the question asks for; maximal marginal relevance (Carbonell and Goldstein 1998) against
saying the same thing twice. No model, no randomness: the same evidence gives the same answer.
"""

from __future__ import annotations

import math
import re
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from app.domain.evidence import Evidence
from app.domain.sentences import cleaned, is_heading, sentences
from app.providers.builtin_words import query_terms, terms

K1, B = 1.2, 0.4
# How much of the score of a title, of a question and of the sentence before goes to what follows them.
FROM_HEADING, FROM_QUESTION, FROM_BEFORE = 0.5, 0.9, 0.3
FROM_PASSAGE = 0.15
EXPECTED = 0.5
DIVERSITY = 0.3
CANDIDATES = 60


@dataclass(frozen=True, slots=True)
class Sentence:
    """`passage` counts from 1, as citations do."""

    text: str
    passage: int
    counts: Mapping[str, int] = field(repr=False)
    heading: bool = False
    question: bool = False


_NUMBER = re.compile(
    r"\d|\b(?:one|two|three|four|five|six|seven|eight|nine|ten|twelve|hundred|half|once|twice)\b", re.I
)
_TIME = re.compile(
    r"\d{1,2}:\d\d|\b\d{1,2} ?[ap]\.?m\b|\b(?:19|20)\d\d\b|\d+(?:st|nd|rd|th)\b"
    r"|\d ?(?:년|월|일|시|분)|오전|오후|정오|자정|[월화수목금토일]요일"
    r"|\b(?:mon|tues|wednes|thurs|fri|satur|sun)day|\b(?:january|february|march|april|may|june|july|august|september"
    r"|october|november|december)\b|\b(?:noon|midnight|daily|weekly|monthly|annually|quarterly|yesterday|tomorrow)\b",
    re.IGNORECASE,
)
_REASON = re.compile(
    r"\b(?:because|since|due to|owing to|so that|in order to|reason|therefore)\b|때문|위해|위하여|므로|니까|이유|덕분",
    re.I,
)
_PLACE = re.compile(
    r"\b(?:in|at|on|near|floor|room|building|street|located)\b|에 있|에서|층|호실|건물|위치|[시군구동로]\s?\d", re.I
)
_MONEY = re.compile(r"[$€£₩¥%]|\b(?:usd|krw|won|dollars?|euros?|percent)\b|\d ?(?:원|만|억|천|달러|퍼센트|프로)", re.I)

# The kind of answer that a question asks for → what such an answer tends to hold.
_ASKS: tuple[tuple[re.Pattern[str], re.Pattern[str]], ...] = (
    (
        re.compile(
            r"\bwhen\b|\bwhat (?:time|date|day|year)\b|\bby when\b|언제|몇 ?시|몇 ?월|며칠|몇 ?일|몇 ?년|날짜|시각",
            re.I,
        ),
        _TIME,
    ),
    (re.compile(r"\bcosts?\b|\bprices?\b|\bfees?\b|how much\b|얼마|가격|비용|요금|금액", re.I), _MONEY),
    (re.compile(r"\bhow (?:much|many|long|often|far|old|big|fast)\b|몇|얼마나", re.I), _NUMBER),
    (re.compile(r"\bwhy\b|\breason\b|왜|이유|까닭", re.I), _REASON),
    (re.compile(r"\bwhere\b|어디", re.I), _PLACE),
)


class Ranking:
    """The sentences of `evidence` and their scores for `prompt`, best first in `order`.

    `overlaps` is False when no sentence shares a telling word with the prompt.
    """

    def __init__(self, prompt: str, evidence: Evidence) -> None:
        self.sentences = _sentences_of(evidence)
        wanted = Counter(query_terms(cleaned(prompt)))
        self._idf = _idf(self.sentences)
        self.passage_scores = _passage_scores(wanted, self.sentences, len(evidence.passages), self._idf)
        base = _bm25(wanted, [s.counts for s in self.sentences], self._idf)
        self.overlaps = any(base)
        self.scores = self._in_context(prompt, base)
        self.order = sorted(range(len(self.sentences)), key=lambda i: (-self.scores[i], i))

    def best_passage(self) -> int:
        """The passage (from 1) that answers best; the first where none has anything to do with the prompt."""
        best_sentence = [0.0] * len(self.passage_scores)
        for sentence, score in zip(self.sentences, self.scores, strict=True):
            at = sentence.passage - 1
            best_sentence[at] = max(best_sentence[at], score)
        totals = [a + b for a, b in zip(self.passage_scores, best_sentence, strict=True)]
        return max(range(len(totals)), key=lambda i: (totals[i], -i)) + 1 if totals else 1

    def pick(self, most: int, *, worth: float = 0.5) -> list[Sentence]:
        """Up to `most` sentences, the best first; each worth at least that share of the best one's score.

        Each further one counts less the more it repeats what was picked. Titles and questions are no answers
        and come only when there is nothing else.
        """
        answers = [i for i in self.order if not (self.sentences[i].heading or self.sentences[i].question)]
        pool = (answers or self.order)[:CANDIDATES]
        if not pool:
            return []
        if not self.overlaps:
            return [self.sentences[i] for i in sorted(answers or self.order)[: min(most, 2)]]
        best = self.scores[pool[0]]
        picked = [pool[0]]
        while len(picked) < most:
            left = [i for i in pool if i not in picked]
            gains = {i: self.scores[i] - DIVERSITY * best * self._nearest(i, picked) for i in left}
            following = max(left, key=lambda i: (gains[i], -i), default=None)
            if following is None or self.scores[following] < worth * best or gains[following] <= 0:
                break
            if self._nearest(following, picked) > 0.9:
                pool.remove(following)
                continue
            picked.append(following)
        return [self.sentences[i] for i in picked]

    def _in_context(self, prompt: str, base: Sequence[float]) -> list[float]:
        """BM25 and what surrounds it: “It opens at nine.” answers for the office named a sentence before."""
        expected = [answer for asks, answer in _ASKS if asks.search(prompt)]
        highest = max(self.passage_scores, default=0.0) or 1.0
        scores: list[float] = []
        heading, before, passage, above = 0.0, 0.0, 0, False
        for sentence, own in zip(self.sentences, base, strict=True):
            if sentence.passage != passage:
                passage, heading, before, above = sentence.passage, 0.0, 0.0, False
            if sentence.heading:
                heading, before, above = own, 0.0, False
                scores.append(own * 0.3)
                continue
            around = FROM_HEADING * heading + (FROM_QUESTION if above else FROM_BEFORE) * before
            score = own + around
            if score > 0:
                score += FROM_PASSAGE * own * self.passage_scores[sentence.passage - 1] / highest
                if any(answer.search(sentence.text) for answer in expected[:1]):
                    score *= 1 + EXPECTED
            scores.append(score * (0.3 if sentence.question else 1.0))
            before, above = own, sentence.question
        return scores

    def _nearest(self, index: int, picked: Sequence[int]) -> float:
        return max(_cosine(self.sentences[index].counts, self.sentences[p].counts, self._idf) for p in picked)


def _sentences_of(evidence: Evidence) -> list[Sentence]:
    found = []
    for number, passage in enumerate(evidence.passages, start=1):
        text = cleaned(passage.text)
        for start, end in sentences(text):
            said = " ".join(text[start:end].split())
            counts = Counter(terms(said))
            if counts:
                heading = is_heading(text[start:end])
                found.append(Sentence(said, number, counts, heading, not heading and said.endswith(("?", "？"))))
    if found and all(s.heading for s in found):
        # A list of short lines: there is nothing that they would be titles of.
        found = [Sentence(s.text, s.passage, s.counts) for s in found]
    return found


def _idf(all_sentences: Sequence[Sentence]) -> Mapping[str, float]:
    holds: Counter[str] = Counter(term for s in all_sentences for term in s.counts)
    n = len(all_sentences)
    return {term: math.log(1 + (n - df + 0.5) / (df + 0.5)) for term, df in holds.items()}


def _bm25(wanted: Mapping[str, int], documents: Sequence[Mapping[str, int]], idf: Mapping[str, float]) -> list[float]:
    lengths = [sum(d.values()) for d in documents]
    mean = sum(lengths) / len(lengths) if lengths else 1.0
    scores = []
    for counts, length in zip(documents, lengths, strict=True):
        score = 0.0
        for term in wanted:
            if tf := counts.get(term, 0):
                score += idf[term] * tf * (K1 + 1) / (tf + K1 * (1 - B + B * length / mean))
        scores.append(score)
    return scores


def _passage_scores(
    wanted: Mapping[str, int], all_sentences: Sequence[Sentence], passages: int, idf: Mapping[str, float]
) -> list[float]:
    counts: list[Counter[str]] = [Counter() for _ in range(passages)]
    for sentence in all_sentences:
        counts[sentence.passage - 1].update(sentence.counts)
    return _bm25(wanted, counts, idf)


def _cosine(a: Mapping[str, int], b: Mapping[str, int], idf: Mapping[str, float]) -> float:
    def weight(counts: Mapping[str, int]) -> float:
        return math.sqrt(sum((n * idf[t]) ** 2 for t, n in counts.items()))

    shared = sum(n * b[t] * idf[t] ** 2 for t, n in a.items() if t in b)
    return shared / (weight(a) * weight(b)) if shared else 0.0
