"""Every automatic measure of one answer. Pure: the same text always measures the same."""

from __future__ import annotations

import json
import re
import unicodedata
from collections.abc import Sequence
from functools import cache
from importlib.metadata import version
from typing import TYPE_CHECKING, NoReturn

from app.domain.citations import cited, missing
from app.domain.evidence import Evidence
from app.domain.measures import JsonForm, Measures
from app.domain.searching import Target
from app.evaluation.language import foreign_runs, language_matches, language_of, prose, without_code
from app.evaluation.retrieval_metrics import found_at
from app.evaluation.stance import stance_of

if TYPE_CHECKING:
    from sacrebleu.metrics.chrf import CHRF

_FENCED = re.compile(r"\s*```[ \t]*(?:json[c5]?)?[ \t]*\n(.*)\n[ \t]*```\s*", re.DOTALL | re.IGNORECASE)


def measure(
    question: str,
    answer: str,
    *,
    reference: str = "",
    targets: Sequence[Target] = (),
    language: str = "",
    wants_json: bool = False,
    evidence: Evidence | None = None,
) -> Measures:
    """Measure `answer`, the final text without thinking, of an answer that is complete.

    `evidence` None means that it was asked without documents; no passages at all were found is
    ``Evidence()``. `targets` are the places that answer the question, `language` the BCP 47 tag that
    the question set names. Measures whose input is missing are None.
    """
    text = unicodedata.normalize("NFC", answer)
    passages = () if evidence is None else evidence.passages
    spoken = language_of(text)
    numbers = None if evidence is None else cited(without_code(text))
    return Measures(
        characters=len(text),
        words=len(text.split()),
        language=spoken,
        language_matches=language_matches(question, text, language),
        foreign=foreign_runs(text, question, reference, *(p.text for p in passages)),
        stance=stance_of(prose(text), spoken),
        cited=numbers,
        cited_wrongly=None if numbers is None else missing(without_code(text), len(passages)),
        found_at=None if evidence is None or not targets else _found_at(evidence, targets),
        closeness=closeness(text, reference) if reference.strip() else None,
        json=json_form(text) if wants_json else None,
    )


def closeness(answer: str, reference: str) -> float:
    """chrF (Popović 2015) by sacreBLEU, 0–100: the F2 score of shared runs of one to six characters.

    On characters, so it reads Korean as it reads English; white space does not count.
    """
    texts = (unicodedata.normalize("NFC", text) for text in (answer, reference))
    said, wanted = texts
    return float(_chrf().sentence_score(said, [wanted]).score)


def closeness_name() -> str:
    """The metric of `closeness` with its version, for showing."""
    return f"chrF2 (sacreBLEU {version('sacrebleu')})"


def json_form(text: str) -> JsonForm:
    """Whether all of `text` is JSON (RFC 8259, so no NaN), or is after its code fence is taken off."""
    if _is_json(text):
        return "valid"
    fenced = _FENCED.fullmatch(text)
    return "fenced" if fenced and _is_json(fenced.group(1)) else "invalid"


def _is_json(text: str) -> bool:
    try:
        # Numbers stay text: Python reads no integer of more than 4,300 digits, JSON has no limit.
        json.loads(text, parse_constant=_no_constant, parse_int=str, parse_float=str)
    except (ValueError, RecursionError):
        return False
    return True


def _no_constant(name: str) -> NoReturn:
    raise ValueError(name)


def _found_at(evidence: Evidence, targets: Sequence[Target]) -> int:
    """The rank of the first passage in one of the targets; 0 for none. Names compare as composed Unicode."""
    places = [Target(unicodedata.normalize("NFC", p.document), p.page) for p in evidence.passages]
    wanted = [Target(unicodedata.normalize("NFC", t.document), t.page) for t in targets]
    return min(found_at(places, wanted), default=0)


@cache
def _chrf() -> CHRF:
    from sacrebleu.metrics.chrf import CHRF

    return CHRF()
