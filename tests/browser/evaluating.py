"""What a person does on the pages of an evaluation, by keys that stay."""

from __future__ import annotations

import re
from collections.abc import Sequence
from pathlib import Path

from playwright.sync_api import Download, Locator, Page, expect

from app.ui.rate import BLINK
from tests.browser.driver import LONG


class Evaluating:
    """The pages of an evaluation in one browser tab."""

    def __init__(self, page: Page, url: str) -> None:
        self.page, self.url = page, url

    def open(self, path: str, key: str) -> Evaluating:
        self.page.goto(f"{self.url}/{path}")
        return self.arrived(key)

    def arrived(self, key: str) -> Evaluating:
        """Wait until a page is drawn to its end."""
        expect(self.by_key(key).first).to_be_visible(timeout=2 * LONG)
        return self.settle()

    def by_key(self, key: str) -> Locator:
        return self.page.locator(f".st-key-{key}")

    def press(self, key: str) -> Evaluating:
        self.by_key(key).get_by_role("button").first.click()
        return self

    def follow(self, path: str, key: str) -> Evaluating:
        """Go on by a link on the page."""
        self.page.locator(f"[data-testid=stPageLink-NavLink][href^='{path}']").first.click()
        return self.arrived(key)

    def settle(self) -> Evaluating:
        """Wait until no script runs for this tab."""
        self.page.locator("[data-testid=stApp][data-test-script-state=notRunning]").wait_for(timeout=2 * LONG)
        return self

    # Questions

    def choose_file(self, path: Path) -> Evaluating:
        self.page.locator("[data-testid=stFileUploader] input[type=file]").set_input_files(path)
        return self.arrived("questions-start")

    def import_as(self, name: str) -> Evaluating:
        box = self.by_key("questions-where").get_by_role("textbox")
        box.fill(name)
        box.press("Enter")
        self.settle()
        self.press("questions-start")
        return self.arrived("questions-head")

    # Batches

    def begin(self, collection: str, models: Sequence[str]) -> str:
        """Fill the form of a new batch and start it; returns its id."""
        for _ in range(2, len(models)):
            self.press("batch-add").settle()
        for side, model in enumerate(models):
            self._choose(self.by_key(f"head-{side}").locator("input").first, model)
        self._choose(self.by_key("collection-sources").locator("input").first, collection)
        self.press("batch-start").arrived("batch-progress")
        found = re.search(r"[?&]b=(\w+)", self.page.url)
        assert found
        return found[1]

    def _choose(self, box: Locator, value: str) -> None:
        """Type into a box that offers what it has; what it does not have is offered as new."""
        if box.input_value() == value:
            return
        box.click(timeout=2 * LONG)
        box.fill(value)
        self.page.get_by_role("option").first.click()
        expect(box).to_have_value(re.compile("^" + re.escape(value)), timeout=LONG)
        self.settle()

    @property
    def meter(self) -> Locator:
        return self.by_key("batch-progress").get_by_role("progressbar")

    # Rating

    def name(self, rater: str) -> Evaluating:
        box = self.by_key("rate-name-input").get_by_role("textbox")
        box.fill(rater, timeout=2 * LONG)
        box.press("Enter")
        return self.arrived("rate-question")

    def rate(self, keys: str) -> Evaluating:
        """One key a pair, each looked at first: what is pressed in the blink of its coming is no vote."""
        rated = "document.querySelector('.st-key-rate-page')?.innerText.match(/[0-9]+/)?.[0]"
        for key in keys:
            before = self.page.evaluate(rated)
            self.settle()
            self.page.wait_for_timeout(1000 * BLINK + 200)
            self.page.keyboard.press(key)
            # Its own count: a text that changes may be the same pair drawn once more.
            self.page.wait_for_function(f"before => Number({rated}) > Number(before)", arg=before, timeout=2 * LONG)
        return self.settle()

    # What came out

    def last_row(self, key: str) -> dict[str, str]:
        """What a place's first table says of all questions together: each cell under its heading."""
        table = self.by_key(key).locator(".u-figures table").first
        heads = table.locator("thead th").all_inner_texts()
        cells = table.locator("tbody tr").last.locator("th, td").all_inner_texts()
        return dict(zip(heads, (cell.split("\n")[0] for cell in cells), strict=True))

    def record(self, ending: str) -> Download:
        """The decision record."""
        self.press("verdict-downloads")
        with self.page.expect_download() as waiting:
            self.by_key(f"verdict-{ending}").get_by_role("button").click()
        return waiting.value
