"""The whole way in a real browser: from a file of questions to a decision record that opens without a network."""

from __future__ import annotations

import sqlite3
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, ViewportSize, expect

from app.bootstrap import Container, build
from app.domain.batches import BatchPlan
from app.domain.models import Contestant, ModelRef
from app.domain.questions import Question
from app.services.documents.named import sources
from app.settings import load
from tests.browser.app import ROOT, RunningApp
from tests.browser.conftest import Servers
from tests.browser.driver import LONG
from tests.browser.evaluating import Evaluating
from tests.integration.commands import environment

pytestmark = pytest.mark.browser

SHELF = "규정집"
RULES = """# Offices · 사무소

The Busan office opens at 9:30. Annual leave is 15 days. Travel costs are paid within ten days.

부산 사무소는 9시 30분에 엽니다. 연차는 15일입니다. 출장비는 열흘 안에 지급합니다.
"""
HEAD = "question,reference,category,language"
ROWS = [
    "부산 사무소는 몇 시에 여나요?,9시 30분에 엽니다.,근무,ko",
    "신입 사원의 연차는 며칠인가요?,15일입니다.,휴가,ko",
    "When does the Busan office open?,At 9:30.,근무,en",
    "출장비는 언제 지급하나요?,열흘 안에 지급합니다.,휴가,ko",
    *(f"{n}층 회의실은 몇 시에 여나요?,9시 30분에 엽니다.,{'근무' if n % 2 else '휴가'},ko" for n in range(1, 7)),
]
BROKEN = ",질문이 빠진 줄,휴가,ko"


@dataclass(frozen=True)
class Way:
    """A visitor's language, how much they do, and what they read on the way; `heads` are won, tied, lost, both bad."""

    locale: str
    questions: int
    models: tuple[str, ...]
    keys: str
    broken: tuple[str, str]
    done: str
    rated: str
    decision: str
    heads: tuple[str, ...]
    again: str


WAYS = (
    Way(
        "en-US",
        10,
        ("openai:after-500ms", "builtin:extract"),
        "1212ttxx12",
        ("1 row is not understood", "Line 3"),
        "done",
        "10 rated by you",
        "UNDECIDED",
        ("Won", "Tied", "Lost", "Both bad"),
        "Computed again from its votes, it says the same.",
    ),
    Way(
        "ko-KR",
        3,
        ("openai:answer", "ollama:korean", "builtin:extract"),
        "12tx",
        ("읽을 수 없는 행이 1개 있습니다", "3번째 줄"),
        "완료",
        "내 평가 4개",
        "미정",
        ("이김", "비슷함", "짐", "둘 다 별로"),
        "들어 있는 투표로 다시 계산해도 같은 판정입니다.",
    ),
)


@pytest.fixture(scope="module")
def shelf(app: RunningApp, tmp_path_factory: pytest.TempPathFactory) -> str:
    """A collection that the baselines can quote from; every question finds the same passages."""
    file = tmp_path_factory.mktemp("rules") / "사무소.md"
    file.write_text(RULES, encoding="utf-8")
    with beside(app) as container:
        job = container.indexing.start(sources([file]), SHELF)
        while not job.over:
            time.sleep(0.05)
        assert not job.state().failed
    return SHELF


@contextmanager
def beside(app: RunningApp) -> Iterator[Container]:
    """The engine on the app's data folder, as the command line has it."""
    container = build(load({"UNDERSTUDY_HOME": str(app.home), "OLLAMA_HOST": "127.0.0.1:9"}))
    try:
        yield container
    finally:
        container.close()


@contextmanager
def visitor(browser: Browser, locale: str, *, offline: bool = False) -> Iterator[Page]:
    """A tab of a browser of its own."""
    size: ViewportSize = {"width": 1440, "height": 900}
    with browser.new_context(viewport=size, locale=locale, offline=offline) as context:
        page = context.new_page()
        page.set_default_timeout(LONG)
        yield page


def question_file(folder: Path, questions: int) -> Path:
    """So many questions and, on the third line, one that is none."""
    file = folder / "질문.csv"
    file.write_text("\n".join((HEAD, ROWS[0], BROKEN, *ROWS[1:questions], "")), encoding="utf-8")
    return file


def baseline(name: str) -> Contestant:
    return Contestant(ModelRef("builtin", name))


def votes_of(app: RunningApp, batch: str) -> list[tuple[str, str, str]]:
    """Who was shown left and right, and the outcome, of every rating of a batch: from the database itself."""
    with sqlite3.connect(f"file:{app.home / 'understudy.db'}?mode=ro", uri=True) as database:
        return database.execute(
            "SELECT l.provider || ':' || l.model, r.provider || ':' || r.model, ratings.outcome FROM ratings"
            " JOIN answers l ON l.id = ratings.left_id JOIN answers r ON r.id = ratings.right_id"
            " WHERE ratings.comparison_id IN (SELECT comparison_id FROM batch_items WHERE batch_id = ?)",
            (batch,),
        ).fetchall()


