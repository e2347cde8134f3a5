"""The `builtin` baselines keep the contract of a provider, without any server."""

from __future__ import annotations

import asyncio
from dataclasses import replace

import pytest

from app.domain.chat import ChatRequest, Notice, TextDelta
from app.domain.errors import Fault
from app.domain.evidence import Evidence, Passage
from app.providers.builtin import BuiltinProvider
from tests.contract.suite import Behaviour, ChatContract, ask, complete, events_of, fail, finished_of, run, text_of


class BuiltinBench:
    def __init__(self, model: str) -> None:
        self._model = model

    def provider(self) -> BuiltinProvider:
        return BuiltinProvider()

    def model(self, behaviour: Behaviour) -> str:
        return "nothing-of-that-name" if behaviour == "unknown" else self._model


class TestExtract(ChatContract):
    @pytest.fixture
    def bench(self) -> BuiltinBench:
        return BuiltinBench("extract")


class TestLead(ChatContract):
    @pytest.fixture
    def bench(self) -> BuiltinBench:
        return BuiltinBench("lead")


def texts(request: ChatRequest) -> tuple[list[str], str]:
    events = run(lambda: events_of(BuiltinProvider(), request))
    return [str(e.message) for e in events if isinstance(e, Notice)], text_of(events)


@pytest.mark.parametrize("model", ["lead", "extract"])
@pytest.mark.parametrize("evidence", [Evidence(), Evidence((Passage("a", " \n "),))])
def test_without_evidence_they_say_so(model: str, evidence: Evidence) -> None:
    seen, error = fail(BuiltinProvider, replace(ask(model), evidence=evidence))
    assert error.kind is Fault.NO_EVIDENCE
    assert seen == []
    complete(error)


@pytest.mark.parametrize("model", ["lead", "extract"])
def test_usage_is_left_to_be_estimated_and_the_answer_is_whole(model: str) -> None:
    finished = finished_of(run(lambda: events_of(BuiltinProvider(), ask(model))))
    assert (finished.finish, finished.usage, finished.truncated) == ("stop", None, None)


TWO = Evidence(
    (
        Passage("fees.txt", "Delivery costs 3.5 euros. It is free from 50 euros on."),
        Passage("offices.txt", "The Seoul office opens at 8:00. The Busan office opens at 9:30. Dogs are welcome."),
    )
)


def test_extract_answers_with_the_sentence_and_its_citation() -> None:
    _, text = texts(replace(ask("extract"), evidence=TWO))
    assert text.startswith("The Busan office opens at 9:30. [2]")
    assert "Dogs" not in text and "Delivery" not in text


def test_lead_quotes_the_best_passage_as_it_stands() -> None:
    _, text = texts(replace(ask("lead"), evidence=TWO))
    assert text == TWO.passages[1].text + " [2]"


def test_text_comes_sentence_by_sentence() -> None:
    events = run(lambda: events_of(BuiltinProvider(), replace(ask("lead"), evidence=TWO)))
    assert len([e for e in events if isinstance(e, TextDelta)]) == 4


@pytest.mark.parametrize("model", ["lead", "extract"])
def test_where_nothing_fits_they_say_so_and_show_the_beginning(model: str) -> None:
    request = replace(ask(model, prompt="Quantum chromodynamics?"), evidence=TWO)
    notices, text = texts(request)
    assert len(notices) == 1 and "No sentence" in notices[0]
    assert text.startswith("Delivery costs 3.5 euros.") and "[1]" in text


def test_an_answer_is_the_same_each_time() -> None:
    request = replace(ask("extract"), evidence=TWO)
    assert len({texts(request)[1] for _ in range(5)}) == 1


def test_a_request_without_its_parts_is_answered_from_the_last_message() -> None:
    request = replace(ask("extract"), prompt="", evidence=TWO)
    assert "9:30" in texts(request)[1]


def test_a_lot_of_evidence_does_not_hold_up_the_loop() -> None:
    evidence = Evidence(tuple(Passage("big", f"Item {n} costs {n} euros. " * 40) for n in range(300)))

    async def main() -> int:
        task = asyncio.create_task(events_of(BuiltinProvider(), replace(ask("extract"), evidence=evidence)))
        turns = 0
        while not task.done():
            await asyncio.sleep(0.001)
            turns += 1
        await task
        return turns

    # Were the reading done on the loop, others would get a turn before it and one after it.
    assert run(main) > 10
