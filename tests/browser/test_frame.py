"""What all pages have in common: where their titles stand, and lists whose lines are pressed anywhere."""

from __future__ import annotations

import re

from playwright.sync_api import Locator, Page, expect

from tests.browser.app import RunningApp
from tests.browser.driver import LONG
from tests.browser.evaluating import Evaluating

TITLED = ("documents", "search", "questions", "batches", "rate", "results", "verdict", "ownership", "history")


def test_title_and_language_stand_at_one_place_on_every_page_whose_menu_is_marked(page: Page, app: RunningApp) -> None:
    places, languages, marked = set(), set(), {}
    for path in TITLED:
        page.goto(f"{app.url}/{path}")
        title = page.locator("h1").first
        expect(title).to_be_visible(timeout=2 * LONG)
        Evaluating(page, app.url).settle()
        box, switch = title.bounding_box(), page.locator(".st-key-language").bounding_box()
        assert box and switch
        places.add((round(box["x"]), round(box["y"])))
        languages.add((round(switch["x"]), round(switch["y"])))
        marked[path] = [
            menu.inner_text().strip() for menu in page.get_by_test_id("stTopNavSection").all() if filled(menu)
        ]

    assert len(places) == 1, places
    assert len(languages) == 1, languages
    assert languages.pop()[1] < places.pop()[1]
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