def counted(votes: list[tuple[str, str, str]], incumbent: str, challenger: str) -> list[str]:
    """Won, tied, lost, both bad, seen from the challenger, over the pairs of these two."""
    found: Counter[str] = Counter()
    for left, right, outcome in votes:
        if {left, right} == {incumbent, challenger}:
            better = {"left": left, "right": right}.get(outcome)
            found["won" if better == challenger else "lost" if better else outcome] += 1
    return [str(found[name]) for name in ("won", "tie", "lost", "both_bad")]


@pytest.mark.parametrize("way", WAYS, ids=lambda way: str(way.locale))
def test_from_a_file_of_questions_to_a_record_that_can_be_computed_again(
    app: RunningApp, browser: Browser, servers: Servers, shelf: str, tmp_path: Path, way: Way
) -> None:
    servers.openai.forget()
    servers.ollama.forget()
    name = f"사규 {way.locale}"
    with visitor(browser, way.locale) as page:
        tab = Evaluating(page, app.url).open("questions", "questions-import")
        tab.choose_file(question_file(tmp_path, way.questions))
        for told in way.broken:
            expect(tab.by_key("questions-import")).to_contain_text(told)
        tab.import_as(name)
        expect(page.get_by_role("heading", name=name)).to_be_visible()

        batch = tab.follow("batches", "batch-new").begin(shelf, way.models)
        page.reload()
        expect(tab.meter).to_have_attribute("aria-valuenow", "100", timeout=4 * LONG)
        expect(tab.by_key("batch-progress")).to_contain_text(way.done)
        asked = {m: servers.calls(m.partition(":")[2]) for m in way.models if not m.startswith("builtin:")}
        assert set(asked.values()) == {way.questions}, asked

        tab.follow("rate", "rate-name").name("민지").rate(way.keys)
        expect(tab.by_key("rate-page")).to_contain_text(way.rated)
        votes = votes_of(app, batch)
        given = Counter({"1": "left", "2": "right", "t": "tie", "x": "both_bad"}[key] for key in way.keys)
        assert Counter(outcome for *_, outcome in votes) == given

        tab.open(f"results?b={batch}", "results-tabs")
        expect(page.locator(".u-say").first).to_contain_text(way.decision)
        counts = counted(votes, *way.models[:2])
        row = tab.last_row("results-page")
        assert [row[head] for head in way.heads] == counts

        tab.follow("verdict", "verdict-ways")
        said = page.locator(".u-say").all_inner_texts()
        assert said and all(way.decision in sentence for sentence in said)
        row = tab.last_row("verdict-page")
        assert [row[head] for head in way.heads] == counts
        file = tmp_path / "decision.html"
        tab.record("html").save_as(file)

    heard: list[str] = []
    with visitor(browser, way.locale, offline=True) as page:
        page.on("console", lambda message: heard.append(message.text))
        page.on("pageerror", lambda error: heard.append(str(error)))
        page.goto(file.as_uri())
        shown = " ".join(page.locator("main").inner_text().split())
        for sentence in said:
            assert " ".join(sentence.split()[1:]) in shown
        expect(page.locator("svg[role=img]").first).to_be_visible()
    assert heard == []

    # On a machine that knows nothing of the batch.
    again = subprocess.run(
        [sys.executable, "-m", "app", "verdict", str(file)],
        cwd=ROOT,
        env=environment(tmp_path / "elsewhere", LC_ALL=f"{way.locale.replace('-', '_')}.UTF-8"),
        capture_output=True,
        encoding="utf-8",
        timeout=60,
    )
    assert again.returncode == 0, again.stderr
    assert way.again in again.stderr


def test_two_people_rate_at_once_and_nobody_is_given_the_others_pair(
    app: RunningApp, browser: Browser, shelf: str
) -> None:
    with beside(app) as container:
        asked = container.questions.add("둘이서", [Question(str(n), f"{n}층은 몇 시에 여나요?") for n in range(6)])
        plan = BatchPlan(asked.name, asked.version, tuple(map(baseline, ("extract", "lead"))), collection=shelf)
        batch = container.batches.create(plan).id
        container.batches.start(batch)
        assert container.batches.wait(batch, 30).progress.done == 12
    with visitor(browser, "en-US") as one, visitor(browser, "ko-KR") as other:
        tabs = [Evaluating(page, app.url).open(f"rate?b={batch}", "rate-name") for page in (one, other)]
        for tab, rater in zip(tabs, ("민지", "준"), strict=True):
            tab.name(rater)
        for _ in range(2):
            questions = [tab.page.locator(".u-question").inner_text() for tab in tabs]
            assert len(set(questions)) == 2
            for tab in tabs:
                tab.rate("1")
        assert len(votes_of(app, batch)) == 4
