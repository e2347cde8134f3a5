"""Past comparisons are listed newest first, searched, filtered and paged."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from streamlit.testing.v1 import AppTest

from app.domain.answers import Answer, Status
from app.domain.ratings import Outcome, Vote
from tests.ui.history_pages import Past, answered, html, past


@pytest.fixture
def world(tmp_path: Path) -> Iterator[Past]:
    with past(tmp_path) as world:
        yield world


def lines(app: AppTest) -> list[str]:
    return [b.label for b in app.button if b.key and b.key.startswith("history-open-")]


def test_an_empty_history_says_what_to_do(world: Past) -> None:
    app = world.page()
    assert any("Compare page" in text.value for text in app.markdown)
    assert [link.label for link in app.get("page_link")] == ["Compare"]


def test_the_newest_comes_first(world: Past) -> None:
    world.put("First question")
    world.put("Second question")
    assert lines(world.page()) == ["Second question", "First question"]


def test_the_search_finds_words_of_an_answer(world: Past) -> None:
    world.put("One", [answered("a word like zebra"), answered("b")])
    world.put("Two")
    app = world.page()
    app.text_input(key="history-text").input("ZEBRA").run()
    assert lines(app) == ["One"]


def test_what_matches_nothing_says_so(world: Past) -> None:
    world.put("One")
    app = world.page()
    app.text_input(key="history-text").input("nowhere").run()
    assert app.info[0].value == "Nothing matches."


def test_filters_by_model_status_and_votes(world: Past) -> None:
    voted = world.put("Voted")
    world.container.rating.vote(voted.id, Vote("Mina", outcome=Outcome.TIE))
    world.put("Failed", [answered("a"), Answer(Status.FAILED)])
    world.put("Other model", models=("openai:gpt-5.4-mini", "gguf:smollm2"))

    app = world.page()
    app.selectbox(key="history-model").select("gguf:smollm2").run()
    assert lines(app) == ["Other model"]

    app = world.page()
    app.selectbox(key="history-status").select(Status.FAILED).run()
    assert lines(app) == ["Failed"]

    app = world.page()
    app.segmented_control(key="history-rated").set_value("rated").run()
    assert lines(app) == ["Voted"]
    app.segmented_control(key="history-rated").set_value("unrated").run()
    assert lines(app) == ["Other model", "Failed"]


def test_the_filter_names_models_as_they_are(world: Past) -> None:
    world.put(models=("ollama:fault-503", "gguf:small_one"))
    assert world.page().selectbox(key="history-model").options == ["gguf:small_one", "ollama:fault-503"]


def test_older_ones_are_a_page_away_and_a_new_search_starts_at_the_first(world: Past) -> None:
    for n in range(30):
        world.put(f"Question {n}")
    app = world.page()
    assert len(lines(app)) == 25
    app.button(key="history-older").click().run()
    assert lines(app) == [f"Question {n}" for n in (4, 3, 2, 1, 0)]
    assert "26–30 of 30" in html(app)
    app.text_input(key="history-text").input("Question 29").run()
    assert lines(app) == ["Question 29"]


def test_a_prompt_in_the_list_is_shown_as_it_is(world: Past) -> None:
    world.put("<b>x</b> :red[y] **z**\nnext line")
    [label] = lines(world.page())
    assert label == r"\<b\>x\</b\> \:red\[y\] \*\*z\*\* next line"


def test_a_hidden_comparison_names_its_models_in_no_order_that_tells(world: Past) -> None:
    world.put(models=("zeta:one", "alpha:two"), sides=(0, 1), blind=True)
    shown = html(world.page())
    assert shown.index("alpha:two") < shown.index("zeta:one")
    assert ">blind<" in shown


def test_a_line_opens_its_comparison(world: Past) -> None:
    record = world.put("One")
    app = world.page()
    app.button(key=f"history-open-{record.id}").click().run()
    assert app.subheader[0].value == "One"
    app.button(key="history-back").click().run()
    assert lines(app) == ["One"]


def test_in_korean(world: Past) -> None:
    assert world.page(language="ko").title[0].value == "기록"
