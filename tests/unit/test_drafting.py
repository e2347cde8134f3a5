"""What a page starts with and what its sliders say, without a page."""

from __future__ import annotations

from datetime import date

import pytest

from app.domain.comparisons import Comparison
from app.domain.errors import UserError
from app.domain.message import Message
from app.domain.models import Capabilities, Contestant, ModelInfo, ModelRef, Sampling
from app.services.comparing.directory import Found
from app.services.comparing.drafting import Draft, Slot, connected, extra, field_states, meant, suggested

BASELINES = ("builtin:lead", "builtin:extract")
TODAY = date(2026, 11, 21)


def found(*names: str, retired: str = "") -> Found:
    return Found(
        models=tuple(
            ModelInfo(ModelRef.parse(name), retires=date(2026, 10, 23) if name == retired else None) for name in names
        )
    )


def names(pair: tuple[ModelRef, ModelRef]) -> tuple[str, str]:
    return str(pair[0]), str(pair[1])


def test_models_of_two_providers_meet_first() -> None:
    here = found("openai:a", "openai:b", "ollama:c", *BASELINES)
    assert names(suggested(here, today=TODAY)) == ("openai:a", "ollama:c")


def test_the_only_model_meets_the_extracting_baseline() -> None:
    assert names(suggested(found("gguf:smollm2", *BASELINES), today=TODAY)) == ("gguf:smollm2", "builtin:extract")


def test_with_nothing_connected_the_baselines_meet() -> None:
    here = found(*BASELINES)
    assert names(suggested(here, today=TODAY)) == ("builtin:lead", "builtin:extract")
    assert connected(here) == ()


def test_a_model_that_was_shut_down_is_not_suggested() -> None:
    here = found("openai:old", "openai:new", *BASELINES, retired="openai:old")
    assert names(suggested(here, today=TODAY))[0] == "openai:new"


def test_those_compared_last_come_back_while_they_are_here() -> None:
    here = found("openai:a", "ollama:c", "ollama:d", *BASELINES)
    assert names(suggested(here, ("ollama:d", "ollama:c"), today=TODAY)) == ("ollama:d", "ollama:c")
    assert names(suggested(here, ("ollama:gone", "ollama:c"), today=TODAY)) == ("openai:a", "ollama:c")


def test_one_more_contestant_is_one_not_chosen_yet() -> None:
    assert str(extra(found("openai:a", "ollama:c"), ["openai:a"])) == "ollama:c"
    assert str(extra(found("openai:a"), ["openai:a"])) == "openai:a"


def test_a_field_is_everybodys_refusal_only_when_no_chosen_model_takes_it() -> None:
    one, other = ModelRef.parse("openai:a"), ModelRef.parse("ollama:c")
    no = Message("It has no top_k.")
    known = {one: Capabilities(refused={"top_k": no}), other: Capabilities()}
    both = field_states([(one, Sampling()), (other, Sampling())], known)
    assert both["top_k"].refused == ((one, no),)
    assert not both["top_k"].everybody
    assert field_states([(one, Sampling())], known)["top_k"].everybody


def test_a_field_taken_only_without_reasoning_follows_the_reasoning_that_was_chosen() -> None:
    ref, why = ModelRef.parse("openai:gpt-6"), Message("Only without reasoning.")
    known = {ref: Capabilities(refused_when_reasoning={"temperature": why})}
    assert "temperature" in field_states([(ref, Sampling())], known)
    assert "temperature" not in field_states([(ref, Sampling(reasoning="none"))], known)


def test_a_draft_with_what_is_no_model_cannot_be_asked() -> None:
    for text in ("", "gpt", ":x"):
        with pytest.raises(UserError):
            Draft((Slot(0, text),)).comparison("When?")


def test_a_contestants_own_sampling_stands_for_all_of_the_shared_one() -> None:
    draft = Draft((Slot(0, "ollama:a"), Slot(1, "ollama:a", Sampling())), sampling=Sampling(temperature=0.3))
    assert draft.comparison("When?") == Comparison(
        "When?",
        (
            Contestant(ModelRef("ollama", "a"), Sampling(temperature=0.3)),
            Contestant(ModelRef("ollama", "a"), Sampling()),
        ),
    )


@pytest.mark.parametrize(
    ("typed", "model"),
    [
        ("gpt-x", "openai:gpt-x"),
        ("llama", "ollama:llama:latest"),
        ("openai:gpt-x", "openai:gpt-x"),
        ("openai:not-listed", "openai:not-listed"),
        ("twice", "twice"),
    ],
)
def test_a_bare_name_means_the_one_model_called_so(typed: str, model: str) -> None:
    names = ("openai:gpt-x", "ollama:llama:latest", "openai:twice", "ollama:twice")
    found = Found(models=tuple(ModelInfo(ModelRef.parse(name)) for name in names))
    assert meant(typed, found) == model
