"""From a question to the place in the document: compare on a collection, press a citation, see the passage marked."""

from __future__ import annotations

import re
import time
from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, Page, expect

from app.bootstrap import build
from app.settings import load
from tests.browser.app import RunningApp, start_app
from tests.browser.driver import LONG, ComparePage

NOBODY = "127.0.0.1:9"
MODELS = ("builtin:extract", "builtin:lead")


@pytest.fixture(scope="module")
def library(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningApp]:
    """The app on a data folder with the sample collection, and no model but the baselines."""
    home = tmp_path_factory.mktemp("library")
    container = build(load({"UNDERSTUDY_HOME": str(home), "OLLAMA_HOST": NOBODY}))
    try:
        job = container.indexing.start(container.indexing.samples(), "samples")
        while not job.over:
            time.sleep(0.1)
        assert not job.state().failed
    finally:
        container.close()
    with start_app(home, OLLAMA_HOST=NOBODY, OPENAI_API_KEY="", OPENAI_BASE_URL="") as running:
        yield running


def visitor(browser: Browser, locale: str) -> Page:
    page = browser.new_context(viewport={"width": 1440, "height": 900}, locale=locale).new_page()
    page.set_default_timeout(15_000)
    return page


def choose_collection(compare: ComparePage) -> None:
    box = compare.by_key("collection-sources").locator("input").first
    box.click(timeout=2 * LONG)
    compare.page.locator("[role=option]").first.click()
    compare.settle()


@pytest.mark.parametrize(
    ("locale", "question", "document", "answer", "sources"),
    [
        (
            "en-US",
            "How many days of annual leave does a new employee get?",
            "employee-handbook.en.md",
            "15 days of paid annual leave",
            "8 sources",
        ),
        ("ko-KR", "신입 사원의 연차는 며칠인가요?", "employee-handbook.ko.md", "15일의 유급 연차", "출처 8개"),
    ],
)
def test_a_citation_leads_to_the_passage_marked_in_its_document(
    library: RunningApp, browser: Browser, locale: str, question: str, document: str, answer: str, sources: str
) -> None:
    page = visitor(browser, locale)
    compare = ComparePage(page, library.url).open()
    choose_collection(compare)
    compare.ask(question)
    compare.done()
    expect(compare.by_key("sources")).to_contain_text(sources)
    expect(page.locator(".st-key-panes")).to_contain_text(answer)

    page.locator(".st-key-panes button.us-cite").first.click()
    opened = page.locator(".us-popover:popover-open")
    expect(opened).to_contain_text(answer)
    expect(opened).to_contain_text(document)

    with page.context.expect_page() as tab:
        opened.locator("a.us-in-document").click()
    shown = tab.value
    marked = shown.locator("mark")
    expect(marked.first).to_be_visible(timeout=2 * LONG)
    expect(marked.first).to_be_in_viewport(timeout=LONG)
    assert answer in re.sub(r"\s+", " ", " ".join(marked.all_inner_texts()))
    page.context.close()


def test_a_search_that_fails_keeps_the_question(library: RunningApp, browser: Browser) -> None:
    page = visitor(browser, "en-US")
    compare = ComparePage(page, library.url).open()
    choose_collection(compare)
    container = build(load({"UNDERSTUDY_HOME": str(library.home), "OLLAMA_HOST": NOBODY}))
    try:
        container.passages.rename("samples", "elsewhere")
        # What the app knows of a collection may be some seconds old.
        page.wait_for_timeout(6_000)
        compare.ask("How many days?")
        expect(page.locator(".us-error").first).to_contain_text("samples", timeout=LONG)
        expect(compare.prompt).to_have_value("How many days?")
    finally:
        container.passages.rename("elsewhere", "samples")
        container.close()
        page.context.close()


def test_one_question_is_searched_side_by_side(library: RunningApp, browser: Browser) -> None:
    page = visitor(browser, "ko-KR")
    page.goto(f"{library.url}/search")
    box = page.locator(".st-key-search-query input")
    box.fill("집에서 일할 수 있는 날은 며칠인가요?", timeout=2 * LONG)
    box.press("Enter")
    for side in (0, 1):
        first = page.locator(f".st-key-search-found-{side} details").first
        # By meaning alone the English page may come first: it says the same.
        expect(first).to_contain_text(re.compile(r"employee-handbook\.(ko|en)\.md"), timeout=2 * LONG)
    expect(page.locator("[data-testid=stApp]")).to_contain_text(re.compile(r"A·B 공통 \d+%"))
    page.context.close()
