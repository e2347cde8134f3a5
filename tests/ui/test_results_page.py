"""The Results page under AppTest: what it says of batches that were rated, are being rated, or are not yet."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

import pytest
from sqlalchemy import delete, update
from streamlit.testing.v1 import AppTest

from app import bootstrap
from app.bootstrap import Container, build
from app.domain.ratings import Outcome
from app.settings import load
from storage.comparisons import SqlComparisonStore
from storage.database import open_database, write
from storage.evaluation_tables import BatchRow
from storage.ratings import SqlRatingStore
from storage.tables import RatingRow
from tests.integration.evaluated import BATCH, MODELS, Planted, plant
from tests.integration.storing import rating
from tests.ui.compare_page import NOBODY, new_session

GOOD, EVEN, BAD = Planted(0.45, 0.1), Planted(0.3, 0.3), Planted(0.05, 0.7)
VERDICT, VOTES, SPEED, MEASURES, RATERS, QUESTIONS, METHOD = range(7)


@contextmanager
def planted(
    home: Path, categories: dict[str, Planted] | None = None, *, state: str = "done", rated: bool = True, **options: int
) -> Iterator[Container]:
    """A container of its own on a database with one batch, or with none."""
    address = f"sqlite:///{(home / 'understudy.db').as_posix()}"
    engine = open_database(address, home)
    if categories is not None:
        plant(engine, categories, **options)  # type: ignore[arg-type]
        write(engine, lambda connection: connection.execute(update(BatchRow).values(state=state)))
        if not rated:
            write(engine, lambda connection: connection.execute(delete(RatingRow)))
    engine.dispose()
    container = build(load({"UNDERSTUDY_HOME": str(home), "OLLAMA_HOST": NOBODY}))
    before, bootstrap._shared = bootstrap._shared, container
    try:
        yield container
    finally:
        bootstrap._shared = before
        container.close()


@pytest.fixture(scope="module")
def decided(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Container]:
    """A batch that is decided both ways; each test has a session of its own."""
    with planted(
        tmp_path_factory.mktemp("decided"), {"자주 묻는 질문": GOOD, "legal": BAD}, questions=60, raters=2
    ) as container:
        yield container


def opened(language: str = "en", *, batch: str = "", tab: int = VERDICT) -> AppTest:
    app = new_session(language)
    app.run()
    if batch:
        app.query_params["b"] = batch
    app.switch_page("../../pages/results.py")
    run(app)
    if tab:
        app.session_state["results-tabs"] = list(labels(app))[tab]
        run(app)
    return app


def run(app: AppTest) -> AppTest:
    app.run()
    assert not app.exception, app.exception
    return app


def labels(app: AppTest) -> list[str]:
    return [tab.label for tab in app.tabs]


def shown(app: AppTest) -> str:
    html = [str(element.proto.body) for element in app.get("html")]
    return "\n".join([*html, *(str(e.value) for e in (*app.caption, *app.markdown, *app.info))])


def plots(app: AppTest) -> int:
    return len(app.get("plotly_chart"))


def test_it_says_what_to_do_for_which_questions(decided: Container) -> None:
    text = shown(opened())
    assert "<b>자주 묻는 질문:</b> ollama:llama3.1:8b can replace openai:gpt-5.4-mini" in text
    assert "<b>legal:</b> keep openai:gpt-5.4-mini" in text
    assert "240 of 240 ratings by 2 people" in text


def test_the_first_section_shows_each_category_and_one_way_there(decided: Container) -> None:
    app = opened()
    assert plots(app) == 2
    assert [box.options for box in app.selectbox if box.key == "results-sequence"] == [["자주 묻는 질문", "legal"]]


def test_korean_readers_read_korean(decided: Container) -> None:
    app = opened("ko")
    assert app.title[0].value == "결과"
    assert "openai:gpt-5.4-mini 대신 ollama:llama3.1:8b 모델을 쓸 수 있습니다" in shown(app)
    assert labels(app)[SPEED] == "속도와 비용"


@pytest.mark.parametrize("tab", range(7))
def test_every_section_is_drawn(decided: Container, tab: int) -> None:
    text = shown(opened(tab=tab))
    expected = {
        VERDICT: "the margin of 10 points",
        VOTES: "Languages are no part of the verdict",
        SPEED: "95th percentile",
        MEASURES: "no measure is a part of it",
        RATERS: "Krippendorff",
        QUESTIONS: "Read the answers behind the figures",
        METHOD: "Waudby-Smith",
    }
    assert expected[tab] in text


def test_two_contestants_have_no_ranking(decided: Container) -> None:
    app = opened(tab=VOTES)
    assert plots(app) == 2 and "Bradley" not in shown(app)


def test_four_contestants_have_strengths_and_a_matrix(tmp_path: Path) -> None:
    with planted(tmp_path, {"faq": EVEN}, questions=30, contestants=4):
        app = opened(tab=VOTES)
        assert plots(app) == 4 and "Bradley–Terry by evalica" in shown(app)


def test_questions_are_open_after_the_verdict_worst_first(decided: Container) -> None:
    app = opened(tab=QUESTIONS)
    text = shown(app)
    assert text.count('class="u-asked"') == 20 and "<b>−100</b>" in text
    app.session_state["results-order"] = "best"
    assert "<b>−100</b>" not in shown(run(app)) and "<b>+100</b>" in shown(app)
    app.button(key="results-after").click()
    assert "21–40 of 120" in shown(run(app))


def test_questions_stay_closed_while_somebody_may_be_asked_to_rate_them(tmp_path: Path) -> None:
    with planted(tmp_path, {"faq": EVEN}, questions=12, state="paused"):
        text = shown(opened(tab=QUESTIONS))
        assert "cannot rate it blindly any more" in text and 'class="u-asked"' not in text


def test_lengths_and_measures_are_kept_from_raters_until_they_ask_for_them(tmp_path: Path) -> None:
    with planted(tmp_path, {"faq": EVEN}, questions=12, state="paused"):
        assert "Output tokens" not in shown(opened(tab=SPEED))
        app = opened(tab=MEASURES)
        assert "People still rate this batch." in shown(app) and "no measure is a part" not in shown(app)
        app.button(key="results-look").click()
        assert "no measure is a part" in shown(run(app))


def test_lengths_are_shown_once_nobody_is_to_be_asked_any_more(decided: Container) -> None:
    assert "Output tokens" in shown(opened(tab=SPEED))


def test_looking_early_is_said_to_be_safe(tmp_path: Path) -> None:
    with planted(tmp_path, {"faq": EVEN}, questions=12):
        text = shown(opened())
        assert "not decided yet; about" in text and "Looking early does no harm" in text


def test_a_batch_that_still_runs_says_so(tmp_path: Path) -> None:
    with planted(tmp_path, {"faq": EVEN}, questions=5, state="paused"):
        assert "The batch is not over: 10 of 10 answers are there." in shown(opened())


def test_a_batch_without_ratings_leads_to_the_rating(tmp_path: Path) -> None:
    with planted(tmp_path, {"faq": EVEN}, questions=5, rated=False):
        app = opened()
        assert "nothing is rated yet." in shown(app)
        assert any("Rate the pairs" in str(link.proto.label) for link in app.get("page_link"))
        assert plots(app) == 0 and "before the first rating" in shown(app)
        for tab in range(1, 7):
            opened(tab=tab)


def test_without_a_batch_it_says_what_one_is(tmp_path: Path) -> None:
    with planted(tmp_path):
        assert "No batch yet." in shown(opened())


def test_a_batch_that_is_not_there_is_told(decided: Container) -> None:
    assert "There is no batch “nothing”." in shown(opened(batch="nothing"))
    assert "can replace" in shown(opened(batch=BATCH[:8]))


def test_a_new_vote_is_in_the_next_drawing(tmp_path: Path) -> None:
    with planted(tmp_path, {"faq": EVEN}, questions=5) as container:
        app = opened()
        assert "5 of 5 ratings by 1 person" in shown(app)
        engine = open_database(container.settings.database_url, tmp_path)
        record = SqlComparisonStore(engine).get(f"c{0:031d}")
        SqlRatingStore(engine).add([replace(rating(record, Outcome.TIE), rater="new", blind=True)], [])
        engine.dispose()
        assert "6 of 5 ratings by 2 people" in shown(run(app))


def test_names_that_look_like_markup_stay_text(tmp_path: Path) -> None:
    with planted(tmp_path, {"<b>x</b>": GOOD, "$a$ [y](z)": EVEN}, questions=8):
        assert "&lt;b&gt;x&lt;/b&gt;" in shown(opened()) and MODELS[0] in shown(opened(tab=SPEED))
