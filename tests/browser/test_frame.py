"""What all pages have in common: where their titles stand, and lists whose lines are pressed anywhere."""

from __future__ import annotations

import json
import re

from playwright.sync_api import Locator, Page, expect

from tests.browser.app import RunningApp
from tests.browser.driver import LONG
from tests.browser.evaluating import Evaluating

# Where the title and the choice of a language stand, left and top in pixels.
PLACES = """['h1', '.st-key-language'].map(name => {
    const box = document.querySelector(name)?.getBoundingClientRect();
    return [Math.round(box?.x), Math.round(box?.y)];
})"""
TITLED = ("documents", "search", "questions", "batches", "rate", "results", "verdict", "ownership", "history")


def test_title_and_language_stand_at_one_place_on_every_page_whose_menu_is_marked(page: Page, app: RunningApp) -> None:
    expected, marked = None, {}
    for path in (TITLED[0], *TITLED):  # the first one only to have all that a browser keeps
        page.goto(f"{app.url}/{path}")
        expect(page.locator("h1").first).to_be_visible(timeout=2 * LONG)
        expect(page.locator(".st-key-language")).to_be_visible(timeout=LONG)
        Evaluating(page, app.url).settle()
        marked[path] = [
            menu.inner_text().strip() for menu in page.get_by_test_id("stTopNavSection").all() if filled(menu)
        ]
        if expected is None:
            page.reload()
            expect(page.locator("h1").first).to_be_visible(timeout=2 * LONG)
            Evaluating(page, app.url).settle()
            expected = page.evaluate(f"JSON.stringify({PLACES})")
        # A page that still comes may stand elsewhere for a moment.
        page.wait_for_function(f"expected => JSON.stringify({PLACES}) === expected", arg=expected, timeout=LONG)

    (_, title), (_, language) = json.loads(str(expected))
    assert language < title
    assert marked == {
        path: [] if path == "history" else ["Documents" if path in ("documents", "search") else "Evaluate"]
        for path in TITLED
    }


def filled(menu: Locator) -> bool:
    return not str(menu.evaluate("menu => getComputedStyle(menu).backgroundColor")).endswith(("transparent", " 0)"))


def test_a_line_of_a_list_opens_wherever_it_is_pressed(page: Page, app: RunningApp) -> None:
    questions = Evaluating(page, app.url).open("questions", "questions-import")
    questions.press("questions-sample").arrived("questions-head").press("questions-back").arrived("questions-list")

    line = page.locator("[class*=st-key-questions-line-]").first
    box = line.bounding_box()
    assert box
    line.click(position={"x": box["width"] - 15, "y": box["height"] - 8})

    expect(questions.by_key("questions-head")).to_be_visible(timeout=LONG)
    expect(page).to_have_url(re.compile(r"[?&]set="))
