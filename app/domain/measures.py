"""What can be counted about one answer without a person: shown beside the verdict, never mixed into it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

Language = Literal["ko", "en", "ja", "zh", "other"]
Stance = Literal["answer", "abstention", "refusal"]
JsonForm = Literal["valid", "fenced", "invalid"]


@dataclass(frozen=True, slots=True)
class Measures:
    """Every measure of one answer; None where it does not apply or cannot be told.

    `characters` and `words` count the text as composed Unicode, words parted by white space.
    `language` is the answer's, without code, links, quotes and glosses; `language_matches` compares it
    with the question's, and is None for a question that asks for a translation. `foreign` are the runs
    of letters that do not belong in that language and are found in neither question nor passages.
    `stance` keeps "I will not" (refusal) apart from "the sources do not say" (abstention).
    `cited` are the passage numbers cited, `cited_wrongly` those that name no passage. `found_at` is the
    rank of the first passage that lies in an expected place, 0 when none does. `closeness` is chrF
    against the reference, 0–100. `json` says whether the whole answer is JSON, or is so in a code fence.
    """

    characters: int
    words: int
    language: Language | None = None
    language_matches: bool | None = None
    foreign: tuple[str, ...] | None = None
    stance: Stance | None = None
    cited: tuple[int, ...] | None = None
    cited_wrongly: tuple[int, ...] | None = None
    found_at: int | None = None
    closeness: float | None = None
    json: JsonForm | None = None

    @property
    def citations_valid(self) -> bool | None:
        """Whether every citation names a passage; None for an answer that cites nothing."""
        return None if not self.cited else not self.cited_wrongly

    @property
    def retrieval_hit(self) -> bool | None:
        """Whether an expected page was among the passages."""
        return None if self.found_at is None else self.found_at > 0
