"""The settings of the Compare page: what a model does not take, presets, one contestant's own."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from app.domain.models import Sampling
from tests.ui.compare_page import Page, compare_page


@pytest.fixture
def page(tmp_path: Path) -> Iterator[Page]:
    with compare_page(tmp_path) as page:
        yield page


def test_nothing_is_sent_where_a_slider_stands_at_the_servers_default(page: Page) -> None:
    page.choose("openai:answer", "ollama:echo:latest").ask("When?")
    assert all(a.contestant.sampling == Sampling() for a in page.record().answers)


def test_a_slider_says_which_chosen_model_does_not_take_it_and_why(page: Page) -> None:
    page.choose("openai:answer", "ollama:echo:latest")
    assert "Not sent to openai:answer: OpenAI has no top_k." in page.words()
    assert not page.app.select_slider(key="top_k-shared").disabled


def test_a_slider_that_no_chosen_model_takes_is_disabled(page: Page) -> None:
    page.choose("openai:answer", "openai:echo")
    assert page.app.select_slider(key="top_k-shared").disabled
    assert not page.app.select_slider(key="temperature-shared").disabled


def test_a_field_that_is_not_taken_is_listed_as_not_sent(page: Page) -> None:
    page.app.select_slider(key="top_k-shared").set_value(20)
    page.choose("openai:answer", "ollama:echo:latest").ask("When?")
    not_sent = [tuple(a.answer.not_sent) for a in page.record().answers]
    assert not_sent == [("top_k",), ()]


def test_the_rag_preset_sets_its_three_sliders(page: Page) -> None:
    page.choose("ollama:answer:latest", "ollama:echo:latest")
    page.app.menu_button(key="preset-shared").set_value("rag")
    page.run().ask("When?")
    assert page.record().answers[0].contestant.sampling == Sampling(temperature=0.3, top_p=0.85, top_k=20)


def test_a_contestant_with_settings_of_its_own_starts_from_the_shared_ones(page: Page) -> None:
    page.choose("ollama:echo:latest", "ollama:echo:latest")
    page.app.select_slider(key="temperature-shared").set_value(0.3)
    page.app.toggle(key="own-1").set_value(True)
    page.run()
    assert page.app.select_slider(key="temperature-1").value == 0.3
    page.app.select_slider(key="temperature-1").set_value(1.0)
    page.run().ask("When?")
    assert [a.contestant.sampling.temperature for a in page.record().answers] == [0.3, 1.0]


def test_the_next_prompt_is_counted_before_it_is_sent(page: Page) -> None:
    page.app.text_area(key="system").set_value("Answer in one word. " * 20)
    page.choose("openai:gpt-4.1-mini", "ollama:echo:latest")
    assert "tokens + your question · $" in page.words()


def test_a_model_that_retires_says_when(page: Page) -> None:
    options = page.app.selectbox(key="model-0").options
    assert "openai:gpt-5-mini · retires 2026-12-11" in options


def test_settings_outlive_a_visit_to_another_page(page: Page) -> None:
    page.choose("openai:answer", "ollama:echo:latest")
    page.app.select_slider(key="temperature-shared").set_value(0.5)
    page.app.text_area(key="system").set_value("Be brief.")
    page.run()
    page.app.switch_page("../../pages/history.py").run()
    page.app.switch_page("../../pages/compare.py").run()
    assert page.app.select_slider(key="temperature-shared").value == 0.5
    assert page.app.text_area(key="system").value == "Be brief."
    assert page.app.session_state["model-0"] == "openai:answer"
