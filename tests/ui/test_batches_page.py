"""The Batches page: made, estimated, started, watched, resumed, and what failed."""

from __future__ import annotations

from collections.abc import Iterator
from decimal import Decimal
from pathlib import Path

import pytest

from app.domain.batches import BatchPlan, BatchRecord, BatchState
from app.domain.models import Contestant, ModelRef, Sampling
from app.domain.questions import Question
from app.domain.ratings import Outcome
from storage.comparisons import SqlComparisonStore
from storage.ratings import SqlRatingStore
from tests.integration.storing import rating
from tests.ui.compare_page import Page, compare_page, new_session, until


@pytest.fixture
def page(tmp_path: Path) -> Iterator[Page]:
    with compare_page(tmp_path) as page:
        page.container.questions.add("사규", [Question(str(n), f"질문 {n}?", category="휴가") for n in range(1, 5)])
        yield page


def opened(page: Page, batch: str | None = None, locale: str | None = None) -> Page:
    """The page in a new session."""
    page.app = new_session(locale, {"b": batch} if batch else {})
    page.app.switch_page("../../pages/batches.py")
    return page.run()


def ran(page: Page, *models: str, version: int = 1) -> BatchRecord:
    """A batch that is over."""
    contestants = tuple(Contestant(ModelRef.parse(model)) for model in models)
    record = page.container.batches.create(BatchPlan("사규", version, contestants))
    page.container.batches.start(record.id)
    return page.container.batches.wait(record.id, 20)


def newest(page: Page) -> BatchRecord:
    return page.container.batches.list()[0]


def test_without_questions_it_says_where_to_begin(tmp_path: Path) -> None:
    with compare_page(tmp_path) as page:
        assert "Begin with the questions." in opened(page).words()
        assert [link.proto.page for link in page.app.get("page_link")] == ["questions"]


def test_a_batch_is_estimated_started_and_opened(page: Page) -> None:
    opened(page).choose("openai:answer", "openai:korean")
    assert "8 answers" in page.words() and "nothing was measured" in page.words()
    page.press("batch-start")
    record = newest(page)
    assert page.app.query_params["b"] == record.id
    assert page.container.batches.wait(record.id, 20).progress.done == 8
    assert "8 of 8 answers" in opened(page, record.id).words()


def test_a_cost_that_waits_for_a_measurement_says_how_to_get_it(page: Page) -> None:
    shown = opened(page).choose("openai:gpt-4.1-mini", "openai:answer").words()
    assert "the answers of openai:gpt-4.1-mini are was never measured: ask once on the Compare page" in shown


def test_what_was_chosen_is_what_is_stored(page: Page) -> None:
    opened(page).choose("openai:answer", "openai:korean")
    page.app.number_input(key="new-batch-repeats").set_value(2)
    page.app.number_input(key="new-batch-concurrency").set_value(7)
    page.app.slider(key="new-batch-margin").set_value(5)
    page.app.slider(key="new-batch-acceptable").set_value(80)
    page.app.number_input(key="new-batch-raters").set_value(3)
    page.app.toggle(key="new-batch-cache").set_value(True)
    page.app.selectbox(key="new-batch-incumbent").set_value("B · openai:korean")
    page.app.selectbox(key="new-batch-challenger").set_value("A · openai:answer")
    page.app.select_slider(key="temperature-shared").set_value(0.5)
    page.run().press("batch-start")
    record = newest(page)
    plan, terms = record.plan, record.terms
    assert (plan.repeats, plan.concurrency, plan.raters, plan.cache) == (2, 7, 3, True)
    assert (terms.margin, terms.acceptable, terms.incumbent, terms.challenger) == (0.05, 0.8, 1, 0)
    assert [c.sampling.temperature for c in plan.contestants] == [0.5, 0.5]


