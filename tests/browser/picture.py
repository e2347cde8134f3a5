"""Takes the README's picture: the sample question, answered by the real SmolLM2 beside a baseline.

python -m tests.browser.picture docs/compare.png
"""

from __future__ import annotations

import shutil
import sys
import tempfile
from pathlib import Path

from playwright.sync_api import sync_playwright

from app.settings import load
from tests.browser.app import start_app
from tests.browser.driver import ComparePage


def main(target: str) -> None:
    nobody = {"OPENAI_API_KEY": "", "OLLAMA_HOST": "127.0.0.1:9", "UNDERSTUDY_MODELS": str(load().models_folder)}
    with tempfile.TemporaryDirectory() as home, start_app(Path(home), **nobody) as app, sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=shutil.which("chromium"), args=["--no-sandbox"])
        page = browser.new_page(viewport={"width": 1440, "height": 860}, locale="en-US", color_scheme="light")
        compare = ComparePage(page, app.url).open()
        compare.by_key("sample").get_by_role("button").first.click()
        compare.done()
        page.mouse.move(0, 0)
        page.wait_for_timeout(1500)
        page.screenshot(path=target)
        browser.close()


if __name__ == "__main__":
    main(sys.argv[1])
