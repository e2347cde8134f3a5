"""Ratings as data to fine-tune with: what is a line, and what is left out and counted."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from dataclasses import replace
from datetime import UTC, datetime

import pytest

from app.domain.answers import Answer, Status
from app.domain.comparisons import AnswerRecord, Comparison, ComparisonRecord
from app.domain.evidence import Evidence, Passage
from app.domain.models import Contestant, ModelRef
from app.domain.ratings import Outcome, Rating, Stars
from app.domain.training import RatedComparison
from app.services.export.training import Training, TrainingExport, TrainingFormat

NOW = datetime(2026, 11, 21, tzinfo=UTC)
MODELS = tuple(Contestant(ModelRef("openai", name)) for name in ("gpt", "mini", "nano"))
TEXTS = ("열다섯 날 [1]", "Fifteen [1]", "Fifty")
NOTHING = Evidence()
A, B, C = "a", "b", "c"


def answered(
    *answers: Answer, evidence: Evidence = NOTHING, system: str = "", turn: int = 0, n: int = 2
) -> ComparisonRecord:
    given = answers or tuple(Answer(Status.DONE, text, finish="stop") for text in TEXTS[:n])
    return ComparisonRecord(
        id="c1",
        thread="c1",
        turn=turn,
        created_at=NOW,
        comparison=Comparison("며칠인가요?", MODELS[: len(given)], system=system, evidence=evidence),
        answers=tuple(AnswerRecord("abc"[n], n, n, MODELS[n], answer) for n, answer in enumerate(given)),
    )


def vote(outcome: Outcome, left: str = A, right: str = B, rater: str = "mina") -> Rating:
    return Rating(f"{rater}-{left}{right}", "c1", left, right, outcome, True, rater, NOW)


def stars(answer: str, *given: int) -> list[Stars]:
    return [Stars(f"v{n}", answer, each, True, f"r{n}", NOW) for n, each in enumerate(given)]


class Rated:
    """The store, with these comparisons in it."""

    def __init__(self, *comparisons: RatedComparison) -> None:
        self._comparisons = comparisons

    def rated(self, batch: str | None = None) -> Iterator[RatedComparison]:
        assert batch in (None, "whole-id")
        yield from self._comparisons


def export(
    format: TrainingFormat,
    record: ComparisonRecord,
    ratings: Sequence[Rating] = (),
    given: Sequence[Stars] = (),
) -> tuple[list[dict[str, object]], dict[str, int]]:
    made = training(RatedComparison(record, tuple(ratings), tuple(given))).export(format)
    return read(made), dict(made.counts.left_out)


def training(*rated: RatedComparison) -> Training:
    return Training(Rated(*rated), lambda batch: "whole-id")


def read(made: TrainingExport) -> list[dict[str, object]]:
    lines = [json.loads(piece) for piece in made.pieces]
    assert made.counts.written == len(lines)
    return lines


def message(role: str, content: str) -> list[dict[str, str]]:
    return [{"role": role, "content": content}]


def test_a_pair_is_in_the_form_that_trl_documents() -> None:
    lines, left = export("dpo", answered(system="Be brief."), [vote(Outcome.RIGHT)])
    assert left == {}
    assert lines == [
        {
            "prompt": message("system", "Be brief.") + message("user", "며칠인가요?"),
            "chosen": message("assistant", "Fifteen [1]"),
            "rejected": message("assistant", "열다섯 날 [1]"),
        }
    ]


def test_the_prompt_is_what_was_sent_with_its_passages() -> None:
    evidence = Evidence((Passage("사규.md", "연차는 15일이다.", page=3),))
    ((line,), _) = export("dpo", answered(evidence=evidence), [vote(Outcome.LEFT)])
    assert "연차는 15일이다." in str(line["prompt"]) and "Question: 며칠인가요?" in str(line["prompt"])


@pytest.mark.parametrize(
    ("outcomes", "chosen", "left"),
    [
        ([Outcome.LEFT, Outcome.LEFT, Outcome.RIGHT], "열다섯 날 [1]", {}),
        ([Outcome.RIGHT, Outcome.RIGHT, Outcome.TIE], "Fifteen [1]", {}),
        ([Outcome.LEFT, Outcome.RIGHT], None, {"draws": 1}),
        ([Outcome.LEFT, Outcome.TIE], None, {"draws": 1}),
        ([Outcome.TIE], None, {"ties": 1}),
        ([Outcome.TIE, Outcome.TIE, Outcome.LEFT], None, {"ties": 1}),
        ([Outcome.BOTH_BAD], None, {"both_bad": 1}),
    ],
)
def test_several_ratings_of_a_pair_are_decided_by_most(
    outcomes: list[Outcome], chosen: str | None, left: dict[str, int]
) -> None:
    lines, out = export("dpo", answered(), [vote(o, rater=str(n)) for n, o in enumerate(outcomes)])
    assert out == left
    assert [line["chosen"] for line in lines] == ([message("assistant", chosen)] if chosen else [])


def test_a_pair_shown_the_other_way_round_is_the_same_pair() -> None:
    votes = [vote(Outcome.LEFT, rater="1"), vote(Outcome.RIGHT, B, A, rater="2")]
    lines, _ = export("dpo", answered(), votes)
    assert [line["chosen"] for line in lines] == [message("assistant", "열다섯 날 [1]")]


def test_the_best_of_three_is_preferred_to_each_other() -> None:
    lines, _ = export("dpo", answered(n=3), [vote(Outcome.RIGHT, A, B), vote(Outcome.LEFT, B, C)])
    assert [(line["chosen"], line["rejected"]) for line in lines] == [
        (message("assistant", "Fifteen [1]"), message("assistant", "열다섯 날 [1]")),
        (message("assistant", "Fifteen [1]"), message("assistant", "Fifty")),
    ]


DONE = Answer(Status.DONE, "Fifteen.", finish="stop")


@pytest.mark.parametrize(
    ("other", "why"),
    [
        (replace(DONE, text="Fif", finish="length"), "incomplete"),
        (replace(DONE, text="Fif", status=Status.CANCELLED), "incomplete"),
        (replace(DONE, text=" "), "incomplete"),
        (replace(DONE, text="Fifteen. "), "same"),
    ],
)
def test_only_whole_answers_that_differ_are_pairs(other: Answer, why: str) -> None:
    lines, left = export("dpo", answered(DONE, other), [vote(Outcome.LEFT)])
    assert (lines, left) == ([], {why: 1})


@pytest.mark.parametrize("format", ["dpo", "alpaca"])
def test_a_follow_up_is_left_out_because_each_had_its_own_conversation(format: TrainingFormat) -> None:
    lines, left = export(format, answered(turn=1), [vote(Outcome.LEFT)])
    assert lines == [] and set(left) == {"follow_ups"}


def test_an_accepted_answer_has_alpacas_fields() -> None:
    evidence = Evidence((Passage("사규.md", "15일이다.", page=3), Passage("b.txt", "…")))
    lines, left = export("alpaca", answered(evidence=evidence), [vote(Outcome.LEFT)])
    text = "[1] 사규.md, p. 3\n15일이다.\n\n[2] b.txt\n…"
    assert lines == [{"instruction": "며칠인가요?", "input": text, "output": "열다섯 날 [1]"}]
    assert left == {"not_accepted": 1}


def test_a_system_prompt_goes_with_the_instruction() -> None:
    ((line,), _) = export("alpaca", answered(system="Be brief."), [vote(Outcome.LEFT)])
    assert line["system"] == "Be brief."


@pytest.mark.parametrize(
    ("outcomes", "given", "accepted"),
    [
        ([Outcome.TIE], [], ["열다섯 날 [1]", "Fifteen [1]"]),
        ([Outcome.BOTH_BAD], [], []),
        ([Outcome.BOTH_BAD], stars(A, 5), []),
        ([Outcome.LEFT, Outcome.LEFT, Outcome.BOTH_BAD], [], []),
        ([Outcome.LEFT, Outcome.RIGHT], [], []),
        ([Outcome.RIGHT], stars(A, 4), ["열다섯 날 [1]", "Fifteen [1]"]),
        ([Outcome.RIGHT], stars(A, 4, 3), ["Fifteen [1]"]),
    ],
)
def test_accepted_is_what_won_or_tied_or_has_four_stars_and_nobody_called_bad(
    outcomes: list[Outcome], given: list[Stars], accepted: list[str]
) -> None:
    lines, _ = export("alpaca", answered(), [vote(o, rater=str(n)) for n, o in enumerate(outcomes)], given)
    assert [line["output"] for line in lines] == accepted


def test_nothing_is_read_before_it_is_written() -> None:
    class Endless:
        def rated(self, batch: str | None = None) -> Iterator[RatedComparison]:
            while True:
                yield RatedComparison(answered(), (vote(Outcome.LEFT),), ())

    made = Training(Endless(), str).export("dpo")
    assert [json.loads(next(made.pieces))["chosen"] for _ in range(3)] == [message("assistant", "열다섯 날 [1]")] * 3
    assert made.counts.written == 3


def test_no_model_is_named() -> None:
    made = training(RatedComparison(answered(), (vote(Outcome.LEFT),), ())).export("dpo", "whole")
    assert "openai" not in "".join(made.pieces)
