"""The main job in a real browser: nothing is lost, nobody is asked twice, the vote comes before the names."""

from __future__ import annotations

import re
import sqlite3

import pytest
from playwright.sync_api import Page, expect

from tests.browser.app import RunningApp
from tests.browser.conftest import Servers
from tests.browser.driver import LONG, ComparePage

pytestmark = pytest.mark.browser

SLOW, STEADY = "openai:steady-20tps-10s", "ollama:steady-50tps-10s"


def stored(app: RunningApp, sql: str, *values: str) -> list[tuple[object, ...]]:
    """Rows of the app's own database, read from outside."""
    with sqlite3.connect(f"file:{app.home / 'understudy.db'}?mode=ro", uri=True) as database:
        return database.execute(sql, values).fetchall()


def test_two_panes_grow_at_once(app: RunningApp, page: Page) -> None:
    compare = ComparePage(page, app.url).open().choose(SLOW, STEADY).ask("Go.")
    first = (compare.wait_for_word(0), compare.wait_for_word(1))
    assert compare.wait_for_word(0, first[0] + 5) and compare.wait_for_word(1, first[1] + 5)
    assert compare.words(0) < 199 and compare.words(1) < 499


@pytest.mark.model
def test_the_real_model_answers_beside_a_server(app: RunningApp, page: Page) -> None:
    compare = ComparePage(page, app.url).open().choose("gguf:smollm2", STEADY)
    compare.ask("Write a long story about a cat that lives in Busan.")
    compare.wait_for_word(1, 5)
    expect(compare.answer(0)).to_contain_text(re.compile(r"\w+ \w+ \w+ \w+"), timeout=3 * LONG)
    before = len(compare.answer(0).inner_text())
    page.wait_for_function(
        "n => document.querySelector('.st-key-answer-0').innerText.length > n", arg=before, timeout=LONG
    )
    compare.by_key("stop").locator("button").click()
    compare.finished()


def test_a_slider_another_page_and_a_reload_lose_nothing_and_ask_nobody_again(
    app: RunningApp, page: Page, servers: Servers
) -> None:
    compare = ComparePage(page, app.url).open().choose(SLOW, STEADY).ask("Go.")
    reached = compare.wait_for_word(0, 10)
    slider = compare.by_key("temperature-shared").get_by_role("slider")
    slider.focus()
    slider.press("ArrowRight")
    reached = compare.wait_for_word(0, reached + 5)
    page.get_by_role("link", name="History").click()
    expect(page).to_have_url(re.compile("history"))
    page.get_by_role("link", name="Compare").click()
    reached = compare.wait_for_word(0, reached + 5)
    page.reload()
    compare.wait_for_word(0, reached + 5)
    compare.done()
    assert compare.answer(0).inner_text().split() == [f"w{n}" for n in range(200)]
    assert compare.words(1) == 499
    assert (servers.calls("steady-20tps-10s"), servers.calls("steady-50tps-10s")) == (1, 1)


def test_a_closed_tab_stops_nothing(app: RunningApp, page: Page, servers: Servers) -> None:
    compare = ComparePage(page, app.url).open().choose(SLOW, STEADY).ask("Go.")
    compare.wait_for_word(0, 5)
    link = page.url
    page.goto("about:blank")
    page.goto(link)
    compare.done()
    assert compare.words(0) == 199 and servers.calls("steady-20tps-10s") == 1


def test_stop_cancels_upstream_and_keeps_the_text(app: RunningApp, page: Page, servers: Servers) -> None:
    compare = ComparePage(page, app.url).open().choose("openai:endless", "ollama:endless").ask("Go on for ever.")
    compare.wait_for_word(0, 5)
    compare.wait_for_word(1, 5)
    compare.by_key("stop").locator("button").click()
    assert servers.openai.hung_up("endless", within=2) and servers.ollama.hung_up("endless", within=2)
    expect(compare.pane(0)).to_contain_text(re.compile("stopped", re.I), timeout=LONG)
    assert compare.words(0) >= 5
    rows = stored(app, "SELECT status FROM answers WHERE comparison_id = ?", compare.comparison_id)
    assert rows == [("cancelled",), ("cancelled",)]


def test_identities_are_hidden_until_the_vote_and_shown_after_it(app: RunningApp, page: Page) -> None:
    compare = ComparePage(page, app.url).open().choose("openai:answer", "ollama:answer")
    compare.by_key("blind").locator("label").click()
    compare.settle()
    compare.ask("When does the Busan office open?").done()
    assert not re.search("openai|ollama", page.locator("[data-testid=stApp]").inner_html(), re.I)
    compare.by_key("vote-1").locator("button").click()
    names = page.locator(".st-key-panes").get_by_role("combobox")
    expect(names).to_have_count(2, timeout=LONG)
    assert {box.input_value() for box in names.all()} >= {"openai:answer"}
    (rating,) = stored(app, "SELECT outcome, blind FROM ratings WHERE comparison_id = ?", compare.comparison_id)
    assert rating == ("right", 1)


