"""Question sets are imported, looked at, edited and taken away on their page."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from streamlit.testing.v1 import AppTest

from app import bootstrap
from app.bootstrap import Container, build
from app.domain.questions import Question
from app.settings import load
from tests.ui.compare_page import NOBODY, ROOT
from tests.ui.history_pages import html

FILE = (
    "id,질문,정답,문서,쪽,분류,담당\n"
    "1,연차는 며칠인가요?,15일,사규.md,3,휴가,미나\n2,,없음,,,,\n3,언제 여나요?,9시,사규.md,0,근무,\n"
)


@pytest.fixture
def container(tmp_path: Path) -> Iterator[Container]:
    container = build(load({"UNDERSTUDY_HOME": str(tmp_path), "OLLAMA_HOST": NOBODY}))
    before, bootstrap._shared = bootstrap._shared, container
    try:
        yield container
    finally:
        bootstrap._shared = before
        container.close()


def page(language: str = "en", **query: str) -> AppTest:
    app = AppTest.from_file(str(ROOT / "app" / "ui" / "shell.py"), default_timeout=60)
    app.session_state["language"] = language
    app.run()
    for name, value in query.items():
        app.query_params[name] = value
    return drawn(app.switch_page("../../pages/questions.py"))


def drawn(app: AppTest) -> AppTest:
    app.run()
    assert not app.exception, app.exception
    return app


def press(app: AppTest, key: str) -> AppTest:
    app.button(key=key).click()
    return drawn(app)


def upload(app: AppTest, name: str, content: str) -> AppTest:
    (uploader,) = app.file_uploader
    uploader.set_value([(name, content.encode(), "text/csv")])
    return drawn(app)


def test_an_empty_page_says_what_to_do_and_a_click_brings_the_samples(container: Container) -> None:
    app = page("ko")
    assert "질문 세트" in app.info[0].value
    app = press(app, "questions-sample")
    assert app.title[0].value == "예시 질문"
    assert container.questions.list()[0].questions == len(app.dataframe[0].value) == 26


def test_a_file_is_shown_with_its_broken_rows_before_it_is_kept(container: Container) -> None:
    app = upload(page(), "사내_FAQ.csv", FILE)
    shown = html(app)
    assert "Line 3" in shown and "It has no question." in shown and "Line 4" in shown
    assert any("담당" in c.value for c in app.caption)
    assert list(app.dataframe[0].value["question"]) == ["연차는 며칠인가요?"]
    assert container.questions.list() == ()
    app = press(app, "questions-start")
    assert container.questions.get("사내 FAQ").questions[0].reference == "15일"
    assert "version 1" in app.success[0].value and app.title[0].value == "사내 FAQ"


def test_importing_under_a_known_name_makes_a_version(container: Container) -> None:
    container.questions.add("사내 FAQ", [Question("1", "누가?")])
    app = upload(page(), "사내_FAQ.csv", FILE)
    assert any("version 2" in c.value for c in app.caption)
    app = press(app, "questions-start")
    assert container.questions.versions("사내 FAQ") == (1, 2)
    (versions,) = app.selectbox
    versions.set_value(1)
    assert list(drawn(app).dataframe[0].value["question"]) == ["누가?"]


def test_a_file_that_is_none_is_refused_with_the_way_out(container: Container) -> None:
    app = upload(page(), "names.csv", "name,age\nMina,30\n")
    assert "No column is called question" in html(app)
    assert not [b for b in app.button if b.key == "questions-start"]


def test_the_list_opens_a_set_and_a_link_finds_it(container: Container) -> None:
    container.questions.add("*별* FAQ", [Question("1", "누가?", category="근무"), Question("2", "언제?")])
    app = page()
    assert "2 questions" in html(app) and "근무" in html(app)
    app = press(app, "questions-open-*별* FAQ")
    assert app.query_params["set"] in ("*별* FAQ", ["*별* FAQ"])
    assert "누가?" in list(page(set="*별* FAQ").dataframe[0].value["question"])
    assert "There is no question set" in html(page(set="nobody"))


def test_what_is_edited_is_kept_as_a_new_version(container: Container) -> None:
    container.questions.add("faq", [Question("1", "누가?"), Question("2", "언제?")])
    app = page(set="faq")
    app.toggle(key="questions-edit-faq-1").set_value(True)
    app = drawn(app)
    assert app.button(key="questions-save").disabled
    change = {
        "edited_rows": {0: {"question": "누가 대표인가요?", "category": "인사"}},
        "added_rows": [{"question": "왜?", "page": None}],
        "deleted_rows": [1],
    }
    app.session_state["questions-editor-faq-1"] = change
    app = press(drawn(app), "questions-save")
    edited = container.questions.get("faq")
    assert [(q.key, q.text, q.category) for q in edited.questions] == [
        ("1", "누가 대표인가요?", "인사"),
        ("2", "왜?", ""),
    ]
    assert container.questions.get("faq", 1).questions[1].text == "언제?"
