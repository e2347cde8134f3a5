"""Takes the README's pictures: nothing in them is made up.

    python -m tests.browser.picture docs

`compare.png`: the sample question, answered by the real SmolLM2 beside a baseline. `rate.png`, `verdict.png`: the
sample questions, asked of both over the sample documents, and rated in the page by a rule in a person's place: the
answer closer to the reference (chrF) wins, two that are about as close tie, and where neither is close both are bad.
"""

from __future__ import annotations

import shutil
import sys
import tempfile
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path

from playwright.sync_api import Page, expect, sync_playwright

from app.bootstrap import Container, build
from app.domain.batches import BatchPlan, VerdictTerms
from app.domain.models import Contestant, ModelRef, Sampling
from app.domain.searching import SearchSettings
from app.evaluation.measures import closeness
from app.services.questions.samples import sample_set
from app.settings import load
from tests.browser.app import start_app
from tests.browser.driver import LONG, ComparePage
from tests.browser.evaluating import Evaluating

NAME, SHELF, RATER = "Sample questions", "samples", "chrF"
MODELS = ("builtin:extract", "gguf:smollm2")
# So few questions decide nothing in four categories.
GROUPS = {"HR": "Company rules", "Contract": "Company rules", "Support": "Customers", "Summary": "Customers"}
CLOSE, ALIKE, GOOD = 15.0, 3.0, 30.0
HOUR = 3600.0


def compared(compare: ComparePage, target: Path) -> None:
    compare.by_key("sample").get_by_role("button").first.click()
    compare.done()
    shoot(compare.page, target)


def answered(container: Container) -> str:
    """The batch, asked in this process; returns its id."""
    job = container.indexing.start(container.indexing.samples(), SHELF)
    job.wait(HOUR)
    assert not job.state().failed, job.state()
    container.questions.add(NAME, [replace(q, category=GROUPS[q.category or ""]) for q in sample_set("en")[1]])
    extract, smollm2 = map(ModelRef.parse, MODELS)
    # So small a model may talk on until its window is full.
    contestants = (Contestant(extract), Contestant(smollm2, Sampling(max_tokens=200)))
    plan = BatchPlan(NAME, 1, contestants, collection=SHELF, search=SearchSettings(k=3), concurrency=1)
    batch = container.batches.create(plan, VerdictTerms(incumbent=0, challenger=1)).id
    container.batches.start(batch)
    return container.batches.wait(batch, HOUR).id


def key_of(left: str, right: str, reference: str) -> str:
    """The key that the rule presses."""
    near, far = closeness(left, reference), closeness(right, reference)
    if max(near, far) < CLOSE:
        return "x"
    return "t" if abs(near - far) < ALIKE else "1" if near > far else "2"


def rated(tab: Evaluating, references: Mapping[str, str], target: Path) -> None:
    """Rate all there is; the picture is taken where both answers have something to read."""
    tab.name(RATER)
    taken = False
    while tab.by_key("rate-done").count() == 0:
        question = tab.by_key("rate-question").locator("h1").inner_text()
        panes = (tab.by_key(f"rate-pane-{side}") for side in (0, 1))
        left, right = (pane.locator("[class*=st-key-rate-answer-]").inner_text() for pane in panes)
        reference = references[question]
        readable = min(len(left), len(right)) > 60 and max(closeness(text, reference) for text in (left, right)) > GOOD
        if readable and not taken:
            shoot(tab.page, target)
            taken = True
        tab.rate(key_of(left, right, reference))
    assert taken


def shoot(page: Page, target: Path) -> None:
    page.mouse.move(0, 0)
    expect(page.locator("[data-testid=stSkeleton]")).to_have_count(0, timeout=LONG)
    page.wait_for_timeout(1500)
    page.screenshot(path=target)


def main(folder: Path) -> None:
    known = {"OPENAI_API_KEY": "", "OLLAMA_HOST": "127.0.0.1:9", "UNDERSTUDY_MODELS": str(load().models_folder)}
    with tempfile.TemporaryDirectory() as home, sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=shutil.which("chromium"), args=["--no-sandbox"])
        page = browser.new_page(viewport={"width": 1440, "height": 860}, locale="en-US", color_scheme="light")
        with start_app(Path(home), **known) as app:
            compared(ComparePage(page, app.url).open(), folder / "compare.png")
        container = build(load({"UNDERSTUDY_HOME": home, **known}))
        try:
            batch = answered(container)
        finally:
            container.close()
        references = {question.text: question.reference for question in sample_set("en")[1]}
        with start_app(Path(home), **known) as app:
            tab = Evaluating(page, app.url).open(f"rate?b={batch}", "rate-name")
            rated(tab, references, folder / "rate.png")
            tab.open(f"verdict?b={batch}", "verdict-plots")
            shoot(page, folder / "verdict.png")
        browser.close()


if __name__ == "__main__":
    main(Path(sys.argv[1]))
