"""Documents in a real browser: three files, one of them bad, with progress and reasons; then one is read."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.browser.app import RunningApp
from tests.browser.driver import LONG

pytestmark = pytest.mark.browser

WORDS = {
    "en": {
        "reason": "It is called .pdf, but is no pdf inside.",
        "remedy": "Give it the extension that it should have",
        "sum": re.compile(r"2 documents indexed · \d+ passages · 1 failed"),
        "title": "Documents",
    },
    "ko": {
        "reason": "확장자는 .pdf인데 내용은 pdf 형식이 아닙니다.",
        "remedy": "맞는 확장자를 붙이거나",
        "sum": re.compile(r"문서 2개 색인됨 · 단락 \d+개 · 실패 1개"),
        "title": "문서",
    },
}


@pytest.fixture
def files(tmp_path: Path) -> list[str]:
    """A short one, one long enough to be seen on its way, and one that is not what it is called."""
    lines = "급여는 매달 25일에 지급하고 연장 근로 수당은 따로 계산한다. " * 20
    (tmp_path / "휴가 규정.md").write_text(
        "# 휴가\n\n신입 사원은 입사 첫해에 15일의 연차를 받는다.\n", encoding="utf-8"
    )
    (tmp_path / "pay.txt").write_text("\n\n".join(f"{n}. {lines}" for n in range(250)), encoding="utf-8")
    (tmp_path / "scan.pdf").write_bytes(b"not a PDF at all")
    return [str(path) for path in sorted(tmp_path.iterdir())]


def open_documents(page: Page, app: RunningApp, query: str = "") -> None:
    page.goto(f"{app.url}/documents{query}")
    expect(page.locator(".st-key-documents-page")).to_be_visible(timeout=LONG)


def settle(page: Page) -> None:
    expect(page.locator("[data-testid=stStatusWidgetRunningManIcon]")).to_have_count(0, timeout=LONG)


def upload(page: Page, files: list[str], collection: str) -> None:
    page.locator("[data-testid=stFileUploader] input[type=file]").set_input_files(files)
    box = page.locator(".st-key-documents-collection input")
    expect(box).to_be_visible(timeout=LONG)
    settle(page)
    box.click()
    box.fill(collection)
    page.locator("[role=option]").first.click()
    expect(box).to_have_value(collection, timeout=LONG)
    settle(page)
    page.locator(".st-key-documents-start button").click()


@pytest.mark.parametrize("language", ["en", "ko"])
def test_three_files_one_bad(app: RunningApp, browser: Browser, files: list[str], language: str) -> None:
    words, name = WORDS[language], f"shelf-{language}"
    context = browser.new_context(
        viewport={"width": 1440, "height": 900}, locale={"en": "en-US", "ko": "ko-KR"}[language]
    )
    try:
        page = context.new_page()
        page.set_default_timeout(15_000)
        open_documents(page, app)
        expect(page.get_by_role("heading", name=str(words["title"]))).to_be_visible()
        upload(page, files, name)

        # While the long one is on its way, the bad one has failed with its reason, and a bar moves.
        moving = page.get_by_role("progressbar", name="pay.txt")
        expect(moving).to_be_visible(timeout=LONG)
        failed = page.locator(".us-file.us-failed")
        expect(failed).to_contain_text(str(words["reason"]), timeout=LONG)
        expect(failed).to_contain_text(str(words["remedy"]))
        page.wait_for_function(
            "() => +document.querySelector('.us-meter[aria-label=\"pay.txt\"]')?.ariaValueNow > 20", timeout=LONG
        )
        # A reload loses nothing of it.
        page.reload()
        expect(moving).to_be_visible(timeout=LONG)

        expect(page.locator(".st-key-documents-page")).to_contain_text(words["sum"], timeout=4 * LONG)
        expect(page.locator(".us-file.us-indexed")).to_have_count(2)
        expect(page.locator(".us-file.us-failed")).to_have_count(1)

        # What is there now: the collection, its documents, one of them with its passages.
        page.locator("[class*=st-key-documents-collection-] button").get_by_text(name, exact=True).click()
        expect(page).to_have_url(re.compile(f"collection={name}"))
        page.locator("[class*=st-key-documents-document-] button").get_by_text("휴가 규정.md").click()
        expect(page.locator(".us-reader")).to_contain_text("신입 사원은 입사 첫해에 15일의 연차를 받는다.")
        expect(page.locator(".us-reader .us-chip").first).to_have_text("1")
    finally:
        context.close()


def test_a_link_leads_to_the_marked_place(app: RunningApp, page: Page, tmp_path: Path) -> None:
    marked = "Here is the place."
    text = "\n\n".join(f"Paragraph {n} says little." for n in range(300)) + f"\n\n{marked}\n\n" + "The end. " * 50
    file = tmp_path / "long.txt"
    file.write_text(text)
    open_documents(page, app)
    upload(page, [str(file)], "links")
    expect(page.locator(".us-file.us-indexed", has_text="long.txt")).to_be_visible(timeout=2 * LONG)
    start = text.index(marked)
    open_documents(page, app, f"?collection=links&document=long.txt&at={start}-{start + len(marked)}")
    mark = page.locator(".us-reader mark")
    expect(mark).to_have_text(marked, timeout=LONG)
    expect(mark).to_be_in_viewport(timeout=LONG)
