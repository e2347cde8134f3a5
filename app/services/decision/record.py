"""The decision record: everything that a verdict rests on, as one JSON object that can be computed again.

It holds the results, the contestants as they were (digest, quantisation, sampling), the questions, the
digests of the evidence, every vote, the terms with the number of votes when they were set, and the
price list's date. Raters are numbered in the order of their first vote: a record is shown around.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, fields
from datetime import UTC, datetime
from typing import Any, cast

import numpy as np
from numpy.typing import NDArray

from app import __version__
from app.domain.batches import TermsSet, VerdictTerms
from app.domain.errors import UserError
from app.domain.figures import FigureStore
from app.domain.message import Message
from app.domain.models import ModelInfo, ModelRef
from app.domain.pricing import PriceBook
from app.domain.queueing import GoldVote
from app.domain.verdicts import Verdict
from app.domain.votes import BatchVotes, Votes, VoteStore
from app.services.results.blind import closed
from app.services.results.json_form import plain, results_to_dict
from app.services.results.service import Results
from app.services.results.verdict import grouped, unanswered, verdict_of

FORM = 1
KIND = "understudy decision record"
_COLUMNS = (
    ("item", np.int32),
    ("question", np.int32),
    ("first", np.int32),
    ("second", np.int32),
    ("rater", np.int32),
    ("result", np.int8),
    ("left", np.int8),
    ("best_of", np.int8),
    ("blind", np.bool_),
    ("stars_first", np.int8),
    ("stars_second", np.int8),
)

Record = dict[str, object]


class DecisionRecords:
    """Makes records. Safe to call from any thread."""

    def __init__(
        self,
        votes: VoteStore,
        figures: FigureStore,
        terms: Callable[[str], Sequence[TermsSet]],
        info: Callable[[ModelRef], ModelInfo | None],
        prices: PriceBook,
        *,
        ownership: Callable[[str], Mapping[str, object] | None] = lambda batch: None,
        golds: Callable[[str], Sequence[GoldVote]] = lambda batch: (),
    ) -> None:
        """`info` tells what a server says of a model now: None for one that is not connected.

        `ownership` is the cost comparison that was kept for a batch, `golds` its votes on gold pairs.
        """
        self._votes = votes
        self._figures = figures
        self._terms = terms
        self._info = info
        self._prices = prices
        self._ownership = ownership
        self._golds = golds

    def of(self, results: Results, ownership: Mapping[str, object] | None = None) -> Record:
        """The record of `results`; `ownership` is the cost comparison as plain data, else the one that was kept."""
        batch = results.batch
        golds, figures = self._golds(batch.id), self._figures.of_batch(batch.id)
        cast_votes = self._votes.of_batch(batch.id)
        now = datetime.now(UTC)
        return {
            "kind": KIND,
            "form": FORM,
            "understudy": __version__,
            "made_at": now.isoformat(),
            "results": _unnamed(results_to_dict(results)),
            "models": [self._model(c.contestant.model, bool(c.local), now) for c in results.contestants],
            "questions": [
                {"key": q.key, "text": q.text, "category": q.category, "language": q.language}
                for q in results.questions.questions
            ],
            "evidence": {str(item): digest for item, digest in self._figures.evidence(batch.id).items()},
            "terms": [plain(t) for t in self._terms(batch.id)],
            "votes": _votes_to_dict(cast_votes),
            "unanswered": {
                str(n): share
                for n, share in enumerate(
                    unanswered(figures, batch.terms.challenger, len(results.questions.questions)).tolist()
                )
                if share
            },
            "closed": closed(batch, figures, cast_votes),
            "gold": {"passed": sum(vote.passed for vote in golds), "total": len(golds)},
            "ownership": plain(self._ownership(batch.id) if ownership is None else ownership),
        }

    def _model(self, model: ModelRef, local: bool, now: datetime) -> dict[str, object]:
        info = self._info(model)
        price = self._prices.price(model, now, local=local)
        return {
            "model": str(model),
            "digest": info.digest if info else None,
            "quantization": info.quantization if info else None,
            "parameters": info.parameters if info else None,
            "bytes": info.size if info else None,
            "usd_per_million_tokens": None
            if price is None
            else {"input": plain(price.input), "output": plain(price.output)},
            "price_source": price.source if price else None,
            "price_list_of": plain(price.as_of) if price else None,
        }


@dataclass(frozen=True, slots=True)
class Recomputed:
    """A record's verdict computed again from its votes, and the places where it says something else."""

    verdict: Verdict
    differences: tuple[str, ...]


def recomputed(record: Record, terms: VerdictTerms | None = None) -> Recomputed:
    """Compute the verdict of a record again, by other terms where they are given (then nothing is compared).

    Raises UserError for what is not a record.
    """
    try:
        return _recomputed(record, terms)
    except (KeyError, TypeError, ValueError, IndexError, AttributeError, OverflowError) as error:
        raise _not_whole(error) from None


def terms_of(record: Record, **changes: float) -> VerdictTerms:
    """The terms of a record's verdict, with some of them changed. Raises UserError as `recomputed` does."""
    try:
        given = cast(dict[str, Any], record)["results"]["batch"]["terms"]
        return VerdictTerms(**{f.name: given[f.name] for f in fields(VerdictTerms)} | changes)
    except (KeyError, TypeError) as error:
        raise _not_whole(error) from None


