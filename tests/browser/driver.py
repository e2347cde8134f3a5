"""What a person does on the Compare page, by keys that stay."""

from __future__ import annotations

import re

from playwright.sync_api import Locator, Page, expect

LONG = 20_000


class ComparePage:
    """The page in one browser tab."""

    def __init__(self, page: Page, url: str) -> None:
        self.page, self.url = page, url

    def open(self, path: str = "") -> ComparePage:
        self.page.goto(f"{self.url}/{path}")
        expect(self.by_key("prompt-bar")).to_be_visible(timeout=LONG)
        self.settle()
        return self

    def by_key(self, key: str) -> Locator:
        return self.page.locator(f".st-key-{key}")

    def settle(self) -> None:
        """Wait until the script that a click started has ended or is streaming."""
        expect(self.page.locator("[data-testid=stStatusWidgetRunningManIcon]")).to_have_count(0, timeout=LONG)

    def choose(self, *models: str) -> ComparePage:
        """Put a model into each of the panes A, B … by typing its name."""
        for slot, model in enumerate(models):
            box = self.by_key(f"head-{slot}").locator("input").first
            box.click()
            box.fill(model)
            # A listed model is the first match; one that is not listed is offered as a new option.
            self.page.locator("[role=option]").first.click()
            expect(box).to_have_value(re.compile("^" + re.escape(model)), timeout=LONG)
            self.settle()
        return self

    @property
    def prompt(self) -> Locator:
        return self.by_key("prompt").locator("textarea")

    def ask(self, prompt: str) -> ComparePage:
        self.prompt.fill(prompt)
        self.prompt.press("Enter")
        return self

    def pane(self, side: int) -> Locator:
        return self.by_key(f"pane-{side}")

    def answer(self, side: int) -> Locator:
        return self.by_key(f"answer-{side}")

    def words(self, side: int) -> int:
        """The number after the last `w` of a steady answer, -1 before the first."""
        found = re.findall(r"\bw(\d+)", self.answer(side).inner_text())
        return int(found[-1]) if found else -1

    def wait_for_word(self, side: int, at_least: int = 0) -> int:
        """Wait until a steady answer has come so far; returns how far."""
        self.page.wait_for_function(
            "([side, n]) => { const pane = document.querySelector(`.st-key-answer-${side}`);"
            " const all = pane?.innerText.match(/\\bw\\d+/g); return all && +all.at(-1).slice(1) >= n }",
            arg=[side, at_least],
            timeout=LONG,
        )
        return self.words(side)

    def done(self) -> ComparePage:
        """Wait until the vote is open: every answer is complete and stored."""
        expect(self.by_key("vote-0").locator("button")).to_be_enabled(timeout=2 * LONG)
        return self

    def finished(self) -> ComparePage:
        """Wait until nothing runs any more, whatever came of it."""
        expect(self.by_key("stop")).to_have_count(0, timeout=2 * LONG)
        return self

    @property
    def comparison_id(self) -> str:
        self.page.wait_for_url(re.compile(r"[?&]c="), timeout=LONG)
        found = re.search(r"[?&]c=([^&]+)", self.page.url)
        assert found
        return found[1]
