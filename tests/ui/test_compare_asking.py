"""Asking on the Compare page: one record, each model called once, what goes wrong is said and nothing is lost."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from app.domain.answers import Status
from tests.ui.compare_page import Page, compare_page, new_session

OPENAI, OLLAMA = "openai:answer", "ollama:echo:latest"


@pytest.fixture
def page(tmp_path: Path) -> Iterator[Page]:
    with compare_page(tmp_path) as page:
        yield page


def test_a_question_becomes_one_comparison_and_its_answers_are_shown(page: Page) -> None:
    page.choose(OPENAI, OLLAMA).ask("When does the office open?")
    assert page.record().comparison.prompt == "When does the office open?"
    assert "The Busan office opens at 9:30" in page.words()


def test_drawing_the_page_again_calls_no_model_again(page: Page) -> None:
    page.choose(OPENAI, OLLAMA).ask("When?")
    page.run().run()
    assert page.openai and page.openai.calls["answer"] == 1
    assert page.ollama and page.ollama.calls["echo"] == 1
    assert len(page.records()) == 1


def test_a_reload_finds_the_comparison_by_its_address(page: Page) -> None:
    page.choose(OPENAI, OLLAMA).ask("When?")
    reloaded = Page(new_session(query={"c": page.record().id}), page.container, page.openai, page.ollama).run()
    assert "The Busan office opens at 9:30" in reloaded.words()
    assert reloaded.app.session_state["model-0"] == OPENAI
    assert page.openai and page.openai.calls["answer"] == 1


def test_a_link_to_nothing_is_said_and_the_page_stays_usable(page: Page) -> None:
    stray = Page(new_session(query={"c": "nosuchthing"}), page.container, page.openai, page.ollama).run()
    assert "nosuchthing" in stray.words()
    assert not stray.app.chat_input(key="prompt").disabled


def test_an_empty_prompt_is_refused_with_the_reason(page: Page) -> None:
    page.choose(OPENAI, OLLAMA).ask("   ")
    assert "The prompt is empty." in page.words()
    assert page.records() == []


def test_a_prompt_that_cannot_be_asked_is_put_back_into_the_box(page: Page) -> None:
    page.typed("nonsense", OLLAMA).ask("A question worth keeping")
    assert "“nonsense” is not a model." in page.words()
    assert page.app.chat_input(key="prompt").proto.value == "A question worth keeping"
    assert page.records() == []


def test_a_prompt_of_a_megabyte_is_asked_in_full(page: Page) -> None:
    prompt = "word " * 200_000
    page.choose("builtin:lead", "builtin:extract").ask(prompt)
    assert len(page.record().comparison.prompt) >= 999_999


def test_html_in_a_prompt_is_text(page: Page) -> None:
    page.choose(OPENAI, OLLAMA).ask("<script>alert(1)</script> **bold**")
    shown = page.words()
    assert "&lt;script&gt;alert(1)&lt;/script&gt; **bold**" in shown
    assert "<script>alert" not in shown


def test_a_failure_is_shown_in_its_pane_with_its_remedy_while_the_other_answers(page: Page) -> None:
    page.typed("openai:fault-401", "ollama:nosuch").ask("When?")
    assert "ollama pull nosuch" in page.words()
    page.press("new-comparison").choose("openai:fault-401", OLLAMA).ask("When?")
    statuses = [a.answer.status for a in page.records()[0].answers]
    assert statuses == [Status.FAILED, Status.DONE]
    assert "OPENAI_API_KEY" in page.words()


def test_a_follow_up_carries_each_contestants_own_conversation(page: Page) -> None:
    page.choose(OPENAI, OLLAMA).ask("First?").ask("Second?")
    assert page.openai
    messages = page.openai.bodies("answer")[1]["messages"]
    assert isinstance(messages, list)
    assert [m["role"] for m in messages] == ["user", "assistant", "user"]
    assert page.records()[0].turn == 1


def test_a_new_comparison_leaves_the_conversation_and_keeps_the_settings(page: Page) -> None:
    page.choose(OPENAI, OLLAMA).ask("First?").press("new-comparison")
    assert "c" not in page.app.query_params
    assert page.app.session_state["model-0"] == OPENAI
    page.ask("Second?")
    assert page.records()[0].turn == 0


def test_pasted_context_becomes_the_evidence_of_every_contestant(page: Page) -> None:
    page.app.text_area(key="context").set_value("The office in Busan opens at half past nine.")
    page.choose(OPENAI, OLLAMA).ask("When?")
    assert [p.text for p in page.record().comparison.evidence.passages] == [
        "The office in Busan opens at half past nine."
    ]


def test_a_third_and_a_fourth_contestant_can_join_and_leave(page: Page) -> None:
    page.press("add-contestant").press("add-contestant")
    assert page.app.button(key="add-contestant").disabled
    page.press("remove-3").choose(OPENAI, OLLAMA, "builtin:lead").ask("When?")
    assert len(page.record().answers) == 3


def test_the_sample_question_runs_with_one_press_on_a_bare_machine(tmp_path: Path) -> None:
    with compare_page(tmp_path, servers=False) as page:
        assert "Nothing is connected yet" in page.words()
        page.press("connect-sample-en")
        assert [str(a.contestant.model) for a in page.record().answers] == ["builtin:lead", "builtin:extract"]
        assert all(a.answer.status is Status.DONE for a in page.record().answers)


def test_the_page_speaks_korean_to_a_korean_browser(tmp_path: Path) -> None:
    with compare_page(tmp_path, locale="ko") as page:
        assert page.app.text_area(key="system").label == "시스템 프롬프트"
        assert page.app.button(key="vote-tie").label != "Tie"