def history_of(record: Record) -> tuple[TermsSet, ...]:
    """The terms that were set, the oldest first. Raises UserError as `recomputed` does."""
    try:
        return tuple(
            TermsSet(
                terms=VerdictTerms(**{f.name: given["terms"][f.name] for f in fields(VerdictTerms)}),
                set_at=datetime.fromisoformat(given["set_at"]),
                votes=int(given["votes"]),
            )
            for given in cast(dict[str, Any], record)["terms"]
        )
    except (KeyError, TypeError, ValueError) as error:
        raise _not_whole(error) from None


def labels(record: Record) -> tuple[str, str]:
    """What the record calls its challenger and its incumbent."""
    terms = terms_of(record)
    try:
        names = [str(c["label"]) for c in cast(dict[str, Any], record)["results"]["contestants"]]
        return names[terms.challenger], names[terms.incumbent]
    except (KeyError, TypeError, IndexError) as error:
        raise _not_whole(error) from None


def contestants_of(record: Record) -> tuple[tuple[str, str], ...]:
    """(model, label) of each contestant of a record, in the order of their positions."""
    try:
        given = cast(dict[str, Any], record)["results"]["contestants"]
        return tuple((str(c["model"]), str(c["label"])) for c in given)
    except (KeyError, TypeError) as error:
        raise _not_whole(error) from None


def read_record(name: str, data: bytes) -> Record:
    """A record from its JSON file, or from the HTML file that carries it. Raises UserError."""
    text = data.decode("utf-8-sig", errors="replace")
    if text.lstrip()[:1] == "<":
        _, mark, rest = text.partition('<script type="application/json" id="record">')
        text = rest.partition("</script>")[0].replace("<\\/", "</") if mark else ""
    try:
        found = json.loads(text)
    except (json.JSONDecodeError, RecursionError):
        found = None
    if not isinstance(found, dict) or found.get("kind") != KIND:
        raise UserError(
            Message("{name} is not a decision record.", name=name),
            Message("Take the JSON file that the verdict page or `verdict --record FILE` wrote."),
        )
    if found.get("form") != FORM:
        raise UserError(
            Message(
                "{name} was written in form {form}; this version reads form {known}.",
                name=name,
                form=str(found.get("form"))[:20],
                known=FORM,
            ),
            Message(
                "Use the version of Understudy that wrote it: {version}.", version=str(found.get("understudy"))[:40]
            ),
        )
    return found


def record_to_json(record: Record) -> bytes:
    return json.dumps(record, ensure_ascii=False, allow_nan=False, separators=(",", ":")).encode()


def _recomputed(record: Record, terms: VerdictTerms | None) -> Recomputed:
    data = cast(dict[str, Any], record)
    results = data["results"]
    plan = results["batch"]["plan"]
    found = verdict_of(
        _votes_from_dict(data["votes"]),
        terms or terms_of(record),
        grouped([str(q["category"]) for q in data["questions"]]),
        required=int(plan["raters"]) * int(plan["repeats"]),
        questions=len(data["questions"]),
        closed=bool(data["closed"]),
        unanswered=_shares(data["unanswered"], len(data["questions"])),
    )
    if terms is not None:
        return Recomputed(found, ())
    return Recomputed(found, tuple(_differences("verdict", plain(found), results["verdict"])))


def _shares(given: Mapping[str, float], questions: int) -> NDArray[np.float64]:
    shares = np.zeros(questions)
    for number, share in given.items():
        shares[int(number)] = float(share)
    return shares


def _not_whole(error: Exception) -> UserError:
    return UserError(
        Message("This is not a whole decision record ({detail}).", detail=f"{type(error).__name__}: {error}"[:120]),
        Message("Take the JSON file that the verdict page or `verdict --record FILE` wrote."),
    )


def _differences(place: str, ours: object, theirs: object) -> list[str]:
    """Where two plain values differ; figures may by a rounding of the last digits."""
    if isinstance(ours, dict) and isinstance(theirs, dict):
        keys = dict.fromkeys([*ours, *theirs])
        return [d for key in keys for d in _differences(f"{place}.{key}", ours.get(key), theirs.get(key))]
    if isinstance(ours, list) and isinstance(theirs, list) and len(ours) == len(theirs):
        pairs = enumerate(zip(ours, theirs, strict=True))
        return [d for n, (a, b) in pairs for d in _differences(f"{place}[{n}]", a, b)]
    if isinstance(ours, float | int) and isinstance(theirs, float | int):
        return [] if np.isclose(ours, theirs, rtol=1e-9, atol=1e-12) else [place]
    return [] if ours == theirs else [place]


def _unnamed(results: dict[str, object]) -> dict[str, object]:
    ratings = cast(dict[str, Any], results["ratings"])
    counts = {f"rater {n + 1}": count for n, count in enumerate(ratings["raters"].values())}
    return results | {"ratings": ratings | {"raters": counts}}


def _votes_to_dict(cast_votes: BatchVotes) -> dict[str, object]:
    votes = cast_votes.votes
    columns = {
        name: getattr(votes if hasattr(votes, name) else cast_votes, name).astype(int).tolist() for name, _ in _COLUMNS
    }
    return {"raters": len(cast_votes.raters), **columns}


def _votes_from_dict(data: Mapping[str, Any]) -> BatchVotes:
    columns: dict[str, Any] = {name: np.array(data[name], kind) for name, kind in _COLUMNS}
    if len({len(column) for column in columns.values()}) != 1:
        raise ValueError("columns of unequal length")
    of_votes = {f.name: columns.pop(f.name) for f in fields(Votes)}
    return BatchVotes(
        votes=Votes(**of_votes),
        raters=tuple(f"rater {n + 1}" for n in range(int(data["raters"]))),
        **columns,
    )
