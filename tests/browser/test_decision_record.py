"""A decision record opens from the disk, without a network, in a window of any width."""

from __future__ import annotations

from pathlib import Path

import pytest
from playwright.sync_api import Browser, ConsoleMessage, Request

from app.i18n import translator
from app.services.decision.html_page import record_to_html
from tests.integration.evaluated import Planted
from tests.integration.test_decision_record import record
from tests.integration.test_results import BAD, GOOD

pytestmark = [pytest.mark.browser, pytest.mark.timeout(120)]
NAME = "휴가·근태 <b>&amp;</b> \"'` 그리고 아주 긴 이름을 가진 분류로서 좁은 화면에서도 넘치지 않아야 합니다"


@pytest.mark.parametrize(("language", "scheme", "width"), [("en", "light", 1440), ("ko", "dark", 390)])
def test_it_opens_from_the_disk_without_a_network(
    browser: Browser, tmp_path: Path, language: str, scheme: str, width: int
) -> None:
    with record(tmp_path, {NAME: GOOD, "계약": BAD, "code": Planted(0.3, 0.3)}) as given:
        file = tmp_path / "decision.html"
        file.write_bytes(record_to_html(given, translator(language).message))
    said: list[str] = []
    asked: list[str] = []
    with browser.new_context(
        offline=True,
        color_scheme=scheme,
        viewport={"width": width, "height": 900},  # type: ignore[arg-type]
    ) as context:
        page = context.new_page()

        def hear(message: ConsoleMessage) -> None:
            said.append(message.text)

        def see(request: Request) -> None:
            asked.append(request.url)

        page.on("console", hear)
        page.on("request", see)
        page.goto(file.as_uri())
        assert page.get_by_text("openai:gpt-5.4-mini").first.is_visible()
        assert NAME[:20] in page.locator("ul").first.inner_text()
        figures = page.locator("svg[role=img]")
        assert figures.count() >= 5
        assert all(figures.nth(n).get_attribute("aria-label") for n in range(figures.count()))
        # Styled, although its policy allows one style only; and nothing sticks out.
        assert page.evaluate("getComputedStyle(document.querySelector('.badge')).fontWeight") == "700"
        dark = page.evaluate("getComputedStyle(document.documentElement).backgroundColor") == "rgb(17, 19, 21)"
        assert dark == (scheme == "dark")
        assert not page.evaluate("document.documentElement.scrollWidth > window.innerWidth + 1")
        for summary in page.locator("summary").all():
            summary.click()
        assert page.locator("details[open]").count() == page.locator("details").count() >= 3
    assert asked == [file.as_uri()]
    assert said == []
