"""What stays with a browser, what leaves with a person, and a screen as narrow as a phone's."""

from __future__ import annotations

import codecs
import csv
import io
import re
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Locator, Page, expect

from tests.browser.app import RunningApp
from tests.browser.driver import LONG, ComparePage

pytestmark = pytest.mark.browser


def test_the_language_sticks_over_a_reload_and_to_a_new_tab(app: RunningApp, page: Page) -> None:
    ComparePage(page, app.url).open()
    page.get_by_text("한국어", exact=True).click()
    in_korean = page.get_by_role("link", name="기록")
    expect(in_korean).to_be_visible(timeout=LONG)
    wait_for_cookie(page, "understudy_language")
    page.reload()
    expect(in_korean).to_be_visible(timeout=LONG)
    tab = page.context.new_page()
    tab.goto(app.url)
    expect(tab.get_by_role("link", name="기록")).to_be_visible(timeout=LONG)


def test_the_raters_name_is_remembered_over_a_reload(app: RunningApp, page: Page) -> None:
    compare = ComparePage(page, app.url).open().choose("openai:answer", "ollama:answer").ask("Hello?").done()
    name = open_details(compare).get_by_label("Your name")
    name.fill("민지 Kim")
    name.press("Enter")
    wait_for_cookie(page, "understudy_rater")
    page.reload()
    compare.done()
    expect(open_details(compare).get_by_label("Your name")).to_have_value("민지 Kim")


def test_history_gives_a_csv_that_spreadsheets_read_as_unicode(app: RunningApp, page: Page, tmp_path: Path) -> None:
    question = "부산 사무소는 언제 여나요?"
    ComparePage(page, app.url).open().choose("openai:korean", "ollama:korean").ask(question).done()
    page.get_by_role("link", name="History").click()
    page.locator("[class*=history-export]").get_by_role("button").first.click()
    with page.expect_download() as waiting:
        page.locator(".st-key-history-comparisons-csv").get_by_role("button").first.click()
    waiting.value.save_as(tmp_path / "export.csv")
    data = (tmp_path / "export.csv").read_bytes()
    assert waiting.value.suggested_filename == "understudy-comparisons.csv"
    assert data.startswith(codecs.BOM_UTF8)
    csv.field_size_limit(2**30)  # other tests of this session leave long answers behind
    rows = list(csv.DictReader(io.StringIO(data.decode("utf-8-sig"), newline="")))
    assert question in {row["prompt"] for row in rows}


def test_four_contestants_on_a_phone_need_no_sideways_scrolling_of_the_page(app: RunningApp, browser: Browser) -> None:
    with browser.new_context(viewport={"width": 390, "height": 844}, locale="en-US") as context:
        page = context.new_page()
        compare = ComparePage(page, app.url).open().contestants(4)
        compare.choose("openai:answer", "ollama:answer", "openai:markdown", "ollama:korean").ask("Hello?").done()
        for side in range(4):
            expect(compare.answer(side)).to_contain_text(re.compile("Busan|부산"))
        main = "document.querySelector('[data-testid=stMain]')"
        for scrolled in ("document.documentElement", main):
            assert page.evaluate(f"{scrolled}.scrollWidth <= {scrolled}.clientWidth")


def open_details(compare: ComparePage) -> Locator:
    """The popover beside the vote."""
    compare.by_key("details").get_by_role("button").first.click()
    content = compare.page.locator("[data-testid=stPopoverBody]")
    expect(content).to_be_visible()
    return content


def wait_for_cookie(page: Page, name: str) -> None:
    page.wait_for_function("name => document.cookie.includes(`${name}=`)", arg=name, timeout=LONG)
