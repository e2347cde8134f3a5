"""A batch that was answered and rated, written straight into the tables: by the thousand where a test needs it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from itertools import islice

import numpy as np
from sqlalchemy import Engine, insert

from app.domain.answers import Answer, Status, Timing, Usage
from storage.columns import fold
from storage.database import write
from storage.evaluation_tables import BatchItemRow, BatchRow, QuestionRow, QuestionSetRow, TermsRow
from storage.records import answer_values
from storage.tables import AnswerRow, ComparisonRow, RatingRow

T0 = datetime(2026, 11, 1, tzinfo=UTC)
BATCH = "b" * 32
MODELS = ("openai:gpt-5.4-mini", "ollama:llama3.1:8b", "gguf:smollm2", "builtin:extract")


@dataclass(frozen=True)
class Planted:
    """What people think of contestant 1 against contestant 0, by category: the share of questions it
    wins and loses (the rest are ties), and of those where both are bad."""

    win: float
    lose: float
    both_bad: float = 0.0


def plant(
    engine: Engine,
    categories: dict[str, Planted],
    *,
    questions: int = 40,
    raters: int = 1,
    contestants: int = 2,
    repeats: int = 1,
    text: str = "Answer",
    seed: int = 1,
) -> str:
    """Store one batch of `questions` per category, rated by `raters` people each; returns its id."""
    rng = np.random.default_rng(seed)
    names = list(categories)
    n = questions * len(names)
    models = [m.split(":", 1) for m in MODELS[:contestants]]
    plan = {
        "question_set": "planted",
        "version": 1,
        "contestants": [{"model": m, "sampling": {}} for m in MODELS[:contestants]],
        "repeats": repeats,
        "raters": raters,
    }
    sets = {"id": "s" * 32, "name": "planted", "folded": "planted", "version": 1, "created_at": T0, "digest": "0" * 64}
    question_rows, comparisons, answers, items, ratings = [], [], [], [], []
    vote = 0
    for q in range(n):
        category = names[q % len(names)]
        question_rows.append(
            {
                "set_id": sets["id"],
                "position": q,
                "key": str(q + 1),
                "text": f"Question {q + 1}?" if q % 2 else f"질문 {q + 1}?",
                "reference": "",
                "targets": [],
                "category": category,
                "language": "en" if q % 2 else "ko",
                "wants_json": False,
            }
        )
        for repeat in range(repeats):
            position = q * repeats + repeat
            cid = f"c{position:031d}"
            prompt = str(question_rows[-1]["text"])
            comparisons.append(
                {
                    "id": cid,
                    "thread": cid,
                    "turn": 0,
                    "after": None,
                    "created_at": T0 + timedelta(seconds=position),
                    "revealed_at": None,
                    "blind": True,
                    "start_mode": "together",
                    "evidence_digest": "0" * 64,
                    "prompt": prompt,
                    "system": "",
                    "search": fold(prompt),
                    "evidence": [],
                }
            )
            items.append(
                {
                    "batch_id": BATCH,
                    "position": position,
                    "question": q,
                    "repeat": repeat,
                    "comparison_id": cid,
                    "error": None,
                }
            )
            for place, (provider, model) in enumerate(models):
                answer = Answer(
                    Status.DONE,
                    text=f"{text} {position} of {model}",
                    finish="stop",
                    usage=Usage(100, 50),
                    timing=Timing(first_token=0.2 + 0.1 * place, decode=1.0 + place, total=1.2 + 1.1 * place),
                    cost_usd=None,
                )
                answers.append(
                    {
                        "id": f"a{position:027d}{place:04d}",
                        "comparison_id": cid,
                        "position": place,
                        "side": place,
                        "provider": provider,
                        "model": model,
                        "sampling": {},
                        "owner": "nobody",
                        **answer_values(answer, T0),
                    }
                )
            planted = categories[category]
            for rater in range(raters):
                for second in range(1, contestants):
                    outcome = _outcome(rng.random(), planted)
                    turned = bool(rng.random() < 0.5)
                    pair = [f"a{position:027d}{0:04d}", f"a{position:027d}{second:04d}"]
                    left, right = reversed(pair) if turned else pair
                    if turned:
                        outcome = {"left": "right", "right": "left"}.get(outcome, outcome)
                    ratings.append(
                        {
                            "vote": f"v{vote:019d}",
                            "supersedes": None,
                            "comparison_id": cid,
                            "left_id": left,
                            "right_id": right,
                            "outcome": outcome,
                            "best_of": None,
                            "blind": True,
                            "rater": f"rater {rater}",
                            "created_at": T0 + timedelta(seconds=vote),
                            "tags": [],
                            "comment": "",
                            "search": "",
                        }
                    )
                    vote += 1

    def work(connection) -> None:  # type: ignore[no-untyped-def]
        connection.execute(insert(QuestionSetRow).values(sets))
        batch = {"id": BATCH, "set_id": sets["id"], "created_at": T0, "updated_at": T0, "state": "done"}
        connection.execute(
            insert(BatchRow).values({**batch, "owner": None, "lease_until": None, "reason": None, "plan": plan})
        )
        connection.execute(insert(TermsRow).values(batch_id=BATCH, set_at=T0, votes=0, terms={}))
        for table, rows in (
            (QuestionRow, question_rows),
            (ComparisonRow, comparisons),
            (AnswerRow, answers),
            (BatchItemRow, items),
            (RatingRow, ratings),
        ):
            rest = iter(rows)
            while part := list(islice(rest, 20_000)):
                connection.execute(insert(table), part)

    write(engine, work)
    return BATCH


def _outcome(u: float, planted: Planted) -> str:
    """As seen with the incumbent on the left."""
    for share, outcome in ((planted.win, "right"), (planted.lose, "left"), (planted.both_bad, "both_bad")):
        if u < share:
            return outcome
        u -= share
    return "tie"
