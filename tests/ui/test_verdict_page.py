"""The Verdict page: what to do, a look at other terms, and a change of terms that leaves its trace."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from streamlit.testing.v1 import AppTest

from app.bootstrap import Container
from app.domain.batches import VerdictTerms
from app.services.decision.html_page import record_to_html
from app.services.decision.record import record_to_json
from tests.integration.evaluated import BATCH, Planted
from tests.ui.evaluated_pages import drawn, evaluated, page
from tests.ui.history_pages import html

PLANTED = {"휴가": Planted(0.5, 0.1), "계약": Planted(0.05, 0.7)}


@pytest.fixture
def container(tmp_path: Path) -> Iterator[Container]:
    with evaluated(tmp_path, PLANTED) as box:
        yield box


def upload(app: AppTest, name: str, data: bytes) -> AppTest:
    (uploader,) = app.file_uploader
    uploader.set_value([(name, data, "text/html" if name.endswith("html") else "application/json")])
    return drawn(app)


def press(app: AppTest, label: str) -> AppTest:
    next(b for b in app.button if b.label == label).click()
    return drawn(app)


def test_it_says_what_to_do_by_category_and_by_which_terms(container: Container) -> None:
    shown = html(page("verdict"))
    assert "휴가" in shown and "ollama:llama3.1:8b can replace openai:gpt-5.4-mini" in shown
    assert "REPLACE" in shown and "KEEP" in shown
    assert "10 points" in shown and "set with 0 ratings cast" in shown


def test_it_speaks_korean(container: Container) -> None:
    shown = html(page("verdict", "ko"))
    assert "교체" in shown and "허용 한도" in shown and "REPLACE" not in shown


def test_another_margin_is_looked_at_and_not_kept(container: Container) -> None:
    app = page("verdict", b=BATCH)
    app.slider[0].set_value(20.0)
    app = drawn(app)
    assert "This is a look by other terms" in html(app) and "10 points → 20 points" in html(app)
    assert len(container.batches.terms(BATCH)) == 1
    app = press(app, "Back to the terms agreed on")
    assert "This is a look by other terms" not in html(app)


def test_terms_change_only_when_the_votes_that_were_cast_are_faced(container: Container) -> None:
    app = page("verdict", b=BATCH)
    assert "120 votes have been cast" in html(app)
    next(n for n in app.number_input if n.label == "Margin in points").set_value(5.0)
    app = press(app, "Change the terms")
    assert "tick the box" in app.warning[0].value
    assert [s.terms for s in container.batches.terms(BATCH)] == [VerdictTerms()]
    next(n for n in app.number_input if n.label == "Margin in points").set_value(5.0)
    app.checkbox[0].set_value(True)
    app = press(app, "Change the terms")
    changed = container.batches.terms(BATCH)[-1]
    assert (changed.terms.margin, changed.votes) == (0.05, 120)
    shown = html(app)
    assert "The terms were changed when 120 ratings had been cast" in shown
    assert "changed with 120 ratings cast" in shown and "10 points → 5 points" in shown


def test_a_record_that_is_brought_is_computed_again(container: Container) -> None:
    record = container.records.of(container.results.of(BATCH))
    app = upload(page("verdict", b=BATCH), "decision.html", record_to_html(record, str))
    assert "it says the same" in app.success[0].value


def test_a_record_that_was_changed_is_found_out(container: Container) -> None:
    record: Any = container.records.of(container.results.of(BATCH))
    record["results"]["verdict"]["overall"]["decision"] = "replace!"
    app = upload(page("verdict", b=BATCH), "decision.json", record_to_json(record))
    assert "The record says something else than its votes: verdict.overall.decision." in html(app)


def test_what_is_no_record_is_refused(container: Container) -> None:
    app = upload(page("verdict", b=BATCH), "notes.html", b"<html>notes</html>")
    assert "notes.html is not a decision record" in html(app)


def test_a_batch_that_is_not_there_is_said(container: Container) -> None:
    assert "There is no batch" in html(page("verdict", b="ffff"))


def test_without_a_batch_it_says_what_it_takes(tmp_path: Path) -> None:
    with evaluated(tmp_path, None):
        app = page("verdict")
        assert any("No verdict yet" in text.value for text in app.markdown)
        assert [link.proto.page for link in app.get("page_link")] == ["batches"]


def test_of_more_than_two_any_pair_can_be_looked_at(tmp_path: Path) -> None:
    with evaluated(tmp_path, PLANTED, questions=20, contestants=3):
        app = page("verdict", b=BATCH)
        challenger = next(s for s in app.selectbox if s.label == "Challenger")
        challenger.set_value(2)
        app = drawn(app)
        shown = html(app)
        assert "Can gguf:smollm2 replace openai:gpt-5.4-mini?" in shown
        assert "Challenger: ollama:llama3.1:8b → gguf:smollm2" in shown