def test_a_vote_by_keyboard_is_stored_and_typing_is_no_vote(app: RunningApp, page: Page) -> None:
    compare = ComparePage(page, app.url).open().choose("openai:answer", "ollama:answer").ask("Hello?").done()
    compare.prompt.press_sequentially("1 t x")
    assert stored(app, "SELECT outcome FROM ratings WHERE comparison_id = ?", compare.comparison_id) == []
    compare.prompt.blur()
    page.keyboard.press("t")
    expect(page.locator(".st-key-rating-bar")).to_contain_text(re.compile("tie", re.I))
    page.wait_for_timeout(500)
    for _ in range(40):
        if rows := stored(app, "SELECT outcome FROM ratings WHERE comparison_id = ?", compare.comparison_id):
            break
        page.wait_for_timeout(100)
    assert rows == [("tie",)]


def test_a_follow_up_shows_both_turns(app: RunningApp, page: Page, servers: Servers) -> None:
    compare = ComparePage(page, app.url).open().choose("openai:echo", "ollama:echo").ask("first question").done()
    compare.ask("second question")
    expect(compare.answer(0)).to_contain_text("second question", timeout=LONG)
    compare.done()
    sent = servers.openai.bodies("echo")[-1]["messages"]
    assert [m["content"] for m in sent] == ["first question", "first question", "second question"]  # type: ignore[index, attr-defined]


def test_html_in_an_answer_is_text_and_nothing_of_it_runs(app: RunningApp, page: Page) -> None:
    title = page.title
    compare = ComparePage(page, app.url).open().choose("openai:fault-html", "ollama:markdown").ask("<b>x</b>").done()
    expect(compare.answer(0)).to_contain_text("<script>document.title='owned'</script>")
    assert title() != "owned"
    assert compare.answer(0).locator("script, img").count() == 0


def test_a_failed_pane_says_cause_and_remedy_while_the_other_finishes(app: RunningApp, page: Page) -> None:
    compare = ComparePage(page, app.url).open().choose("openai:fault-401", "ollama:answer").ask("Hello?")
    expect(compare.pane(0)).to_contain_text("OPENAI_API_KEY", timeout=LONG)
    expect(compare.answer(1)).to_contain_text("Busan", timeout=LONG)


def test_an_empty_prompt_sends_nothing(app: RunningApp, page: Page, servers: Servers) -> None:
    compare = ComparePage(page, app.url).open().choose("openai:answer", "ollama:answer")
    compare.ask("   ")
    page.wait_for_timeout(500)
    assert servers.calls("answer") == 0


@pytest.fixture
def korean(browser, servers: Servers) -> Page:  # type: ignore[no-untyped-def]
    """A visitor whose browser speaks Korean."""
    servers.openai.forget()
    servers.ollama.forget()
    page = browser.new_context(viewport={"width": 1440, "height": 900}, locale="ko-KR").new_page()
    page.set_default_timeout(15_000)
    yield page
    page.context.close()


def test_a_korean_browser_gets_korean_and_korean_comes_through_whole(app: RunningApp, korean: Page) -> None:
    compare = ComparePage(korean, app.url).open().choose("openai:korean", "ollama:korean")
    compare.ask("부산 사무소는 언제 여나요?").done()
    expect(korean.locator(".st-key-question-line, .st-key-question")).to_contain_text("부산 사무소는 언제 여나요?")
    expect(compare.answer(0)).to_contain_text("9시 30분")
    expect(korean.get_by_role("link", name="기록")).to_be_visible()


def test_the_enter_that_ends_a_hangul_composition_sends_nothing(
    app: RunningApp, korean: Page, servers: Servers
) -> None:
    compare = ComparePage(korean, app.url).open().choose("openai:echo", "ollama:echo")
    compare.prompt.click()
    keyboard = korean.context.new_cdp_session(korean)
    keyboard.send("Input.imeSetComposition", {"text": "연차", "selectionStart": 2, "selectionEnd": 2})
    korean.evaluate(
        "document.activeElement.dispatchEvent(new KeyboardEvent('keydown',"
        " {key: 'Enter', keyCode: 229, isComposing: true, bubbles: true, cancelable: true}))"
    )
    korean.wait_for_timeout(300)
    assert servers.calls("echo") == 0
    keyboard.send("Input.insertText", {"text": "연차"})
    compare.prompt.press("Enter")
    compare.done()
    assert (servers.openai.calls["echo"], servers.ollama.calls["echo"]) == (1, 1)
    expect(compare.answer(0)).to_contain_text("연차")
