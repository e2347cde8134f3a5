"""A fresh machine with no key and no server: the model is fetched by a button, and answers."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from playwright.sync_api import Browser, expect

from tests.browser.app import start_app
from tests.browser.driver import LONG, ComparePage

pytestmark = [pytest.mark.browser, pytest.mark.model]
NOBODY = {"OPENAI_API_KEY": "", "OPENAI_BASE_URL": "", "OLLAMA_HOST": "127.0.0.1:9"}


@pytest.mark.timeout(300)
def test_the_model_is_fetched_and_answers_the_sample_question_at_the_first_press(
    browser: Browser, tmp_path: Path, smollm2: Path
) -> None:
    fresh = {**NOBODY, "UNDERSTUDY_MODELS": str(tmp_path / "models")}
    with start_app(tmp_path, **fresh) as app, browser.new_context(locale="en-US") as context:
        page = context.new_page()
        compare = ComparePage(page, app.url).open()
        expect(page.locator("[data-testid=stApp]")).to_contain_text("OPENAI_API_KEY", timeout=LONG)
        page.get_by_role("button", name="Download").click()
        expect(page.get_by_role("button", name="Download")).to_have_count(0, timeout=LONG)
        expect(page.get_by_role("button", name="Cancel")).to_have_count(0, timeout=120_000)
        page.get_by_role("button", name=re.compile("sample question", re.I)).first.click()
        expect(compare.answer(0).or_(compare.answer(1)).first).to_be_visible(timeout=LONG)
        page.wait_for_url(re.compile(r"[?&]c="), timeout=LONG)
        names = page.locator(".st-key-panes").get_by_role("combobox")
        expect(names).to_have_count(2, timeout=LONG)
        assert {box.input_value().split(" ")[0] for box in names.all()} == {"gguf:smollm2", "builtin:extract"}
        compare.done()


@pytest.mark.timeout(120)
def test_without_anything_the_sample_runs_on_the_baselines(browser: Browser, tmp_path: Path) -> None:
    nothing = {**NOBODY, "UNDERSTUDY_MODELS": str(tmp_path / "models")}
    with start_app(tmp_path, **nothing) as app, browser.new_context(locale="ko-KR") as context:
        page = context.new_page()
        compare = ComparePage(page, app.url).open()
        page.locator("[class*=st-key-connect-sample-ko]").get_by_role("button").click()
        compare.done()
        expect(compare.answer(0)).to_contain_text("[1]")
