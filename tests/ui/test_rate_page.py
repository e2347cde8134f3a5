"""The Rate page: whose turn, which pair, and that nothing on it tells who is who."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from sqlalchemy import update

from app.domain.batches import BatchPlan
from app.domain.models import Contestant, ModelRef
from app.domain.ratings import Outcome
from app.ui import rate
from storage.batch_codec import plan_to_json
from storage.database import open_database, write
from storage.evaluation_tables import BatchRow, QuestionRow
from storage.tables import AnswerRow
from tests.integration.evaluated import BATCH, MODELS, Planted, plant
from tests.ui.compare_page import Page, compare_page, new_session

QUESTIONS = 4


@pytest.fixture
def page(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Page]:
    """A batch of two categories that nobody has rated."""
    # The test presses faster than any person reads.
    monkeypatch.setattr(rate, "BLINK", 0.0)
    engine = open_database(f"sqlite:///{(tmp_path / 'understudy.db').as_posix()}", tmp_path)
    plant(engine, {"faq": Planted(0, 0), "계약": Planted(0, 0)}, questions=QUESTIONS // 2, raters=0)
    models = tuple(Contestant(ModelRef.parse(m)) for m in MODELS[:2])
    plan = {**plan_to_json(BatchPlan("planted", 1, models))}  # type: ignore[dict-item]

    def work(connection) -> None:  # type: ignore[no-untyped-def]
        connection.execute(update(BatchRow).values(plan=plan))
        connection.execute(update(QuestionRow).values(reference="Ten days."))
        connection.execute(update(AnswerRow).values(text=AnswerRow.id + " **in words**"))

    write(engine, work)
    engine.dispose()
    with compare_page(tmp_path, servers=False) as page:
        yield page


def rating(page: Page, batch: str | None = BATCH, *, rater: str = "민지", locale: str | None = None) -> Page:
    """The page in a new session."""
    page.app = new_session(locale, {"b": batch} if batch else {})
    page.app.switch_page("../../pages/rate.py")
    page.app.session_state["rater"] = rater
    return page.run()


def outcomes(page: Page) -> list[Outcome]:
    found = [page.container.history.get(f"c{n:031d}") for n in range(QUESTIONS)]
    return [r.outcome for f in found for r in f.standing]


def test_a_batch_is_chosen_from_those_that_wait(page: Page) -> None:
    shown = rating(page, None).words()
    assert "planted v1" in shown and "4 pairs wait for you" in shown
    assert not any(model in shown for model in MODELS)
    page.press(f"rate-open-{BATCH}")
    assert "Which is better?" in page.words()


def test_the_name_is_asked_for_once(page: Page) -> None:
    assert "Who is rating?" in rating(page, rater="").words()
    page.app.text_input(key="rate-name-input").set_value("김 민지")
    page.app.button(key="FormSubmitter:rate-name-form-Start rating").click()
    page.run()
    assert "Which is better?" in page.words()
    page.press("vote-0")
    assert page.container.queue.progress(BATCH, "김 민지").mine == 1


def test_nothing_on_the_page_names_a_model_or_leads_to_the_comparison(page: Page) -> None:
    shown = rating(page).words()
    for telling in (*MODELS, f"c{0:025d}", "1.2 s", "$", "tok"):
        assert telling not in shown, telling
    # The planted texts begin with the answers' ids; no key of a widget holds one.
    assert "in words" in shown
    assert not [e.key for e in page.app if f"a{0:020d}" in str(getattr(e, "key", ""))]


def test_a_vote_is_stored_and_brings_the_next_pair(page: Page) -> None:
    before = rating(page).words()
    page.press("vote-tie")
    assert outcomes(page) == [Outcome.TIE]
    assert "1 rated by you" in page.words() and "3 left for you" in page.words()
    assert [line for line in before.splitlines() if "in words" in line] != [
        line for line in page.words().splitlines() if "in words" in line
    ]


def test_every_press_has_its_key(page: Page) -> None:
    rating(page)
    keys = ("vote-0", "vote-1", "vote-tie", "vote-bad", "rate-skip", "rate-undo")
    assert [page.app.button(key=key).proto.shortcut for key in keys] == ["1", "2", "t", "x", "n", "u"]


def test_undo_shows_the_vote_that_stands_until_another(page: Page) -> None:
    rating(page).press("vote-0")
    page.press("rate-undo")
    assert "your vote stands until you vote again" in page.words()
    assert page.app.button(key="vote-0").proto.type == "primary"
    page.press("vote-bad")
    assert outcomes(page) == [Outcome.BOTH_BAD]


def test_stars_tags_and_a_comment_go_with_the_vote(page: Page) -> None:
    rating(page)
    task = page.app.session_state["rate_task"]
    left = task.record.by_side[0].id
    page.app.session_state[f"stars-{left}"] = 4
    page.app.session_state[f"tags-{task.record.id}"] = ["style"]
    page.app.session_state[f"comment-{task.record.id}"] = "좋음"
    page.press("vote-0")
    found = page.container.history.get(task.behind.key[0])
    assert [(r.tags, r.comment) for r in found.standing] == [(("style",), "좋음")]
    assert [(s.answer, s.stars) for s in found.standing_stars] == [(task.behind.left, 5)]


def test_a_skipped_pair_comes_back_at_the_end(page: Page) -> None:
    rating(page)
    first = page.app.session_state["rate_task"].id
    page.press("rate-skip")
    for _ in range(QUESTIONS - 1):
        page.press("vote-tie")
    assert page.app.session_state["rate_task"].id == first
    assert "You skipped this pair before" in page.words()


def test_when_all_is_rated_it_is_said(page: Page) -> None:
    rating(page)
    for _ in range(QUESTIONS):
        page.press("vote-1")
    assert "All pairs are rated" in page.words() and page.app.get("page_link")
    assert len(outcomes(page)) == QUESTIONS


def test_while_the_batch_is_not_over_nobody_is_told_that_all_is_rated(page: Page, tmp_path: Path) -> None:
    engine = open_database(f"sqlite:///{(tmp_path / 'understudy.db').as_posix()}", tmp_path)
    write(engine, lambda connection: connection.execute(update(BatchRow).values(state="paused")))
    engine.dispose()
    rating(page)
    for _ in range(QUESTIONS):
        page.press("vote-1")
    assert "more come with its answers" in page.words() and "All pairs are rated" not in page.words()


def test_what_is_pressed_in_the_blink_of_a_new_pair_is_no_vote_on_it(
    page: Page, monkeypatch: pytest.MonkeyPatch
) -> None:
    rating(page)
    monkeypatch.setattr(rate, "BLINK", 3600.0)
    page.press("vote-0")
    assert outcomes(page) == []


def test_the_reference_answer_is_behind_a_switch(page: Page) -> None:
    assert "Ten days." not in rating(page).words()
    task = page.app.session_state["rate_task"].id
    page.app.toggle(key=f"rate-reference-open-{task}").set_value(True)
    assert "Ten days." in page.run().words()


def test_a_reload_keeps_the_pair_and_another_person_gets_another(page: Page) -> None:
    rating(page)
    first = page.app.session_state["rate_task"]
    rating(page)
    assert page.app.session_state["rate_task"] == first
    rating(page, rater="준")
    assert page.app.session_state["rate_task"].behind.key != first.behind.key


def test_an_unknown_batch_is_said(page: Page) -> None:
    assert "There is no batch" in rating(page, "nowhere").words()


def test_the_page_speaks_korean(page: Page) -> None:
    shown = rating(page, locale="ko").words()
    assert "답변 A" in shown and "건너뛰기" in shown


def test_pairs_that_others_hold_are_said_to_be_on_their_screens(page: Page) -> None:
    assert page.container.queue.next(BATCH, "준") is not None
    rating(page)
    for _ in range(QUESTIONS - 1):
        page.press("vote-1")
    assert "on other raters' screens" in page.words()


def test_the_compare_page_leads_to_the_batch_instead_of_voting_on_one_of_its_comparisons(page: Page) -> None:
    page.app = new_session(None, {"c": f"c{0:031d}"})
    shown = page.run().words()
    assert "in an order that nobody chooses" in shown
    assert page.app.button(key="vote-0").disabled
    links = {link.proto.page: link.proto.query_string for link in page.app.get("page_link")}
    assert links["rate"] == f"b={BATCH}"