def test_another_model_behind_a_letter_stays_what_it_was_chosen_as(page: Page) -> None:
    opened(page).choose("openai:answer", "openai:korean")
    page.app.selectbox(key="new-batch-incumbent").set_value("B · openai:korean")
    page.app.selectbox(key="new-batch-challenger").set_value("A · openai:answer")
    page.run().choose("openai:echo", "openai:markdown")
    assert page.app.selectbox(key="new-batch-incumbent").value == "B · openai:markdown"


def test_the_same_contestant_twice_as_both_sides_is_refused_and_makes_no_batch(page: Page) -> None:
    opened(page).choose("openai:answer", "openai:korean")
    page.app.selectbox(key="new-batch-challenger").set_value("A · openai:answer")
    page.run().press("batch-start")
    assert "the same contestant" in page.words()
    assert list(page.container.batches.list()) == []


def test_a_budget_that_cannot_be_kept_says_why(page: Page) -> None:
    opened(page).choose("openai:answer", "openai:korean")
    page.app.number_input(key="new-batch-budget").set_value(2.0)
    page.run().press("batch-start")
    assert "no known price" in page.words()


def test_what_failed_is_listed_with_question_and_reason(page: Page) -> None:
    record = ran(page, "openai:fault-content-filter", "ollama:answer")
    shown = opened(page, record.id).words()
    assert "failed: 4" in shown and "질문 3?" in shown and "content filter" in shown


def test_the_failed_answers_of_a_finished_batch_are_asked_again(page: Page) -> None:
    page.container.questions.add("사규", [Question(str(n), f"질문 {n}?") for n in range(1, 3)])
    record = ran(page, "openai:fault-bad-json", "ollama:answer", version=2)
    assert "Ask the 2 failed ones again" in [b.label for b in opened(page, record.id).app.button]
    page.press("batch-retry")
    assert page.container.batches.wait(record.id, 20).progress.retriable == 2


def test_what_failed_is_not_asked_again_once_somebody_has_rated(page: Page) -> None:
    page.container.questions.add("사규", [Question(str(n), f"질문 {n}?") for n in range(1, 3)])
    record = ran(page, "openai:fault-bad-json", "ollama:answer", "openai:answer", version=2)
    engine = page.container.batches._store._engine  # type: ignore[attr-defined]
    (comparison, _) = SqlComparisonStore(engine).all()
    _, one, other = comparison.answers
    SqlRatingStore(engine).add([rating(comparison, Outcome.LEFT, left=one.id, right=other.id)], [])
    assert "failed answers are not asked again" in opened(page, record.id).words()
    assert "batch-retry" not in [b.key for b in page.app.button]


def test_what_was_refused_is_not_asked_again(page: Page) -> None:
    record = ran(page, "openai:fault-content-filter", "ollama:answer")
    assert "batch-retry" not in [b.key for b in opened(page, record.id).app.button]


def test_a_paused_batch_says_why_and_can_go_on(page: Page) -> None:
    record = ran(page, "openai:fault-401", "ollama:answer")
    shown = opened(page, record.id).words()
    assert "paused" in shown and "did not accept the key" in shown
    page.press("batch-resume")
    assert page.container.batches.wait(record.id, 20).state is BatchState.PAUSED


def test_a_batch_that_reached_its_budget_goes_on_with_a_larger_one(page: Page) -> None:
    limited = Sampling(max_tokens=100)
    contestants = tuple(Contestant(ModelRef.parse(m), limited) for m in ("openai:gpt-4.1-mini", "ollama:answer"))
    plan = BatchPlan("사규", 1, contestants, budget_usd=Decimal("0.0002"), concurrency=1)
    record = page.container.batches.create(plan)
    page.container.batches.start(record.id)
    assert page.container.batches.wait(record.id, 20).state is BatchState.PAUSED
    assert "larger budget" in opened(page, record.id).words()
    page.app.number_input(key=f"batch-raised-{record.id}").set_value(3.0)
    page.run().press("batch-resume")
    done = page.container.batches.wait(record.id, 20)
    assert (done.state, done.plan.budget_usd) == (BatchState.DONE, Decimal("3.0"))


