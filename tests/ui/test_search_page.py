"""The Search page: sides, what they found, how well they find, on the real embedded server."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator
from pathlib import Path

import pytest
from streamlit.testing.v1 import AppTest

from app.domain.documents import Chunking, Mode
from tests.ui.compare_page import Page, compare_page, new_session, until

LEAVE = "How many days of annual leave does a new employee get?"


def opened(language: str = "en") -> AppTest:
    app = new_session(language)
    app.run()
    app.switch_page("../../pages/search.py")
    return run(app)


def run(app: AppTest) -> AppTest:
    app.run()
    assert not app.exception, app.exception
    return app


def html(app: AppTest) -> list[str]:
    return [str(element.proto.body) for element in app.get("html")]


def columns(app: AppTest) -> int:
    """How many sides found something."""
    return sum("us-found-passages" in body and body.startswith("<div") for body in html(app))


def words(app: AppTest) -> str:
    return "\n".join([*html(app), *(str(c.value) for c in app.caption)])


@pytest.fixture(scope="module")
def behind(indexed_home: Path) -> Iterator[Page]:
    """One container for the module: each test has a session of its own."""
    with compare_page(indexed_home, servers=False) as page:
        until(lambda: page.container.collections.look().collections, 60)
        yield page


def ask(app: AppTest, question: str = LEAVE) -> AppTest:
    app.text_input(key="search-query").set_value(question)
    return run(app)


def test_one_question_is_searched_by_two_ways_side_by_side(behind: Page) -> None:
    app = ask(opened())
    shown = words(app)
    assert "Hybrid" in shown and "By meaning" in shown
    assert columns(app) == 2 and "A and B share" in shown
    assert "employee-handbook.en.md" in shown and "<mark>leave</mark>" in shown
    assert "documents?collection=samples" in shown


def test_a_third_side_can_join_and_leave_and_takes_the_way_that_is_free(behind: Page) -> None:
    app = opened()
    app.button(key="add-side").click()
    run(app)
    assert app.segmented_control(key="mode-side-2").value == Mode.KEYWORD.value
    assert app.button(key="add-side").disabled
    ask(app)
    assert columns(app) == 3
    app.button(key="remove-side-0").click()
    assert columns(run(app)) == 2


def test_the_same_question_is_not_searched_twice(behind: Page, monkeypatch: pytest.MonkeyPatch) -> None:
    app = ask(opened())
    monkeypatch.setattr(behind.container.searching, "side_by_side", None)
    assert "us-found-passages" in words(run(app))


def test_a_side_that_fails_says_so_and_the_other_is_shown(behind: Page) -> None:
    app = opened()
    app.session_state["expansion-side-0"] = None
    app.slider(key="k-side-1").set_value(3)
    app = ask(run(app), "zebra xylophone")
    app.segmented_control(key="mode-side-0").set_value(Mode.KEYWORD.value)
    assert "Nothing was found." in words(run(app))


def test_labelled_questions_are_measured_for_each_side(behind: Page) -> None:
    app = opened()
    app.toggle(key="labelled-sample").set_value(True)
    run(app).button(key="measure").click()
    run(app)
    table = app.dataframe[0].value
    assert list(table[" "]) == ["A", "B"]
    recall = float(table["Recall@5"][0].split(" ")[0])
    assert 0.5 <= recall <= 1.0
    assert "2,000 bootstrap resamples" in words(app)


def test_a_set_of_ones_own_is_read_and_documents_that_are_not_there_are_named(behind: Page) -> None:
    app = opened()
    app.file_uploader(key="labelled").set_value(
        ("set.csv", f"{LEAVE},employee-handbook.en.md\nWho?,gone.pdf,2\n".encode(), "text/csv")
    )
    run(app).button(key="measure").click()
    run(app)
    assert "gone.pdf" in app.warning[0].value


def test_a_set_that_cannot_be_read_is_said_with_its_line(behind: Page) -> None:
    app = opened()
    app.file_uploader(key="labelled").set_value(("set.csv", b"When?,a.pdf,three\n", "text/csv"))
    assert "Line 1: “three” is not a page." in words(run(app))
    assert app.button(key="measure").disabled


def test_the_figures_can_be_taken_away_with_their_provenance(behind: Page) -> None:
    from app.domain.searching import Labelled, Target
    from app.services.documents.searching import Side
    from app.ui.searching import Scored, SideView
    from components.search.scores import as_csv

    side = Side("samples")
    measured = behind.container.searching.measure([Labelled(LEAVE, (Target("employee-handbook.en.md"),))], [side], 5)
    view = SideView(0, "side-0", side, behind.container.passages.collection("samples"))
    rows = list(csv.DictReader(io.StringIO(as_csv(Scored((view,), 1, measured, ())))))
    assert [r["metric"] for r in rows] == ["recall", "mrr", "ndcg"]
    assert rows[0]["embedding"] == "builtin:use-multilingual" and rows[0]["resamples"] == "2000"


def test_where_nothing_was_indexed_the_page_says_what_to_do(tmp_path: Path) -> None:
    with compare_page(tmp_path, servers=False):
        app = opened()
        assert any("There is no collection yet." in text.value for text in app.markdown)
        assert [link.proto.page for link in app.get("page_link")] == ["documents"]
        assert not (tmp_path / "postgres").exists()


def test_two_collections_of_the_same_documents_are_compared_passage_by_passage(behind: Page) -> None:
    container = behind.container
    job = container.indexing.reindex("samples", chunking=Chunking(400, 60), to="small passages")
    until(lambda: job.over, 60)
    until(lambda: len(container.collections.look().collections) == 2, 10)
    try:
        app = ask(opened())
        owners = [app.selectbox(key=f"collection-side-{n}").value for n in (0, 1)]
        assert owners == ["samples", "small passages"] and columns(app) == 2
        assert "A and B share" in words(app)
    finally:
        container.passages.delete_collection("small passages")
