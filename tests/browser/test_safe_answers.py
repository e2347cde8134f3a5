"""What a model wrote is shown in a real browser: nothing of it runs, nothing is fetched, citations open."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from playwright.sync_api import Page, Request, expect

from app.domain.answers import Answer, Status, Timing, Usage
from app.domain.comparisons import Comparison
from app.domain.evidence import Evidence, Passage
from app.domain.models import Contestant, ModelRef
from storage.comparisons import SqlComparisonStore
from storage.database import open_database
from tests.browser.app import RunningApp

pytestmark = pytest.mark.browser

EVIL = r"""# <b>x</b>
<script>window.pwned=1</script> <img src=x onerror="window.pwned=2"> <svg/onload=window.pwned=3>
[x](javascript:window.pwned=4) ![pic](http://evil.example/pixel.png) ![](//evil.example/2.png)
<style>* { display: none }</style> <iframe src="http://evil.example"></iframe> <a href="javascript:window.pwned=5">a</a>
:red[not red] :material/home: :smile: $$x^2$$ costs $5 and $6, [self](/history?c=1), [ok](https://ok.example)

| a | b |
|---|---|
| <img src=x onerror=window.pwned=6> | 한국어 **"굵게"**입니다 |

```html
<script>window.pwned=7</script>
```

It is 15 days [1], says another [7].
"""
EVIDENCE = Evidence((Passage("<b>handbook</b>.pdf", "<img src=x onerror=window.pwned=8> 15 days", page=12),))


@pytest.fixture
def evil(app: RunningApp) -> str:
    """A stored comparison with everything that could go wrong; its id."""
    store = SqlComparisonStore(open_database(f"sqlite:///{(app.home / 'understudy.db').as_posix()}", app.home))
    contestants = (
        Contestant(ModelRef("openai", "<script>window.pwned=9</script>")),
        Contestant(ModelRef("ollama", "b")),
    )
    record = store.add(
        Comparison(EVIL, contestants, system=EVIL, evidence=EVIDENCE),
        sides=[0, 1],
        local=[False, False],
        after=None,
        owner="tests",
    )
    long = Answer(Status.DONE, "한국어 **굵게** `code` [1].\n\n" * 8_000, finish="stop")
    answer = Answer(
        Status.DONE, EVIL, EVIL, "stop", Usage(10, 10), Timing(first_token=0.1, total=1.0), sent={"x": EVIL}
    )
    for stored, what in zip(record.answers, (answer, long), strict=True):
        store.save_answer(stored.id, what)
    return record.id


@pytest.fixture
def strangers(page: Page, app: RunningApp) -> Iterator[list[str]]:
    """The addresses outside the app that the browser asked for."""
    asked: list[str] = []

    def note(request: Request) -> None:
        if not request.url.startswith((app.url, app.url.replace("http", "ws"), "data:", "blob:")):
            asked.append(request.url)

    page.on("request", note)
    yield asked


@pytest.mark.parametrize("path", ["/history?c=", "/?c="])
def test_nothing_of_an_answer_runs_and_nothing_is_fetched(
    page: Page, app: RunningApp, evil: str, strangers: list[str], path: str
) -> None:
    page.goto(f"{app.url}{path}{evil}")
    answer = page.locator(".us-answer", has_text="It is 15 days").last
    expect(answer).to_be_visible()
    expect(answer).to_contain_text("<script>window.pwned=1</script>")
    expect(answer).to_contain_text(":red[not red] :material/home: :smile: $$x^2$$ costs $5 and $6")
    expect(answer.locator("pre")).to_have_text("<script>window.pwned=7</script>\n")
    expect(answer.locator("td strong")).to_have_text('"굵게"')
    for tag in ("script", "img", "style", "iframe", "svg"):
        assert page.locator(f".us-answer {tag}").count() == 0
    links = answer.locator("a")
    assert links.evaluate_all("all => all.map(a => [a.getAttribute('href'), a.target])") == [
        ["http://evil.example/pixel.png", "_blank"],
        ["https://ok.example", "_blank"],
    ]
    assert page.evaluate("window.pwned") is None
    assert strangers == []


def test_a_citation_opens_its_passage_by_keyboard_and_escape_closes_it(page: Page, app: RunningApp, evil: str) -> None:
    page.goto(f"{app.url}/history?c={evil}")
    chip = page.locator(".us-answer", has_text="It is 15 days").last.locator("button.us-cite")
    passage = page.locator(".us-popover").first
    expect(chip).to_be_visible()
    expect(passage).to_be_hidden()
    chip.focus()
    page.keyboard.press("Enter")
    expect(passage).to_be_visible()
    expect(passage).to_contain_text("<img src=x onerror=window.pwned=8> 15 days")
    page.keyboard.press("Escape")
    expect(passage).to_be_hidden()
    assert page.evaluate("window.pwned") is None


def test_an_answer_of_200_kilobytes_is_there_to_its_end(page: Page, app: RunningApp, evil: str) -> None:
    page.goto(f"{app.url}/history?c={evil}")
    expect(page.locator(".us-answer", has_text="한국어").last.locator("p")).to_have_count(8_000, timeout=30_000)