def test_a_batch_that_is_to_pause_says_so_while_answers_are_under_way(page: Page) -> None:
    slow = Contestant(ModelRef.parse("openai:steady-20tps-10s"), Sampling())
    record = page.container.batches.create(BatchPlan("사규", 1, (slow,), concurrency=1))
    page.container.batches.start(record.id)
    until(lambda: page.container.batches.get(record.id).progress.running)
    page.container.batches.pause(record.id)
    until(lambda: page.container.batches.get(record.id).reason)
    shown = opened(page, record.id).words()
    page.container.batches.stop(record.id)
    assert "pausing" in shown and ">running<" not in shown
    assert page.app.button(key="batch-pause").disabled


def test_what_was_stopped_is_not_counted_as_answered(page: Page) -> None:
    record = ran(page, "openai:fault-401", "ollama:answer")
    page.container.batches.stop(record.id)
    answered = page.container.batches.get(record.id).progress.done
    shown = opened(page, record.id).words()
    assert f"{answered} of 8 answers" in shown and f"stopped: {8 - answered}" in shown
    assert "rate" not in [link.proto.page for link in page.app.get("page_link")]


def test_what_a_batch_is_asked_with_is_seen_before_it_starts(page: Page) -> None:
    assert "No sources: the models answer from what they have learnt" in opened(page).words()
    page.app.session_state["context"] = "연차는 15일입니다."
    assert "pasted on the Compare page is not part of a batch" in page.run().words()


def test_a_batch_can_be_stopped_for_good(page: Page) -> None:
    record = ran(page, "openai:fault-401", "ollama:answer")
    opened(page, record.id).press("batch-stop")
    assert page.container.batches.get(record.id).state is BatchState.STOPPED
    assert "batch-resume" not in [b.key for b in page.app.button]


def test_a_finished_batch_leads_to_rating_and_results(page: Page) -> None:
    record = ran(page, "openai:answer", "ollama:answer")
    links = {link.proto.page: link.proto.query_string for link in opened(page, record.id).app.get("page_link")}
    assert links == {"rate": f"b={record.id}", "results": f"b={record.id}"}


def test_the_list_opens_a_batch_and_comes_back(page: Page) -> None:
    record = ran(page, "openai:answer", "ollama:answer")
    assert "사규 v1" in [b.label for b in opened(page).app.button]
    page.press(f"batch-open-{record.id}")
    assert page.app.query_params["b"] == record.id
    page.press("batch-back")
    assert "b" not in page.app.query_params


def test_an_unknown_batch_is_said(page: Page) -> None:
    assert "There is no batch" in opened(page, "nothing-here").words()


def test_it_speaks_korean(page: Page) -> None:
    record = ran(page, "openai:answer", "ollama:answer")
    assert "답변 8개 중 8개" in opened(page, record.id, "ko").words()


def test_a_link_from_a_question_set_opens_the_form_with_it(page: Page) -> None:
    page.container.questions.add("더 새로운 것", [Question("1", "질문?")])
    page.container.questions.add("사규", [Question("1", "질문?")])
    ran(page, "openai:answer")
    page.app = new_session(None, {"set": "사규", "version": "1"})
    page.app.switch_page("../../pages/batches.py")
    page.run()
    assert (page.app.selectbox(key="new-batch-set").value, page.app.selectbox(key="new-batch-version").value) == (
        "사규",
        1,
    )


def test_a_sum_that_leaves_unpriced_answers_out_is_not_shown_as_free(page: Page) -> None:
    record = ran(page, "openai:answer", "ollama:korean")
    about = next(line for line in opened(page, record.id).words().splitlines() if "8 of 8 answers" in line)
    assert "unpriced" in page.words() and "$" not in about


def test_a_baseline_without_sources_is_not_asked_in_vain(page: Page) -> None:
    shown = opened(page).choose("openai:answer", "builtin:extract").words()
    assert "Choose a collection" in shown and "batch-start" not in [b.key for b in page.app.button]
