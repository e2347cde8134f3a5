"""The sources of a comparison: passages of a collection, retrieved once for the question and then frozen."""

from __future__ import annotations

from dataclasses import dataclass, replace

from app.domain.comparisons import Comparison
from app.domain.errors import UserError
from app.domain.evidence import Evidence
from app.domain.message import Message
from app.domain.searching import DEFAULT, Search, SearchSettings, Step
from app.services.comparing.prompting import check_prompt, clean

# A search is for a question: of a prompt that carries a whole document the beginning is searched for.
LONGEST_QUERY = 4_000


@dataclass(frozen=True, slots=True)
class Sources:
    """Which collection to take passages from, and how to search it."""

    collection: str
    settings: SearchSettings = DEFAULT


@dataclass(frozen=True, slots=True)
class Retrieved:
    """The passages for one question; `steps` with the seconds of each, `notices` for what was left out."""

    evidence: Evidence
    steps: tuple[Step, ...] = ()
    notices: tuple[Message, ...] = ()

    @property
    def seconds(self) -> float:
        return sum(step.seconds for step in self.steps)


class NothingFits(UserError):
    """The collection is there, and holds nothing for this question."""


def retrieve(search: Search, collection: str, prompt: str, settings: SearchSettings = DEFAULT) -> Retrieved:
    """Find the passages that every contestant is given for `prompt`. Blocks.

    Raises UserError for a prompt that cannot be asked, an unknown collection or one in which nothing
    fits the question; UserError or ProviderError when the server or the embedding model is down.
    """
    query = clean(prompt)[0].strip()
    check_prompt(query)
    notices: tuple[Message, ...] = ()
    if len(query) > LONGEST_QUERY:
        notices = (Message("The sources were searched for by the first {n} characters.", n=f"{LONGEST_QUERY:,}"),)
    result = search(query[:LONGEST_QUERY], collection, settings)
    if not result.evidence:
        raise NothingFits(
            Message("Nothing in the collection “{name}” fits the question.", name=collection),
            Message("Ask in other words, choose another collection, or compare without sources."),
        )
    return Retrieved(result.evidence, result.steps, notices + result.notices)


def grounded(search: Search, comparison: Comparison, sources: Sources) -> tuple[Comparison, Retrieved]:
    """`comparison` with what is found for its prompt in `sources`, after what was pasted. Raises as `retrieve` does."""
    found = retrieve(search, sources.collection, comparison.prompt, sources.settings)
    return replace(comparison, evidence=together(comparison.evidence, found.evidence)), found


def together(pasted: Evidence, retrieved: Evidence) -> Evidence:
    """What was pasted first, so that it keeps its numbers whatever is found."""
    return Evidence(pasted.passages + retrieved.passages, retrieved.retrieval)


def pasted_part(evidence: Evidence) -> Evidence:
    """Without what was retrieved: that is found anew for another question."""
    return Evidence(tuple(p for p in evidence.passages if not p.collection))


def collection_of(evidence: Evidence) -> str:
    """The collection that passages were retrieved from; empty for none."""
    return next((p.collection for p in evidence.passages if p.collection), "")
