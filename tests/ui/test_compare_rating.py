"""Voting on the Compare page, blind and not."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from app.domain.ratings import Outcome
from tests.ui.compare_page import Page, compare_page, new_session

MODELS = ("openai:answer", "ollama:echo:latest")


@pytest.fixture
def page(tmp_path: Path) -> Iterator[Page]:
    with compare_page(tmp_path) as page:
        yield page


def blind(page: Page) -> Page:
    page.app.toggle(key="blind").set_value(True)
    return page.choose(*MODELS).ask("When?")


def test_the_vote_is_there_before_there_is_anything_to_vote_on(page: Page) -> None:
    assert all(page.app.button(key=f"vote-{key}").disabled for key in (0, 1, "tie", "bad"))


def test_every_vote_has_its_key(page: Page) -> None:
    keys = {key: page.app.button(key=f"vote-{key}").proto.shortcut for key in (0, 1, "tie", "bad")}
    assert keys == {0: "1", 1: "2", "tie": "t", "bad": "x"}


def test_a_vote_is_stored_with_stars_tags_comment_and_name(page: Page) -> None:
    page.choose(*MODELS).ask("When?")
    left, right = page.record().by_side
    page.app.session_state[f"stars-{left.id}"] = 4
    page.app.session_state[f"tags-{page.record().id}"] = ["wrong"]
    page.app.session_state[f"comment-{page.record().id}"] = "Right is made up."
    page.app.session_state["rater"] = "Jin"
    page.press("vote-0")
    found = page.container.history.get(page.record().id)
    (rating,) = found.standing
    assert (rating.outcome, rating.rater, rating.tags, rating.comment) == (
        Outcome.LEFT,
        "Jin",
        ("wrong",),
        "Right is made up.",
    )
    assert [(s.answer, s.stars) for s in found.standing_stars] == [(left.id, 5)]
    assert right.id == rating.right


def test_changing_ones_vote_supersedes_it(page: Page) -> None:
    page.choose(*MODELS).ask("When?").press("vote-0").press("vote-tie")
    found = page.container.history.get(page.record().id)
    assert [r.outcome for r in found.ratings] == [Outcome.LEFT, Outcome.TIE]
    assert [r.outcome for r in found.standing] == [Outcome.TIE]


def test_nothing_on_a_blind_page_names_a_model_until_the_vote(page: Page) -> None:
    shown = blind(page).words()
    assert "Contestant A" in shown and "Contestant B" in shown
    for telling in (*MODELS, "tok/s", "What was sent", "not sent", "first token", "$", "no fee", "unpriced"):
        assert telling not in shown, telling
    revealed = page.press("vote-0").words()
    assert all(model in revealed for model in MODELS)
    assert page.record().revealed


def test_a_failure_on_a_blind_page_does_not_name_its_server(page: Page) -> None:
    page.app.toggle(key="blind").set_value(True)
    shown = page.choose("openai:fault-401", "ollama:echo:latest").ask("When?").words()
    assert "This answer could not be completed." in shown
    assert "OPENAI_API_KEY" not in shown


def test_another_raters_page_of_a_hidden_comparison_names_nobody(page: Page) -> None:
    blind(page)
    other = Page(new_session(query={"c": page.record().id}), page.container, page.openai, page.ollama).run()
    assert not any(model in other.words() for model in MODELS)


def test_after_the_reveal_each_pane_shows_the_model_that_answered_there(page: Page) -> None:
    blind(page).press("vote-tie")
    for answer in page.record().by_side:
        slot = 0 if answer.contestant.model.provider == "openai" else 1
        assert answer.position == slot
    chosen = [box.key for box in page.app.selectbox if box.key and box.key.startswith("model-")]
    assert chosen == [f"model-{a.position}" for a in page.record().by_side]


def test_the_best_of_three_stores_one_rating_for_each_other_answer(page: Page) -> None:
    page.press("add-contestant").choose(*MODELS, "builtin:lead")
    page.app.text_area(key="context").set_value("The office opens at half past nine.")
    page.run().ask("When?").press("vote-1")
    ratings = page.container.history.get(page.record().id).standing
    assert [r.best_of for r in ratings] == [3, 3]


def test_a_follow_up_that_is_blind_again_does_not_show_the_revealed_turn(page: Page) -> None:
    blind(page).press("vote-0")
    first = page.records()[0].answers[0].answer.text
    page.ask("And then?")
    assert first
    assert not [e for e in page.app.get("expander") if "When?" in str(e.label)]
